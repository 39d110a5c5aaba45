"""What the vendors of the catalogue publish, written out: a test compares with this and not with the catalogue."""

ATERA_CLIENT_ID = "90657e27-59e1-4bfa-86c3-03f59b731666"
"""Atera's article 18659183193756 on support.atera.com."""
