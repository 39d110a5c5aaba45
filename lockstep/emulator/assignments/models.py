"""App role assignments: state and rules. Knows no HTTP."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.emulator.assignments.exceptions import (
    MAX_ASSIGNMENTS,
    AlreadyAssignedError,
    TooManyAssignmentsError,
    UnknownRoleError,
)
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.objects import checked, there
from lockstep.emulator.records import Records
from lockstep.emulator.store import Object

_TABLE = "appRoleAssignments"
_DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
_BODY = {"appRoleId": None, "principalId": None, "resourceId": None}


class Assignments:
    """Who has which app role of which resource."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.table = records.store[_TABLE]

    def get(self, ident: str) -> Object:
        """Return the assignment of this id."""
        return there(self.table.rows.get(ident), ident)

    def create(self, body: Mapping[str, Any], side: str, owner: str) -> Object:
        """Assign a role; `side` is the end of the assignment that the path named."""
        new = checked(body, _BODY, "AppRoleAssignment")
        for name in _BODY:
            if not isinstance(new.get(name), str):
                raise BadRequestError(f"A value is required for property '{name}' of resource 'AppRoleAssignment'.")
        if new[side].lower() != owner:
            raise BadRequestError(f"The {side} in the path and in the body of an app role assignment differ.")
        return self.assign(new["principalId"].lower(), new["resourceId"].lower(), new["appRoleId"].lower())

    def assign(self, principal_id: str, resource_id: str, role_id: str) -> Object:
        """Give a principal a role of a resource."""
        principal, kind = self._principal(principal_id)
        resource = there(self.records.store["servicePrincipals"].get(resource_id), resource_id)
        self._check_role(resource, role_id, kind)
        held = self.table.by("principalId", principal_id)
        if any(row["resourceId"] == resource_id and row["appRoleId"] == role_id for row in held):
            raise AlreadyAssignedError
        if len(held) >= MAX_ASSIGNMENTS:
            raise TooManyAssignmentsError
        ident = uuid.UUID(principal_id).bytes_le + uuid.UUID(self.records.new_id("assignment")).bytes_le
        row = {
            "appRoleId": role_id,
            "createdDateTime": self.records.now(),
            "deletedDateTime": None,
            "id": base64.urlsafe_b64encode(ident).decode().rstrip("="),
            "principalDisplayName": principal["displayName"],
            "principalId": principal_id,
            "principalType": kind,
            "resourceDisplayName": resource["displayName"],
            "resourceId": resource_id,
        }
        return self.records.store.put(_TABLE, row)

    def delete(self, row: Object) -> None:
        """Take a role away."""
        self.records.store.remove(_TABLE, row["id"])

    def forget(self, ident: str) -> None:
        """Remove every assignment of a principal that is going, on either end."""
        for row in [*self.table.by("principalId", ident), *self.table.by("resourceId", ident)]:
            self.records.store.remove(_TABLE, row["id"])

    def roles(self, principal_ids: Iterable[str], resource: Object) -> list[str]:
        """Return the values of the enabled roles that any of these principals has on a resource."""
        values = {role["id"]: role["value"] for role in resource["appRoles"] if role.get("isEnabled", True)}
        held = (row for ident in principal_ids for row in self.table.by("principalId", ident))
        found = {values.get(row["appRoleId"]) for row in held if row["resourceId"] == resource["id"]}
        return sorted(value for value in found if value)

    def _principal(self, ident: str) -> tuple[Object, str]:
        user = self.records.store["users"].get(ident)
        if user is not None:
            return user, "User"
        group = self.records.store["groups"].get(ident)
        if group is not None:
            return group, "Group"
        return there(self.records.store["servicePrincipals"].get(ident), ident), "ServicePrincipal"

    @staticmethod
    def _check_role(resource: Object, role_id: str, kind: str) -> None:
        member = "Application" if kind == "ServicePrincipal" else "User"
        usable = [role for role in resource["appRoles"] if role.get("isEnabled", True)]
        if role_id == _DEFAULT_ROLE and not any(member in role["allowedMemberTypes"] for role in usable):
            return
        if not any(role["id"].lower() == role_id and member in role["allowedMemberTypes"] for role in usable):
            raise UnknownRoleError(role_id, resource["displayName"])
