"""The pretend world: sandboxes of both systems, the demo, the fault matrix. Production code imports none of it."""
