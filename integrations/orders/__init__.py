"""What happens to an order, in this order: `intake`, `submission`, `write_back`."""
