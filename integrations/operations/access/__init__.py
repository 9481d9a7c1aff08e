"""Rights, logins, and API tokens."""
