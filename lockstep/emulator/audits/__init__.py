"""The directory audit log: what happened in this tenant, and who did it."""
