"""Users, groups, logins and API tokens."""
