"""Groups, and who belongs to what."""
