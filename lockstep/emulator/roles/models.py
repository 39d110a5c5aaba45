"""Directory roles: state and rules. Knows no HTTP.

One truth, two views: `roleManagement/directory/roleAssignments` and the members of a `directoryRole`.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from lockstep.emulator.directoryobjects.models import DirectoryObjects
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.objects import checked, there
from lockstep.emulator.records import Records
from lockstep.emulator.roles.entity import BUILT_IN, GLOBAL_ADMINISTRATOR
from lockstep.emulator.roles.exceptions import RoleActiveError, RoleAssignedError
from lockstep.emulator.store import Object

_TABLE, _ACTIVE = "roleAssignments", "directoryRoles"
_WHOLE_TENANT = "/"
_BODY: dict[str, Any] = {
    "condition": None,
    "directoryScopeId": None,
    "principalId": None,
    "roleDefinitionId": None,
}


class Roles:
    """The directory roles of a tenant."""

    def __init__(self, records: Records, objects: DirectoryObjects) -> None:
        self.records = records
        self.objects = objects
        self.table = records.store[_TABLE]

    def definitions(self) -> list[Object]:
        """Return the built-in role definitions."""
        return [_definition(ident, name) for ident, name in sorted(self._names().items())]

    def definition(self, ident: str) -> Object:
        """Return the role definition of this id."""
        name = self.name(ident.lower())
        if not name:
            raise NotFoundError(ident)
        return _definition(ident.lower(), name)

    def name(self, ident: str) -> str:
        """Return the name of a role by its template id, or nothing for one that this tenant does not know."""
        return str(self._names().get(ident) or "")

    def remember(self, ident: str, name: str) -> None:
        """Know one more role: one that a captured tenant has, and that is not among the built-in ones here."""
        known = self.records.meta("roles")
        if ident not in BUILT_IN:
            names = {**known.get("names", {}), ident: name}
            self.records.store.put("meta", {**known, "names": names})

    def _names(self) -> dict[str, str]:
        return {**BUILT_IN, **self.records.meta("roles").get("names", {})}

    def templates(self) -> list[Object]:
        """Return the templates that directory roles are activated from."""
        return [_template(ident, name) for ident, name in sorted(self._names().items())]

    def active(self) -> list[Object]:
        """Return the directory roles that are in use: activated by hand, or by an assignment."""
        used = {row["roleDefinitionId"] for row in self.table.rows.values()} | {GLOBAL_ADMINISTRATOR}
        used |= set(self.records.store[_ACTIVE].rows)
        return [_role(ident, self.name(ident), self.records.role_id(ident)) for ident in sorted(used)]

    def role(self, value: str, key: str = "id") -> Object:
        """Return the active directory role of this id or template id."""
        name = "id" if key == "id" else "roleTemplateId"
        if key not in ("id", "roleTemplateId"):
            raise BadRequestError(f"The alternate key '{key}' is not one of resource 'DirectoryRole'.")
        for row in self.active():
            if row[name] == value.lower():
                return row
        raise NotFoundError(value)

    def activate(self, template: str) -> Object:
        """Put a role to use."""
        ident = template.lower()
        if not self.name(ident):
            raise NotFoundError(template)
        if any(row["roleTemplateId"] == ident for row in self.active()):
            raise RoleActiveError
        self.records.store.put(_ACTIVE, {"id": ident})
        return self.role(ident, "roleTemplateId")

    def get(self, ident: str) -> Object:
        """Return the assignment of this id."""
        return there(self.table.rows.get(ident), ident)

    def create(self, body: Mapping[str, Any]) -> Object:
        """Assign a role as `POST /roleManagement/directory/roleAssignments` was asked to."""
        new = checked(body, _BODY, "UnifiedRoleAssignment", ignored=("id",))
        for name in ("principalId", "roleDefinitionId"):
            if not isinstance(new.get(name), str):
                raise BadRequestError(f"A value is required for property '{name}' of resource 'UnifiedRoleAssignment'.")
        scope = new.get("directoryScopeId")
        if scope is None:
            raise BadRequestError(
                "A value is required for property 'directoryScopeId' of resource 'UnifiedRoleAssignment'."
            )
        return self.assign(new["principalId"], new["roleDefinitionId"], str(scope))

    def assign(self, principal_id: str, role: str, scope: str = _WHOLE_TENANT) -> Object:
        """Give a principal a directory role, in the whole tenant or over one object."""
        definition = self.definition(role)["id"]
        principal = self.objects.get(principal_id)[1]["id"]
        if scope != _WHOLE_TENANT:
            self.objects.get(scope.strip("/"))
        held = self.table.by("principalId", principal)
        if any((row["roleDefinitionId"], row["directoryScopeId"]) == (definition, scope) for row in held):
            raise RoleAssignedError
        unique = uuid.UUID(definition).bytes_le + uuid.UUID(self.records.new_id("roleAssignment")).bytes_le
        row = {
            "condition": None,
            "directoryScopeId": scope,
            "id": base64.urlsafe_b64encode(unique).decode().rstrip("="),
            "principalId": principal,
            "roleDefinitionId": definition,
        }
        return self.records.store.put(_TABLE, row)

    def delete(self, row: Object) -> None:
        """Take a role away."""
        self.records.store.remove(_TABLE, row["id"])

    def members(self, role: Object) -> list[tuple[str, Object]]:
        """Return who has a role in the whole tenant, as (table, object)."""
        held = self.table.by("roleDefinitionId", role["roleTemplateId"])
        found = [self.objects.find(row["principalId"]) for row in held if _is_whole(row)]
        return [entry for entry in found if entry is not None]

    def remove_member(self, role: Object, principal_id: str) -> None:
        """Take a role of the whole tenant away from a principal."""
        for row in self.table.by("principalId", principal_id):
            if row["roleDefinitionId"] == role["roleTemplateId"] and _is_whole(row):
                self.delete(row)
                return
        raise NotFoundError(principal_id)

    def forget(self, ident: str) -> None:
        """Remove every assignment of a principal that is going, and those over it."""
        for row in list(self.table.rows.values()):
            if row["principalId"] == ident or row["directoryScopeId"] == f"/{ident}":
                self.delete(row)

    def of(self, principal_id: str) -> list[Object]:
        """Return the active directory roles that a principal has itself in the whole tenant."""
        held = {row["roleDefinitionId"] for row in self.table.by("principalId", principal_id) if _is_whole(row)}
        return [row for row in self.active() if row["roleTemplateId"] in held]


def _is_whole(row: Object) -> bool:
    return bool(row["directoryScopeId"] == _WHOLE_TENANT)


def _definition(ident: str, name: str) -> Object:
    return {
        "description": f"The built-in role {name}.",
        "displayName": name,
        "id": ident,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": [_WHOLE_TENANT],
        "templateId": ident,
        "version": "1",
    }


def _template(ident: str, name: str) -> Object:
    return {"deletedDateTime": None, "description": f"The built-in role {name}.", "displayName": name, "id": ident}


def _role(template: str, name: str, ident: str) -> Object:
    return {**_template(template, name), "id": ident, "roleTemplateId": template}
