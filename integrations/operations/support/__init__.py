"""A file for those who help with an order: everything that explains it, without whose order it is."""
