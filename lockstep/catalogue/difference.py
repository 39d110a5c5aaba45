"""What changed between two editions of one vendor, app by app.

Compares what is documented, never the place in a file. Presenting it is for others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from lockstep.catalogue.model import App, DocumentedPermission, DocumentedPrincipal, Edition
from lockstep.errors import CatalogueError

T = TypeVar("T", App, DocumentedPermission)
_IDENTITY = {"api", "name", "type", "id", "permission"}
_ELSEWHERE = {"permissions", "documented_on", "key"}


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """A permission that both editions have and describe differently, and the names of the fields that differ."""

    before: DocumentedPermission
    after: DocumentedPermission
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """The principal that carried an app's permissions, and the one that carries them now."""

    before: DocumentedPrincipal
    after: DocumentedPrincipal


@dataclass(frozen=True, slots=True)
class AppDiff:
    """What changed for one app. `before` or `after` is None where only one edition has the app."""

    key: str
    before: App | None
    after: App | None
    added: tuple[DocumentedPermission, ...]
    removed: tuple[DocumentedPermission, ...]
    changed: tuple[PermissionChange, ...]
    moved: Move | None
    facts: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        gone = self.before is None or self.after is None
        return not (gone or self.added or self.removed or self.changed or self.moved or self.facts)


@dataclass(frozen=True, slots=True)
class EditionDiff:
    """What changed between two editions: the apps with a change, and no others."""

    before: Edition
    after: Edition
    apps: tuple[AppDiff, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not self.apps


def diff(before: Edition, after: Edition) -> EditionDiff:
    """Return what an upgrade from one edition to the other means; CatalogueError for two vendors."""
    if before.vendor != after.vendor:
        message = f"editions of {before.vendor} and {after.vendor} cannot be compared; name two of one vendor"
        raise CatalogueError(message)
    old = {app.key: app for app in before.apps}
    new = {app.key: app for app in after.apps}
    keys = list(dict.fromkeys([*old, *new]))
    apps = (_app(key, old.get(key), new.get(key)) for key in keys)
    return EditionDiff(before, after, tuple(app for app in apps if not app.empty))


def _app(key: str, before: App | None, after: App | None) -> AppDiff:
    old = {entry.permission: entry for entry in before.permissions} if before else {}
    new = {entry.permission: entry for entry in after.permissions} if after else {}
    pairs = [(old[permission], new[permission]) for permission in old if permission in new]
    changes = (PermissionChange(was, now, _differing(was, now, _IDENTITY)) for was, now in pairs)
    return AppDiff(
        key=key,
        before=before,
        after=after,
        added=tuple(entry for permission, entry in new.items() if permission not in old),
        removed=tuple(entry for permission, entry in old.items() if permission not in new),
        changed=tuple(change for change in changes if change.fields),
        moved=_move(before, after),
        facts=_differing(before, after, _ELSEWHERE) if before and after else (),
    )


def _differing(before: T, after: T, without: set[str]) -> tuple[str, ...]:
    """Return the names of the fields that differ, leaving some out, and all that do not tell two values apart."""
    names = (field.name for field in fields(before) if field.compare and field.name not in without)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _move(before: App | None, after: App | None) -> Move | None:
    if before is None or after is None or before.documented_on == after.documented_on:
        return None
    if before.documented_on is None or after.documented_on is None:
        return None
    return Move(before.principal(before.documented_on), after.principal(after.documented_on))
