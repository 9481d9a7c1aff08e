"""What staff ask for and look at; nothing here is needed to process an order."""
