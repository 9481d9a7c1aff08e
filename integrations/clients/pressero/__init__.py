"""Pressero's API in the hub's terms."""
