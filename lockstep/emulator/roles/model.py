"""Directory roles: which are in use, and who has them. Knows no HTTP.

The same assignments are shown twice: as roleManagement/directory/roleAssignments, and as members of a directoryRole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lockstep.emulator.consents.model import joined_id
from lockstep.emulator.directoryobjects.model import DirectoryObjects, Located
from lockstep.emulator.exceptions import BadRequestError, NotFoundError, NotSupportedError
from lockstep.emulator.objects import checked, existing, texts
from lockstep.emulator.odata.filter import EQ
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import Rows, fixed_id
from lockstep.emulator.roles.definitions import WHOLE_TENANT, RoleDefinitions, words
from lockstep.emulator.store import Object


class BuiltInRole(StrEnum):
    """The template ids of the built-in roles that say something about applications and consents."""

    GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
    PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
    APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
    CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
    APPLICATION_DEVELOPER = "cf1c38e5-3621-4004-a7cb-879624dced7c"
    GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
    DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
    DIRECTORY_WRITERS = "9360feb5-f418-4baa-8175-e2a00bac4301"
    USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
    GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
    SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
    REPORTS_READER = "4a5d8f65-41da-4de4-8968-e035b65339cf"


DIRECTORY_ROLE = Entity(
    name="DirectoryRole",
    properties=frozenset({"deletedDateTime", "description", "displayName", "id", "roleTemplateId"}),
    filters={"displayName": EQ, "id": EQ, "roleTemplateId": EQ},
    expands=frozenset({"members"}),
)
ROLE_TEMPLATE = Entity(
    name="DirectoryRoleTemplate",
    properties=frozenset({"deletedDateTime", "description", "displayName", "id"}),
    filters={},
    page=999,  # all at once: an assumption
)
ROLE_ASSIGNMENT = Entity(
    name="UnifiedRoleAssignment",
    properties=frozenset({"appScopeId", "condition", "directoryScopeId", "id", "principalId", "roleDefinitionId"}),
    filters={"directoryScopeId": EQ, "id": EQ, "principalId": EQ, "roleDefinitionId": EQ},
    expands=frozenset({"principal", "roleDefinition"}),
)

_ACTIVE = "directoryRoles"
_BODY = dict.fromkeys(("appScopeId", "condition", "directoryScopeId", "principalId", "roleDefinitionId"))
# The words are from memory of public reports.
_CONFLICT = "A conflicting object with one or more of the specified property values is present in the directory."


@dataclass(eq=False)
class Roles(Rows):
    """The directory roles of a tenant."""

    table_name, resource = "roleAssignments", "UnifiedRoleAssignment"
    objects: DirectoryObjects
    definitions: RoleDefinitions

    def name(self, ident: str) -> str:
        """Return the name of a role by the id of its definition, or nothing for one that this tenant does not know."""
        row = self.definitions.find(ident)
        return str(row["displayName"]) if row is not None else ""

    def templates(self) -> list[Object]:
        """Return the templates that directory roles are activated from."""
        return [_template(ident, name) for ident, name in sorted(self.definitions.templates().items())]

    def active(self) -> list[Object]:
        """Return the directory roles that are in use: activated by hand, or by an assignment."""
        used = {row["roleDefinitionId"] for row in self.table.rows.values()} | {BuiltInRole.GLOBAL_ADMINISTRATOR.value}
        used |= set(self.records.store[_ACTIVE].rows)
        names = self.definitions.templates()  # custom roles have no template, so they are no directory roles
        return [
            {**_template(ident, names[ident]), "id": fixed_id("directoryRole", ident), "roleTemplateId": ident}
            for ident in sorted(used & set(names))
        ]

    def role(self, value: str, key: str = "id") -> Object:
        """Return the active directory role of this id or template id."""
        if key not in ("id", "roleTemplateId"):
            raise BadRequestError(f"The alternate key '{key}' is not one of resource 'DirectoryRole'.")
        return existing(next((row for row in self.active() if row[key] == value.lower()), None), value)

    def activate(self, template: str) -> Object:
        """Put a role to use."""
        ident = template.lower()
        if ident not in self.definitions.templates():
            raise NotFoundError(template)
        if any(row["roleTemplateId"] == ident for row in self.active()):
            raise BadRequestError(_CONFLICT)
        self.records.store.put(_ACTIVE, {"id": ident})
        return self.role(ident, "roleTemplateId")

    def create(self, body: Mapping[str, Any]) -> Object:
        """Assign a role, as the body of `POST /roleManagement/directory/roleAssignments` says."""
        new = checked(body, _BODY, self.resource, ignored=("id",))
        self.required(texts(new), "principalId", "roleDefinitionId")
        if new.get("appScopeId"):
            raise NotSupportedError("roles over what an application has of its own ('appScopeId')")
        self.required(new, "directoryScopeId")
        return self.assign(new["principalId"], new["roleDefinitionId"], str(new["directoryScopeId"]))

    def assign(self, principal_id: str, role: str, scope: str = WHOLE_TENANT) -> Object:
        """Give a principal a directory role, in the whole tenant or over one object."""
        role_definition = self.definitions.get(role)
        definition = role_definition["id"]
        if not role_definition["isEnabled"]:
            # That such a role "is not available for assignment" is documented; the words are an assumption.
            raise BadRequestError(f"The role '{role_definition['displayName']}' is not enabled for assignment.")
        principal = self.objects.get(principal_id)[1]["id"]
        if scope != WHOLE_TENANT:
            self.objects.get(scope.strip("/"))
        held = self.table.by("principalId", principal)
        if any((row["roleDefinitionId"], row["directoryScopeId"]) == (definition, scope) for row in held):
            raise BadRequestError(_CONFLICT)
        row = {
            "appScopeId": None,
            "condition": None,
            "directoryScopeId": scope,
            "id": joined_id(definition, self.records.new_id("roleAssignment")),
            "principalId": principal,
            "roleDefinitionId": definition,
        }
        return self.put(row)

    def members(self, role: Object) -> list[Located]:
        """Return who has a role in the whole tenant."""
        held = self.table.by("roleDefinitionId", role["roleTemplateId"])
        return self.objects.located([row["principalId"] for row in held if _is_whole(row)])

    def remove_member(self, role: Object, principal_id: str) -> None:
        """Take a role of the whole tenant away from a principal."""
        for row in self.table.by("principalId", principal_id):
            if row["roleDefinitionId"] == role["roleTemplateId"] and _is_whole(row):
                self.delete(row)
                return
        raise NotFoundError(principal_id)

    def of(self, principal_id: str) -> list[Object]:
        """Return the active directory roles that a principal has itself in the whole tenant."""
        held = {row["roleDefinitionId"] for row in self.table.by("principalId", principal_id) if _is_whole(row)}
        return [row for row in self.active() if row["roleTemplateId"] in held]


def _is_whole(row: Object) -> bool:
    return bool(row["directoryScopeId"] == WHOLE_TENANT)


def _template(ident: str, name: str) -> Object:
    return {"deletedDateTime": None, "description": words(name), "displayName": name, "id": ident}
