"""Tests of settings, guards and the estate."""
