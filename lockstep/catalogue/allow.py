"""Which permissions an edition allows each app: the list that policy and provider judge by.

Fails closed: what is only possible or likely is tolerated, not allowed, and an unknown app is an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.catalogue.model import Edition
from lockstep.catalogue.permission import Permission


@dataclass(frozen=True, slots=True)
class Allowlist:
    """The permissions of one edition by app."""

    edition: Edition

    def permissions(self, app: str) -> frozenset[Permission]:
        """Return what the vendor certainly asks for; CatalogueError for an unknown app."""
        return frozenset(entry.permission for entry in self.edition.app(app).permissions if entry.certain)

    def tolerated(self, app: str) -> frozenset[Permission]:
        """Return what the vendor may ask for as well: neither added nor removed."""
        return frozenset(entry.permission for entry in self.edition.app(app).permissions if not entry.certain)

    def allows(self, app: str, permission: Permission, *, tolerated: bool = False) -> bool:
        """Return whether an app may have a permission; with `tolerated`, what is only possible counts too."""
        return permission in self.permissions(app) or (tolerated and permission in self.tolerated(app))


def allowlist(edition: Edition) -> Allowlist:
    """Return the allowlist of an edition."""
    return Allowlist(edition)
