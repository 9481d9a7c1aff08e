"""Codes of the other systems, mapping coverage, going live, the configuration file."""
