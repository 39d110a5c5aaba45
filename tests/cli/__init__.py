"""Tests that run the real Pulumi CLI. They skip, and say so, where it is not on PATH with its azuread plugin."""
