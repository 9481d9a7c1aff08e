"""An order becomes jobs in Pace, exactly once."""
