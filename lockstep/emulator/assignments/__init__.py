"""App role assignments, seen from the principal and from the resource."""
