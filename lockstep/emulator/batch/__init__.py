"""JSON batching."""
