"""Users, the organization and its domains: what they hold, and their rules. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.directoryobjects.model import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.objects import checked, digest
from lockstep.emulator.odata.filter import EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.store import Object

WRITABLE: dict[str, Any] = {
    "accountEnabled": True,
    "displayName": None,
    "givenName": None,
    "jobTitle": None,
    "mail": None,
    "mailNickname": None,
    "surname": None,
    "userPrincipalName": None,
    "userType": None,
}

USER = Entity(
    name="User",
    properties=frozenset(WRITABLE) | {"id"},
    filters={
        "displayName": TEXT,
        "id": EQ,
        "mail": TEXT | {"endsWith"},
        "userPrincipalName": TEXT | {"endsWith"},
        "accountEnabled": EQ,
    },
    orders=frozenset({"displayName", "userPrincipalName"}),
)
ORGANIZATION = Entity(
    name="Organization",
    properties=frozenset({"displayName", "id", "tenantType", "verifiedDomains"}),
    filters={},
)
DOMAIN = Entity(
    name="Domain",
    properties=frozenset({"id", "isDefault", "isInitial", "isVerified", "authenticationType"}),
    filters={},
)

DOMAINS: list[Object] = [
    {"id": TENANT_DOMAIN, "isDefault": True, "isInitial": True, "isVerified": True, "authenticationType": "Managed"}
]
TENANT: Object = {
    "displayName": TENANT_NAME,
    "id": TENANT_ID,
    "tenantType": "AAD",
    "verifiedDomains": [{"isDefault": True, "isInitial": True, "name": TENANT_DOMAIN, "type": "Managed"}],
}
"""The tenant's own entry in the collection `organization`."""


@dataclass(eq=False)
class Users(ObjectKind):
    """The users of a tenant."""

    table_name, resource = "users", "User"
    objects: DirectoryObjects

    def find(self, value: str, key: str = "id") -> Object | None:
        """Return the user of this id or user principal name, or None; a path may write either in the same place."""
        return self.table.get(value) or next(iter(self.table.by("userPrincipalName", value)), None)

    def create(self, body: Mapping[str, Any]) -> Object:
        """Add a user, with the password of its `passwordProfile`."""
        new, password = _read(body)
        self.required(new, "accountEnabled", "displayName", "mailNickname", "userPrincipalName")
        self.required({"passwordProfile": password}, "passwordProfile")
        row = {**WRITABLE, "userType": "Member", **new, "id": self.records.new_id("user")}
        return self._kept(row, password)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a user, or its password."""
        new, password = _read(body, "id")
        return self._kept({**row, **new}, password)

    def delete(self, row: Object) -> None:
        """Move a user to the deleted items; consents, app roles and directory roles of the user are gone for good."""
        self.objects.forget(row["id"])
        self.objects.bury(self.table_name, row)

    def _kept(self, row: Object, password: str) -> Object:
        name = str(row["userPrincipalName"])
        if name.rpartition("@")[2].lower() != TENANT_DOMAIN or name.startswith("@"):
            raise BadRequestError(
                "The domain portion of the userPrincipalName property is invalid. You must use one of the"
                " verified domain names in your organization."
            )
        if any(other["id"] != row["id"] for other in self.table.by("userPrincipalName", name)):
            raise BadRequestError("Another object with the same value for property userPrincipalName already exists.")
        return self.put({**row, "_password": digest(password)} if password else row)


def _read(body: Mapping[str, Any], *ignored: str) -> tuple[Object, str]:
    """Return the properties of a user's body, and its password or nothing."""
    properties = {name: value for name, value in body.items() if name != "passwordProfile"}
    profile = body.get("passwordProfile")
    password = profile.get("password") if isinstance(profile, dict) else None
    return checked(properties, WRITABLE, Users.resource, ignored=ignored), str(password or "")
