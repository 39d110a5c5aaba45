"""Directory objects of any kind, owners, and the deleted items."""
