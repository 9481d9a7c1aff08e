"""What the work on orders stands on: queue, audit log, connections, search, alerts."""
