"""Tests of the catalogue: data, model, loader, diff."""
