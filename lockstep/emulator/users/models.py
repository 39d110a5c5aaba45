"""Users, the organization and its domains: state. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lockstep.emulator.assignments.models import Assignments
from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.directoryobjects.models import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.grants.models import Grants
from lockstep.emulator.objects import checked, digest
from lockstep.emulator.records import Records
from lockstep.emulator.roles.models import Roles
from lockstep.emulator.store import Object
from lockstep.emulator.users.entity import WRITABLE
from lockstep.emulator.users.exceptions import UnverifiedNameError, UserNameTakenError

DOMAINS: list[Object] = [
    {"id": TENANT_DOMAIN, "isDefault": True, "isInitial": True, "isVerified": True, "authenticationType": "Managed"}
]
ORGANIZATION: Object = {
    "displayName": TENANT_NAME,
    "id": TENANT_ID,
    "tenantType": "AAD",
    "verifiedDomains": [{"isDefault": True, "isInitial": True, "name": TENANT_DOMAIN, "type": "Managed"}],
}


class Users:
    """The users of a tenant."""

    def __init__(
        self, records: Records, objects: DirectoryObjects, grants: Grants, assignments: Assignments, roles: Roles
    ) -> None:
        self.records = records
        self.objects = objects
        self.grants = grants
        self.assignments = assignments
        self.roles = roles
        self.table = records.store["users"]

    def get(self, value: str) -> Object:
        """Return the user of this id or user principal name."""
        row = self.table.get(value) or next(iter(self.table.by("userPrincipalName", value)), None)
        if row is None:
            raise NotFoundError(value)
        return row

    def create(self, body: Mapping[str, Any]) -> Object:
        """Add a user, with the password of its `passwordProfile`."""
        given = dict(body)
        profile = given.pop("passwordProfile", None)
        new = checked(given, WRITABLE, "User")
        for name in ("accountEnabled", "displayName", "mailNickname", "userPrincipalName"):
            if new.get(name) in (None, ""):
                raise BadRequestError(f"A value is required for property '{name}' of resource 'User'.")
        if not isinstance(profile, dict) or not profile.get("password"):
            raise BadRequestError("A value is required for property 'passwordProfile' of resource 'User'.")
        row = {**WRITABLE, "userType": "Member", **new, "id": self.records.new_id("user")}
        row["_password"] = digest(str(profile["password"]))
        self._check(row)
        return self.records.store.put("users", row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a user, or its password."""
        given = dict(body)
        profile = given.pop("passwordProfile", None)
        changed = {**row, **checked(given, WRITABLE, "User", ignored=("id",))}
        if isinstance(profile, dict) and profile.get("password"):
            changed["_password"] = digest(str(profile["password"]))
        self._check(changed)
        return self.records.store.put("users", changed)

    def delete(self, row: Object) -> None:
        """Move a user to the deleted items; consents, app roles and directory roles of the user are gone for good."""
        self.grants.forget(row["id"])
        self.assignments.forget(row["id"])
        self.roles.forget(row["id"])
        self.records.store.remove("users", row["id"])
        self.objects.bury(row, "#microsoft.graph.user")

    def _check(self, row: Object) -> None:
        name = str(row["userPrincipalName"])
        if name.rpartition("@")[2].lower() != TENANT_DOMAIN or name.startswith("@"):
            raise UnverifiedNameError
        if any(other["id"] != row["id"] for other in self.table.by("userPrincipalName", name)):
            raise UserNameTakenError
