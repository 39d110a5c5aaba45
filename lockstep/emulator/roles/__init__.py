"""Directory roles: definitions, assignments, and who is a member of what."""
