"""The audit log: what is written down, and the calls of one attempt."""
