"""The deleted items: how they come back, or go for good. Knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.emulator.applications.model import Applications
from lockstep.emulator.directoryobjects.model import TYPES, table_of
from lockstep.emulator.records import Rows
from lockstep.emulator.serviceprincipals.model import ServicePrincipals
from lockstep.emulator.store import Object


@dataclass(eq=False)
class DeletedItems(Rows):
    """The objects that were deleted and may still come back."""

    table_name, resource = "deletedItems", "DirectoryObject"
    applications: Applications
    principals: ServicePrincipals

    def restore(self, ident: str) -> Object:
        """Put a deleted object back."""
        item = self.get(ident)
        row = {name: value for name, value in item.items() if name != "@odata.type"}
        row["deletedDateTime"] = None
        table = table_of(item["@odata.type"])
        if table == "applications":
            self.applications.check_return(row)
        elif table == "servicePrincipals":
            self.principals.check_return(row)
        self.records.store.put(table, row)
        self.delete(item)
        return {"@odata.type": item["@odata.type"], **row}

    def purge(self, ident: str) -> None:
        """Delete for good; with an application goes its deleted service principal."""
        item = self.get(ident)
        self.delete(item)
        if item["@odata.type"] == TYPES["applications"]:
            for other in self.table.by("appId", item["appId"]):
                self.delete(other)
