"""Who works on what, and when: leases, wake-ups, retries, workers."""
