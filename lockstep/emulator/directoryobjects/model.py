"""Directory objects of any kind, and their owners. Knows the tables, and no service over them."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.objects import existing
from lockstep.emulator.records import Records
from lockstep.emulator.store import Object

TYPES = {
    "applications": "#microsoft.graph.application",
    "servicePrincipals": "#microsoft.graph.servicePrincipal",
    "users": "#microsoft.graph.user",
    "groups": "#microsoft.graph.group",
}
"""The tables whose objects can be found by id alone, and their type in Graph."""
_ENDS = {
    "oauth2PermissionGrants": ("clientId", "principalId", "resourceId"),
    "appRoleAssignments": ("principalId", "resourceId"),
}
"""The properties by which a consent names those that it is between."""
MAX_OWNERS = 100
Located = tuple[str, Object]
"""An object and, before it, the table that it is in."""


def table_of(kind: str) -> str:
    """Return the table of objects of this type."""
    return next(table for table, name in TYPES.items() if name == kind)


def already_there(name: str) -> BadRequestError:
    """Return the refusal of a reference that an object has already."""
    return BadRequestError(
        f"One or more added object references already exist for the following modified properties: '{name}'."
    )


@dataclass(eq=False)
class DirectoryObjects:
    """The objects that have a type in Graph, and can be found by id without saying which."""

    records: Records

    def find(self, ident: str) -> Located | None:
        """Return the table and the object of an id, or None."""
        for table in TYPES:
            row = self.records.store[table].get(ident)
            if row is not None:
                return table, row
        return None

    def get(self, ident: str) -> Located:
        """Return the table and the object of an id; NotFoundError without one."""
        table, row = self.find(ident) or ("", None)
        return table, existing(row, ident)

    def located(self, idents: list[str]) -> list[Located]:
        """Return the objects of these ids, as far as they are still there."""
        return [located for located in map(self.find, idents) if located is not None]

    def owners(self, row: Object) -> list[Located]:
        """Return the owners of an object, as far as they are still there."""
        return self.located(row.get("_owners", []))

    def owned(self, ident: str) -> list[Located]:
        """Return what an object owns."""
        tables = ("applications", "groups", "servicePrincipals")
        return [(table, row) for table in tables for row in self.records.store[table].by("_owners", ident)]

    def add_owner(self, table: str, row: Object, ident: str) -> None:
        """Make an object an owner."""
        owner, owners = self.get(ident)[1]["id"], row.get("_owners", [])
        if owner in owners:
            raise already_there("owners")
        if len(owners) >= MAX_OWNERS:
            # The limit is that of Microsoft's page on service limits; the words are an assumption.
            raise BadRequestError(
                f"The limit of {MAX_OWNERS} owners of an object is reached.", code="Directory_QuotaExceeded"
            )
        self.records.store.put(table, {**row, "_owners": [*owners, owner]})

    def remove_link(self, table: str, row: Object, links: str, ident: str) -> None:
        """Remove an owner (`_owners`) or a member (`_members`) from an object."""
        idents = row.get(links, [])
        existing(row if ident.lower() in idents else None, ident)
        self.records.store.put(table, {**row, links: [other for other in idents if other != ident.lower()]})

    def forget(self, ident: str) -> None:
        """Remove for good the consents, app roles and directory roles of a principal that is going, on either end."""
        store = self.records.store
        for table, ends in _ENDS.items():
            for row in [row for end in ends for row in store[table].by(end, ident)]:
                store.remove(table, row["id"])
        for row in list(store["roleAssignments"].rows.values()):
            if row["principalId"] == ident or row["directoryScopeId"] == f"/{ident}":
                store.remove("roleAssignments", row["id"])

    def bury(self, table: str, row: Object) -> None:
        """Move an object to the deleted items. Entra keeps it for thirty days; here it stays until it is purged."""
        self.records.store.remove(table, row["id"])
        item = {**row, "deletedDateTime": self.records.now(), "@odata.type": TYPES[table]}
        self.records.store.put("deletedItems", item)
