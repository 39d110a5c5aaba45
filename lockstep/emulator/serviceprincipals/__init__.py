"""Service principals."""
