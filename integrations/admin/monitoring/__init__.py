"""Home, triage, search, lists of events, calls and entries: what happens in the hub."""
