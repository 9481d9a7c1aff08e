"""The one way out to other systems: connections, time limits, what an answer means."""
