"""Role definitions: Microsoft's built-in ones, and a tenant's custom ones with their rules. Knows no HTTP.

Names and template ids of the built-in ones are data (built_in.json, with source and date). What they allow is not:
thousands of actions, which change with every product. What is asked of that is refused by its name.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotSupportedError
from lockstep.emulator.objects import checked
from lockstep.emulator.odata.filter import EQ, TEXT
from lockstep.emulator.odata.query import Entity, Lacking
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.store import PLACE, Object

WHOLE_TENANT = "/"
MAX_CUSTOM = 100
_WRITABLE: dict[str, Any] = {
    "description": None,
    "displayName": None,
    "isEnabled": None,
    "resourceScopes": [],
    "rolePermissions": [],
    "templateId": None,
    "version": None,
}
_REQUIRED = ("displayName", "isEnabled", "rolePermissions")
_READ_ONLY = ("id", "isBuiltIn")
ROLE_DEFINITION = Entity(
    name="UnifiedRoleDefinition",
    properties=frozenset(_WRITABLE) | frozenset(_READ_ONLY),
    filters={"displayName": TEXT, "id": EQ, "isBuiltIn": EQ, "templateId": EQ},
    page=999,  # all at once: an assumption, as for the templates
)
_ACTION = re.compile(r"microsoft\.directory(/[\w.{}$-]+){2,}")


@cache
def built_in() -> Mapping[str, str]:
    """Return the template ids of the built-in roles with their names. The id of a definition is its template's."""
    roles: Mapping[str, str] = json.loads(
        files("lockstep.emulator.roles").joinpath("built_in.json").read_text("utf-8")
    )["roles"]
    return roles


class RoleDefinitions(ObjectKind):
    """The roles that can be had in a tenant: built-in ones, and those in the table, which are the tenant's own."""

    table_name, resource = "roleDefinitions", "UnifiedRoleDefinition"

    def templates(self) -> dict[str, str]:
        """Return the names of the roles that every tenant has, or a captured one had, by template id."""
        return {**built_in(), **self.records.meta("roles").get("names", {})}

    def remember(self, ident: str, name: str) -> None:
        """Know one more role: one that a captured tenant has, and that is not among the built-in ones."""
        record = self.records.meta("roles")
        if ident not in built_in():
            self.records.store.put("meta", {**record, "names": {**record.get("names", {}), ident: name}})

    @property
    def listed(self) -> list[Object]:
        """Every definition: built-in ones first, then the tenant's own, each with its place for a page token."""
        fixed = [_built_in(ident, name) for ident, name in sorted(self.templates().items())]
        own = [{**row, PLACE: len(fixed) + self.table.sequence[row["id"]]} for row in self.table.rows.values()]
        return [*fixed, *own]

    def find(self, value: str, key: str = "id") -> Object | None:
        """Return the definition of this id, or None."""
        row = super().find(value, key)
        name = self.templates().get(value.lower())
        return row if row is not None or name is None else _built_in(value.lower(), name)

    def create(self, body: Mapping[str, Any]) -> Object:
        """Define a role of the tenant's own. Its template id, which a caller may choose, is its id."""
        new = checked(body, _WRITABLE, self.resource, ignored=("id",))
        self.required(new, *_REQUIRED)
        ident = str(new.get("templateId") or self.records.new_id("roleDefinition")).lower()
        if not _is_guid(ident):
            raise self.invalid("templateId")
        if self.find(ident) is not None:
            raise BadRequestError("A role definition with the same templateId already exists.")
        if len(self.table) >= MAX_CUSTOM:
            # The limit is that of Microsoft's page on service limits; the words are an assumption.
            raise BadRequestError(
                f"The limit of {MAX_CUSTOM} custom roles of a tenant is reached.", code="Directory_QuotaExceeded"
            )
        row = {**_WRITABLE, **new, "id": ident, "isBuiltIn": False, "templateId": ident}
        return self._kept(row)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a role of the tenant's own."""
        self._own(row, "changed")
        new = checked(body, _WRITABLE, self.resource, ignored=_READ_ONLY)
        if (new.get("templateId") or row["id"]).lower() != row["id"]:
            raise NotSupportedError("another 'templateId' for a custom role, which would change its id")
        changed = {**row, **new, "templateId": row["id"]}
        self.required(changed, *_REQUIRED)
        return self._kept(changed)

    def delete(self, row: Object) -> None:
        """Remove a role of the tenant's own; who had it has it no longer."""
        self._own(row, "deleted")
        assignments = self.records.store["roleAssignments"]
        for assignment in assignments.by("roleDefinitionId", row["id"]):
            self.records.store.remove(assignments.name, assignment["id"])
        super().delete(row)

    def _own(self, row: Object, verb: str) -> None:
        if row["isBuiltIn"]:
            # That it is refused is documented; the words are an assumption.
            raise BadRequestError(f"The role '{row['displayName']}' is built-in and cannot be {verb}.")

    def _kept(self, row: Object) -> Object:
        for entry in row["rolePermissions"]:
            _check_permission(entry)
        if (row["resourceScopes"] or [WHOLE_TENANT]) != [WHOLE_TENANT]:
            raise self.invalid("resourceScopes")
        return self.put({**row, "resourceScopes": [WHOLE_TENANT]})


def _check_permission(entry: Any) -> None:
    """Refuse what a custom role cannot hold. Which actions of the directory it may hold is not looked at.

    The words are quoted in https://github.com/MicrosoftDocs/azure-docs/issues/50664 and issues/100973; that a condition
    and excluded actions are not supported is in https://learn.microsoft.com/graph/api/resources/unifiedrolepermission.
    """
    permission = entry if isinstance(entry, dict) else {}
    actions = permission.get("allowedResourceActions")
    if not isinstance(actions, list) or not actions:
        raise BadRequestError(
            "A value is required for property 'allowedResourceActions' of an entry of rolePermissions."
        )
    for name in ("condition", "excludedResourceActions"):
        if permission.get(name):
            raise BadRequestError(f"Property '{name}' is not supported for custom roles.")
    for action in actions:
        category = str(action).partition("/")[0]
        if category != "microsoft.directory":
            raise BadRequestError(f"Resource category '{category}' is not supported.")
        if not _ACTION.fullmatch(str(action)):
            raise BadRequestError(f"Action '{action}' is not supported for Custom Role creation.")


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def words(name: str) -> str:
    """Return what the emulator says of a built-in role: Microsoft's own words are Microsoft's."""
    return f"The built-in role {name}."


def _built_in(ident: str, name: str) -> Object:
    return {
        "description": words(name),
        "displayName": name,
        "id": ident,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": [WHOLE_TENANT],
        "rolePermissions": Lacking("what a built-in role allows (rolePermissions)"),
        "templateId": ident,
        "version": "1",
    }
