"""Telling other systems what happened to orders: events become deliveries, and a worker sends them (docs/events.md)."""
