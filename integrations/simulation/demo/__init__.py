"""`make demo`: the whole hub against the built-in sandbox, with orders that show what it does."""
