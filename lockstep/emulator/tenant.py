"""The tenant: one store, and the model of each service over it.

Everything that can be known or changed about the tenant goes through here. Knows no HTTP.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from lockstep.emulator.store import Journal, Keys, Object, Store

if TYPE_CHECKING:
    from lockstep.emulator.applications.models import Applications
    from lockstep.emulator.assignments.models import Assignments
    from lockstep.emulator.audits.models import Audits
    from lockstep.emulator.directoryobjects.models import DirectoryObjects
    from lockstep.emulator.grants.models import Grants
    from lockstep.emulator.groups.models import Groups
    from lockstep.emulator.roles.models import Roles
    from lockstep.emulator.serviceprincipals.models import ServicePrincipals
    from lockstep.emulator.users.models import Users

_NAMESPACE = uuid.UUID("5f0c2b9e-6d0b-4b7e-9d3a-6a1f2c3d4e5f")


def one(name: str) -> Keys:
    """Return an index key function for a plain property."""
    return lambda row: (row[name],) if row.get(name) else ()


def many(name: str) -> Keys:
    """Return an index key function for a list of words."""
    return lambda row: row.get(name) or ()


TABLES: dict[str, dict[str, Keys]] = {
    "applications": {
        "appId": one("appId"),
        "displayName": one("displayName"),
        "uniqueName": one("uniqueName"),
        "identifierUris": many("identifierUris"),
        "tags": many("tags"),
        "_owners": many("_owners"),
    },
    "servicePrincipals": {
        "appId": one("appId"),
        "displayName": one("displayName"),
        "servicePrincipalNames": many("servicePrincipalNames"),
        "tags": many("tags"),
        "_owners": many("_owners"),
    },
    "oauth2PermissionGrants": {
        "clientId": one("clientId"),
        "resourceId": one("resourceId"),
        "principalId": one("principalId"),
    },
    "appRoleAssignments": {"principalId": one("principalId"), "resourceId": one("resourceId")},
    "deletedItems": {"appId": one("appId"), "@odata.type": one("@odata.type")},
    "users": {"userPrincipalName": one("userPrincipalName"), "displayName": one("displayName")},
    "groups": {"displayName": one("displayName"), "_members": many("_members"), "_owners": many("_owners")},
    "roleAssignments": {"principalId": one("principalId"), "roleDefinitionId": one("roleDefinitionId")},
    "directoryRoles": {},
    "directoryAudits": {},
    "meta": {},
}


class Tenant:
    """The state of one tenant."""

    def __init__(self, journal: Journal | None = None, clock: Callable[[], float] = time.time) -> None:
        self.store = Store(TABLES, journal)
        self.clock = clock
        self._naming: tuple[str, dict[str, int]] | None = None

    @cached_property
    def applications(self) -> Applications:
        """App registrations."""
        from lockstep.emulator.applications.models import Applications

        return Applications(self)

    @cached_property
    def principals(self) -> ServicePrincipals:
        """Service principals."""
        from lockstep.emulator.serviceprincipals.models import ServicePrincipals

        return ServicePrincipals(self)

    @cached_property
    def grants(self) -> Grants:
        """Delegated permission grants."""
        from lockstep.emulator.grants.models import Grants

        return Grants(self)

    @cached_property
    def assignments(self) -> Assignments:
        """App role assignments."""
        from lockstep.emulator.assignments.models import Assignments

        return Assignments(self)

    @cached_property
    def objects(self) -> DirectoryObjects:
        """Directory objects of any kind, and the deleted ones."""
        from lockstep.emulator.directoryobjects.models import DirectoryObjects

        return DirectoryObjects(self)

    @cached_property
    def users(self) -> Users:
        """The few users."""
        from lockstep.emulator.users.models import Users

        return Users(self)

    @cached_property
    def groups(self) -> Groups:
        """Groups and their members."""
        from lockstep.emulator.groups.models import Groups

        return Groups(self)

    @cached_property
    def roles(self) -> Roles:
        """Directory roles and who has them."""
        from lockstep.emulator.roles.models import Roles

        return Roles(self)

    @cached_property
    def audits(self) -> Audits:
        """What happened here."""
        from lockstep.emulator.audits.models import Audits

        return Audits(self)

    def role_id(self, template: str) -> str:
        """Return the object id that a built-in directory role has in this tenant."""
        return fixed_id("directoryRole", template)

    def now(self) -> str:
        """Return the time as Graph writes it."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def meta(self, name: str) -> Object:
        """Return a record about the state itself."""
        return self.store["meta"].get(name) or {"id": name}

    def new_id(self, kind: str) -> str:
        """Return the id of a new object: the same sequence in every run, never used again after a reset."""
        if self._naming is not None:
            name, counts = self._naming
            counts[kind] = counts.get(kind, 0) + 1
            return fixed_id(kind, f"{name}:{counts[kind]}")
        counter = self.meta("counter")
        number = counter.get("number", 0) + 1
        self.store.put("meta", {**counter, "number": number})
        return fixed_id(kind, f"{counter.get('generation', 0)}:{number}")

    @contextmanager
    def named(self, name: str, moment: str) -> Iterator[None]:
        """Give what is made inside ids that follow from this name, and this date: for profiles."""
        clock = self.clock
        seconds = datetime.fromisoformat(moment).timestamp()
        self.clock = lambda: seconds
        self._naming = (name, {})
        try:
            yield
        finally:
            self.clock, self._naming = clock, None


def fixed_id(kind: str, name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))
