"""Questions to the store, and their answers."""
