"""Which Graph permission a refused request lacks most likely: the least that Microsoft documents for its path.

For messages only. Knows nothing of the caller.
"""

from __future__ import annotations

import re

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
    ("applications", "Application.ReadWrite.OwnedBy, or Application.ReadWrite.All for what it does not own"),
    ("servicePrincipals", "Application.ReadWrite.OwnedBy, or Application.ReadWrite.All for what it does not own"),
)


def permission_for(what: str) -> str:
    """Return the permissions that `METHOD path` takes, in words, or nothing where that is not known here."""
    method, _, path = what.partition(" ")
    segments = _VERSION.sub("/", path).strip("/").split("/")
    for word, permissions in _READS if method == "GET" else _WRITES:
        if any(segment.startswith(word) for segment in segments):
            return permissions
    return "Directory.Read.All" if method == "GET" else ""
