"""The search index of orders."""
