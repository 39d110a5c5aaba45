"""Tests of the command line. `tests/cli/` holds those that run the real Pulumi CLI."""
