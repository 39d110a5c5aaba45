"""What the stack declares of one app: its edition, and which documented permissions it wants, tolerates or withholds.

Values and look-ups; judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from lockstep.catalogue import Allowlist, App, DocumentedPermission, Edition, Permission, allowlist
from lockstep.settings.checks import apps, selected
from lockstep.settings.model import Settings
from lockstep.settings.selection import Selection
from lockstep.settings.stack_app import registered_name


@dataclass(frozen=True)
class DeclaredApp:
    """One app of the stack in its declared edition.

    `own_scopes` gives the id of each scope that an app of this vendor exposes, by (app key, scope): an adopted app
    keeps the ids that it was made with.
    """

    app: App
    edition: Edition
    selection: Selection
    own_scopes: Mapping[tuple[str, str], str]
    display_name: str
    adopted: bool = False

    @property
    def title(self) -> str:
        """The app for a person."""
        return f"{self.app.name} ({self.edition.vendor} {self.app.key})"

    @property
    def source(self) -> str:
        """The vendor's text that its permissions were taken from."""
        found = self.edition.source
        return f'"{found.title}" ({found.publisher}, read {found.retrieved}), edition {self.edition.id}'

    @cached_property
    def allowlist(self) -> Allowlist:
        """What the edition allows."""
        return allowlist(self.edition)

    @cached_property
    def documented(self) -> Mapping[Permission, DocumentedPermission]:
        """Everything that the edition documents for the app, by the identity that it has in this stack."""
        return {self.identity(entry): entry for entry in self.app.permissions}

    @cached_property
    def wanted(self) -> frozenset[Permission]:
        """What may be configured and consented: what the edition allows and the stack does not withhold."""
        return self._allowed(self.selection.wanted)

    @cached_property
    def tolerated(self) -> frozenset[Permission]:
        """What may be left in place besides."""
        return self._allowed((*self.selection.wanted, *self.selection.tolerated))

    @cached_property
    def withheld(self) -> frozenset[Permission]:
        """What the stack decided against."""
        return frozenset(self.identity(entry) for entry in (*self.selection.withheld, *self.selection.unused))

    def identity(self, entry: DocumentedPermission) -> Permission:
        """Return the identity of a documented permission in this stack."""
        scope = self.own_scopes.get((entry.api, entry.name))
        return entry.permission if scope is None else Permission(entry.permission.api, entry.type, scope)

    def _allowed(self, entries: Iterable[DocumentedPermission]) -> frozenset[Permission]:
        allows = self.allowlist.allows
        return frozenset(
            self.identity(entry) for entry in entries if allows(self.app.key, entry.permission, tolerated=True)
        )


def declared_apps(settings: Settings, editions: Mapping[str, Edition]) -> dict[tuple[str, str], DeclaredApp]:
    """Return every app that the stack deploys, by vendor and key."""
    found = {}
    for vendor, edition in editions.items():
        scopes = {
            (app.key, scope.value): _scope_id(settings, app.key, scope.value, scope.stable_id)
            for app in edition.apps
            for scope in app.exposes
        }
        for app in apps(settings, edition):
            selection = selected(settings, app)
            name = registered_name(settings, app)
            adopted = app.key in settings.adopted
            found[vendor, app.key] = DeclaredApp(app, edition, selection, scopes, name, adopted)
    return found


def _scope_id(settings: Settings, app: str, scope: str, stable_id: str) -> str:
    adopted = settings.adopted.get(app)
    return adopted.kept_ids().get(scope, stable_id) if adopted else stable_id
