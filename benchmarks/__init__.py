"""What the speed of Automation Hub is measured with: `make bench`, or one subject alone, `python -m benchmarks.intake`."""
