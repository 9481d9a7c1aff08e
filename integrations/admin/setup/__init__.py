"""Connections, storefronts, codes, mapping coverage and the configuration file."""
