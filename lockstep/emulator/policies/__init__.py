"""Policies: what the tenant allows applications by default, and how claims are mapped."""
