"""The deleted items: what they hold, and how they come back or go for good. Knows no HTTP."""

from __future__ import annotations

from lockstep.emulator.applications.models import Applications
from lockstep.emulator.directoryobjects.models import TYPES, DirectoryObjects
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.records import Records
from lockstep.emulator.serviceprincipals.models import ServicePrincipals
from lockstep.emulator.store import Object


class DeletedItems:
    """The objects that were deleted and may still come back."""

    def __init__(
        self, records: Records, objects: DirectoryObjects, applications: Applications, principals: ServicePrincipals
    ) -> None:
        self.records = records
        self.table = records.store["deletedItems"]
        self.objects = objects
        self.applications = applications
        self.principals = principals

    def get(self, ident: str) -> Object:
        """Return a deleted object."""
        row = self.table.get(ident)
        if row is None:
            raise NotFoundError(ident)
        return row

    def restore(self, ident: str) -> Object:
        """Put a deleted object back."""
        row = self.get(ident)
        alive = {name: value for name, value in row.items() if name != "@odata.type"}
        alive["deletedDateTime"] = None
        table = self.objects.table_of(row["@odata.type"])
        if table == "applications":
            restored = self.applications.restore(alive)
        elif table == "servicePrincipals":
            restored = self.principals.restore(alive)
        else:
            restored = self.records.store.put(table, alive)
        self.records.store.remove("deletedItems", row["id"])
        return {"@odata.type": row["@odata.type"], **restored}

    def purge(self, ident: str) -> None:
        """Delete for good; with an application goes its deleted service principal."""
        row = self.get(ident)
        self.records.store.remove("deletedItems", row["id"])
        if row["@odata.type"] == TYPES["applications"]:
            for other in self.table.by("appId", row["appId"]):
                self.records.store.remove("deletedItems", other["id"])
