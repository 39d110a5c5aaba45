"""Directory objects of any kind, their owners, and the deleted items: state and rules. Knows no HTTP."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.exceptions import MAX_OWNERS, OwnerExistsError, TooManyOwnersError
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.records import Records
from lockstep.emulator.store import Object

TYPES = {
    "applications": "#microsoft.graph.application",
    "servicePrincipals": "#microsoft.graph.servicePrincipal",
    "users": "#microsoft.graph.user",
    "groups": "#microsoft.graph.group",
}
_TABLES = {kind: table for table, kind in TYPES.items()}


class DirectoryObjects:
    """What can be found by id alone."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def find(self, ident: str) -> tuple[str, Object] | None:
        """Return the table and the object of an id, or None."""
        for table in TYPES:
            row = self.records.store[table].get(ident)
            if row is not None:
                return table, row
        return None

    def get(self, ident: str) -> tuple[str, Object]:
        """Return the table and the object of an id."""
        found = self.find(ident)
        if found is None:
            raise NotFoundError(ident)
        return found

    def table_of(self, kind: str) -> str:
        """Return the table of objects of this type."""
        return _TABLES[kind]

    def owners(self, row: Object) -> list[tuple[str, Object]]:
        """Return the owners of an object, as far as they are still there."""
        return [found for found in (self.find(ident) for ident in row.get("_owners", ())) if found is not None]

    def owned(self, ident: str) -> list[tuple[str, Object]]:
        """Return what an object owns."""
        tables = ("applications", "groups", "servicePrincipals")
        return [(table, row) for table in tables for row in self.records.store[table].by("_owners", ident)]

    def add_owner(self, table: str, row: Object, ident: str) -> None:
        """Make an object an owner."""
        owner = self.get(ident)[1]["id"]
        if owner in row.get("_owners", ()):
            raise OwnerExistsError
        if len(row.get("_owners", ())) >= MAX_OWNERS:
            raise TooManyOwnersError
        self.records.store.put(table, {**row, "_owners": [*row.get("_owners", ()), owner]})

    def remove_owner(self, table: str, row: Object, ident: str) -> None:
        """Make an object no owner any more."""
        owners = list(row.get("_owners", ()))
        if ident.lower() not in owners:
            raise NotFoundError(ident)
        owners.remove(ident.lower())
        self.records.store.put(table, {**row, "_owners": owners})

    def bury(self, row: Object, kind: str) -> None:
        """Keep a deleted object for thirty days, as far as this tenant has days."""
        self.records.store.put("deletedItems", {**row, "deletedDateTime": self.records.now(), "@odata.type": kind})
