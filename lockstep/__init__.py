"""Lockstep keeps the Entra ID permissions of vendor applications exactly at what their vendors document."""

__version__ = "0.1.0"
