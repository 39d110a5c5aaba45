"""What the tenant holds at the start."""
