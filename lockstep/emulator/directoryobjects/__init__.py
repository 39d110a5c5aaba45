"""Directory objects of any kind, their owners, what they belong to, and the deleted items."""
