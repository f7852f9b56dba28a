"""What the pages are rendered of."""
