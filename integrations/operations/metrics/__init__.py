"""Figures for Prometheus: counted from the database, so that every web process of every machine gives the same."""
