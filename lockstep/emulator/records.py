"""The records of a tenant: its tables, its clock, and the ids that new objects get. Knows no service and no HTTP."""

from __future__ import annotations

import time
import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.objects import existing, written
from lockstep.emulator.statefile import StateFile
from lockstep.emulator.store import Object, ObjectTable, Store

_NAMESPACE = uuid.UUID("5f0c2b9e-6d0b-4b7e-9d3a-6a1f2c3d4e5f")


TABLES: dict[str, tuple[str, ...]] = {
    "applications": ("appId", "displayName", "uniqueName", "identifierUris", "tags", "_owners"),
    "servicePrincipals": ("appId", "displayName", "servicePrincipalNames", "tags", "_owners", "_claims_policies"),
    "oauth2PermissionGrants": ("clientId", "resourceId", "principalId"),
    "appRoleAssignments": ("principalId", "resourceId"),
    "deletedItems": ("appId", "@odata.type"),
    "users": ("userPrincipalName", "displayName", "_manager"),
    "groups": ("displayName", "_members", "_owners"),
    "roleAssignments": ("principalId", "roleDefinitionId"),
    "roleDefinitions": (),
    "directoryRoles": (),
    "claimsMappingPolicies": (),
    "directoryAudits": (),
    "meta": (),
}
"""Each table, and the properties that have an index."""


class Records:
    """What every service of a tenant works on."""

    def __init__(self, journal: StateFile | None = None, clock: Callable[[], float] = time.time) -> None:
        self.store = Store(TABLES, journal)
        self.clock = clock
        self._naming: tuple[str, dict[str, int]] | None = None

    def now(self) -> str:
        """Return the time as Graph writes it."""
        return written(self.clock())

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


@dataclass(eq=False)
class Rows:
    """The objects of one kind: looked up by id, or by another key that Graph allows for them.

    A service derives its class from this one, and adds how its objects come into being, change and go.
    """

    records: Records
    table_name: ClassVar[str]
    """The table, which is the name of the collection in Graph too."""
    resource: ClassVar[str]
    """The kind, as Graph's messages call it."""
    keys: ClassVar[tuple[str, ...]] = ()
    """Properties that stand for an object besides its id, each with an index in TABLES."""

    @property
    def table(self) -> ObjectTable:
        """The table of these objects."""
        return self.records.store[self.table_name]

    def find(self, value: str, key: str = "id") -> Object | None:
        """Return the object of this id or other key, or None."""
        if key == "id":
            return self.table.get(value)
        if key not in self.keys:
            raise BadRequestError(f"The alternate key '{key}' is not one of resource '{self.resource}'.")
        return next(iter(self.table.by(key, value)), None)

    def get(self, value: str, key: str = "id") -> Object:
        """Return the object of this id or other key; NotFoundError without one."""
        return existing(self.find(value, key), value)

    def put(self, row: Object) -> Object:
        """Keep an object, new or changed."""
        return self.records.store.put(self.table_name, row)

    def delete(self, row: Object) -> None:
        """Remove an object for good."""
        self.records.store.remove(self.table_name, row["id"])

    def required(self, body: Mapping[str, Any], *names: str) -> None:
        """Refuse a body in which one of these properties is missing or empty."""
        for name in names:
            if body.get(name) in (None, ""):
                raise BadRequestError(f"A value is required for property '{name}' of resource '{self.resource}'.")

    def invalid(self, name: str) -> BadRequestError:
        """Return the refusal of a property's value."""
        return BadRequestError(f"Invalid value specified for property '{name}' of resource '{self.resource}'.")


class ObjectKind(Rows):
    """Objects on which a `Collection` offers the usual operations."""

    @property
    def listed(self) -> ObjectTable | list[Object]:
        """What a list of these objects shows."""
        return self.table

    @abstractmethod
    def create(self, body: Mapping[str, Any]) -> Object:
        """Make one."""

    @abstractmethod
    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change one."""
