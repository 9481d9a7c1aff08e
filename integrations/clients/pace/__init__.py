"""EFI Pace's API in the hub's terms."""
