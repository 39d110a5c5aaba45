"""Fixtures of the settings and estate tests."""

from __future__ import annotations

from tests.components.certificates import certificate, private_key

__all__ = ["certificate", "private_key"]
