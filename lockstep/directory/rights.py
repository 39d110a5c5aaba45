"""Which Graph permissions a task takes: what a caller lacks for it, and what a refused request lacks most likely. Pure.

What a caller lacks for a preview, a deployment or an audit is told from its token's claims alone.
The sets of permissions are Microsoft's, held by tests against an emulator that enforces them; the roles are those that
Microsoft documents for consents. Graph has the last word: a role may be scoped, and a token older than a consent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lockstep.directory.credential import Identity

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
NAMES: Mapping[str, str] = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
}

GIVES_ROLES = "RoleManagement.ReadWrite.Directory"
"""The application permission with which a caller gives directory roles."""
_ROLE_GIVERS = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
_ADMINISTRATORS = frozenset({GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR})
_WIDE = ("Directory.Read.All", "Directory.ReadWrite.All")
_APPLICATIONS = ("Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy")
_READ = (
    ("read applications", (*_WIDE, *_APPLICATIONS)),
    ("read consents", (*_WIDE, "DelegatedPermissionGrant.ReadWrite.All")),
)
_WRITE = (
    ("register applications", ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")),
    ("consent to delegated permissions", ("DelegatedPermissionGrant.ReadWrite.All",)),
    ("consent to application permissions", ("AppRoleAssignment.ReadWrite.All",)),
)
TASKS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {"preview": _READ, "up": _WRITE, "audit": _READ}
"""For each task what it takes: in words, and the application permissions of which one is enough, the least first."""

_FOREIGN = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})
"""Application permissions of which one creates the service principal of another tenant's application.

Application.ReadWrite.OwnedBy does not: https://github.com/microsoftgraph/microsoft-graph-docs/issues/16138
"""

_VERSION = re.compile(r"^/?(?:v1\.0|beta)/")
_READ_APPS = "Application.Read.All, Application.ReadWrite.OwnedBy or Directory.Read.All"
_READS = (
    ("oauth2PermissionGrants", "Directory.Read.All or DelegatedPermissionGrant.ReadWrite.All"),
    ("roleManagement", "RoleManagement.Read.Directory or Directory.Read.All"),
    ("directoryRoles", "RoleManagement.Read.Directory or Directory.Read.All"),
    ("auditLogs", "AuditLog.Read.All"),
    ("applications", _READ_APPS),
    ("servicePrincipals", _READ_APPS),
)
_WRITES = (
    ("oauth2PermissionGrants", "DelegatedPermissionGrant.ReadWrite.All"),
    ("appRoleAssign", "AppRoleAssignment.ReadWrite.All with one that reads applications"),
    ("owners", "Application.ReadWrite.All with Directory.Read.All"),
    ("roleManagement", GIVES_ROLES),
    ("applications", "Application.ReadWrite.OwnedBy, or Application.ReadWrite.All for what it does not own"),
    ("servicePrincipals", "Application.ReadWrite.OwnedBy, or Application.ReadWrite.All for what it does not own"),
)


def lacking(identity: Identity, task: str) -> tuple[str, ...] | None:
    """Return what the caller lacks for a task, in words; None where its token does not tell.

    A user's rights are those of its directory roles, which a token may leave out.
    """
    if identity.is_user:
        return _lacking_user(identity, task)
    return tuple(
        f"{names[0]} (to {what})" for what, names in TASKS[task] if not identity.permissions & frozenset(names)
    )


def _lacking_user(identity: Identity, task: str) -> tuple[str, ...] | None:
    if identity.roles is None:
        return None
    if task != "up":
        return ()  # what a member may read of the directory is enough
    if GLOBAL_ADMINISTRATOR in identity.roles:
        return ()
    lacks = []
    if not identity.roles & _ADMINISTRATORS:
        lacks.append("Application Administrator (to register applications and consent to delegated permissions)")
    if PRIVILEGED_ROLE_ADMINISTRATOR not in identity.roles:
        lacks.append("Privileged Role Administrator (to consent to application permissions of Microsoft Graph)")
    return tuple(lacks)


def creates_foreign_principals(identity: Identity) -> bool | None:
    """Return whether the caller may create the service principal of a vendor's own application, which is in another
    tenant; None where its token does not tell.
    """
    if identity.is_user:
        return None if identity.roles is None else bool(identity.roles & _ADMINISTRATORS)
    return bool(identity.permissions & _FOREIGN or (identity.roles or frozenset()) & _ADMINISTRATORS)


def deploys(identity: Identity) -> bool:
    """Return whether the caller may write anything that a deployment writes; one that previews may only read."""
    if identity.is_user:
        return bool((identity.roles or frozenset()) & (_ADMINISTRATORS | {PRIVILEGED_ROLE_ADMINISTRATOR}))
    return any(identity.permissions & frozenset(names) for _, names in _WRITE)


def gives_directory_roles(identity: Identity) -> bool | None:
    """Return whether the caller may give directory roles; None where its token does not tell.

    What it takes: https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments
    """
    if identity.is_user:
        return None if identity.roles is None else bool(identity.roles & _ROLE_GIVERS)
    return GIVES_ROLES in identity.permissions or bool((identity.roles or frozenset()) & _ROLE_GIVERS)


def how_a_foreign_principal_comes(app_id: str) -> str:
    """Return what to do where the caller may not create the service principal of another tenant's application.

    The roles are those of
    https://learn.microsoft.com/entra/identity/enterprise-apps/create-service-principal-cross-tenant
    """
    return (
        f"have a Cloud Application Administrator add it once (az ad sp create --id {app_id}), or give this identity "
        "Application.ReadWrite.All or that role for the run that creates it; Application.ReadWrite.OwnedBy is not "
        "enough, since the application itself is in the vendor's tenant"
    )


def permission_for(what: str) -> str:
    """Return the least that Microsoft documents for `METHOD path`, in words; nothing where it is not known."""
    method, _, path = what.partition(" ")
    segments = _VERSION.sub("/", path).strip("/").split("/")
    for word, permissions in _READS if method == "GET" else _WRITES:
        if any(segment.startswith(word) for segment in segments):
            return permissions
    return "Directory.Read.All" if method == "GET" else ""
