"""The directory audit object, and what each kind of change is called. Data only.

Activity names are those of Entra's audit activity reference; the names of modified properties are Entra's for consents
(seen in public logs) and the Graph property's own name, with a capital, elsewhere (an assumption).
"""

from __future__ import annotations

from lockstep.emulator.objects import DATES, EQ, TEXT
from lockstep.emulator.odata.query import Entity

AUDIT = Entity(
    name="DirectoryAudit",
    properties=frozenset(
        {
            "activityDateTime",
            "activityDisplayName",
            "additionalDetails",
            "category",
            "correlationId",
            "id",
            "initiatedBy",
            "loggedByService",
            "operationType",
            "result",
            "resultReason",
            "targetResources",
        }
    ),
    filters={
        "activityDateTime": DATES,
        "activityDisplayName": TEXT,
        "category": EQ,
        "correlationId": EQ,
        "id": EQ,
        "initiatedBy/app/appId": EQ,
        "initiatedBy/app/displayName": TEXT,
        "initiatedBy/user/id": EQ,
        "initiatedBy/user/userPrincipalName": TEXT,
        "loggedByService": EQ,
        "result": EQ,
        "targetResources/any/id": frozenset({"any", "eq"}),
        "targetResources/any/displayName": frozenset({"any", "eq", "startsWith"}),
    },
    orders=frozenset({"activityDateTime"}),
    directory=False,
)

KINDS: dict[str, str] = {
    "applications": "Application",
    "groups": "Group",
    "servicePrincipals": "ServicePrincipal",
    "users": "User",
}
"""Table to the type of a target resource."""

CATEGORIES: dict[str, str] = {
    "applications": "ApplicationManagement",
    "appRoleAssignments": "ApplicationManagement",
    "groups": "GroupManagement",
    "oauth2PermissionGrants": "ApplicationManagement",
    "roleAssignments": "RoleManagement",
    "servicePrincipals": "ApplicationManagement",
    "users": "UserManagement",
}

NAMES: dict[tuple[str, str], str] = {
    ("applications", "add"): "Add application",
    ("applications", "change"): "Update application",
    ("applications", "credentials"): "Update application – Certificates and secrets management",  # noqa: RUF001
    ("applications", "delete"): "Delete application",
    ("applications", "owner added"): "Add owner to application",
    ("applications", "owner removed"): "Remove owner from application",
    ("applications", "purge"): "Hard Delete application",
    ("applications", "restore"): "Restore application",
    ("groups", "add"): "Add group",
    ("groups", "change"): "Update group",
    ("groups", "delete"): "Delete group",
    ("groups", "member added"): "Add member to group",
    ("groups", "member removed"): "Remove member from group",
    ("groups", "owner added"): "Add owner to group",
    ("groups", "owner removed"): "Remove owner from group",
    ("groups", "purge"): "Hard Delete group",
    ("groups", "restore"): "Restore group",
    ("servicePrincipals", "add"): "Add service principal",
    ("servicePrincipals", "change"): "Update service principal",
    ("servicePrincipals", "credentials"): "Update service principal credentials",
    ("servicePrincipals", "delete"): "Remove service principal",
    ("servicePrincipals", "owner added"): "Add owner to service principal",
    ("servicePrincipals", "owner removed"): "Remove owner from service principal",
    ("servicePrincipals", "purge"): "Hard delete service principal",
    ("servicePrincipals", "restore"): "Restore service principal",
    ("users", "add"): "Add user",
    ("users", "change"): "Update user",
    ("users", "delete"): "Delete user",
    ("users", "purge"): "Hard Delete user",
    ("users", "restore"): "Restore user",
}
GRANT_NAMES = {True: "Add delegated permission grant", False: "Remove delegated permission grant"}
ROLE_NAMES = {True: "Add member to role", False: "Remove member from role"}
ASSIGNMENT_NAMES: dict[tuple[str, bool], str] = {
    ("Group", False): "Remove app role assignment from group",
    ("Group", True): "Add app role assignment to group",
    ("ServicePrincipal", False): "Remove app role assignment from service principal",
    ("ServicePrincipal", True): "Add app role assignment to service principal",
    ("User", False): "Remove app role assignment from user",
    ("User", True): "Add app role assignment grant to user",
}
