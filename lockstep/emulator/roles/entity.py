"""The directory role objects, and the built-in roles that matter for applications. Data only.

Names and template ids are Microsoft's (Entra built-in roles). The list is cut to the roles that say something about
applications and consents; Entra has about a hundred.
"""

from __future__ import annotations

from lockstep.emulator.objects import EQ, TEXT
from lockstep.emulator.odata.query import Entity

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

BUILT_IN: dict[str, str] = {
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    APPLICATION_DEVELOPER: "Application Developer",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    DIRECTORY_READERS: "Directory Readers",
    DIRECTORY_WRITERS: "Directory Writers",
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    GLOBAL_READER: "Global Reader",
    GROUPS_ADMINISTRATOR: "Groups Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    REPORTS_READER: "Reports Reader",
    SECURITY_READER: "Security Reader",
    USER_ADMINISTRATOR: "User Administrator",
}
"""Template id to name. The id of a built-in role definition is its template id in every tenant."""

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
)
ROLE_DEFINITION = Entity(
    name="UnifiedRoleDefinition",
    properties=frozenset(
        {"description", "displayName", "id", "isBuiltIn", "isEnabled", "resourceScopes", "templateId", "version"}
    ),
    filters={"displayName": TEXT, "id": EQ, "isBuiltIn": EQ, "templateId": EQ},
)
ROLE_ASSIGNMENT = Entity(
    name="UnifiedRoleAssignment",
    properties=frozenset({"condition", "directoryScopeId", "id", "principalId", "roleDefinitionId"}),
    filters={"directoryScopeId": EQ, "id": EQ, "principalId": EQ, "roleDefinitionId": EQ},
    expands=frozenset({"principal", "roleDefinition"}),
)
