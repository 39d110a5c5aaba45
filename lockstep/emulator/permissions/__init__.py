"""Which Graph permissions each operation needs, and the check of a caller against it."""
