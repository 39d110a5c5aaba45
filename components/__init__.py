"""The vendors of this project, by name: one class for each of their applications."""
