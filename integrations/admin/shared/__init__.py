"""What several pages show alike: badges and links, filters, confirmations, the menu."""
