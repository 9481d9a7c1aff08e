"""Clients made from stored rows, circuit breakers, credentials."""
