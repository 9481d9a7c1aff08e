"""Sandbox servers: stand-ins for EFI Pace and Pressero on the loopback address.

A configuration can be tried against them, the demo runs against them, and so do the end-to-end tests. They use
the standard library only and import nothing from the rest of the project.
"""
