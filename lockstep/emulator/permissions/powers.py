"""What a directory role lets its holder do, in the words of Graph's permissions. Data only.

A cut of Microsoft's role descriptions to what this emulator answers. A person's token is good for what both its scopes
and the person's roles allow; an application with a directory role needs no Graph permission for what the role allows.
"""

from __future__ import annotations

from lockstep.emulator.roles.model import (
    APPLICATION_ADMINISTRATOR,
    APPLICATION_DEVELOPER,
    CLOUD_APPLICATION_ADMINISTRATOR,
    DIRECTORY_READERS,
    DIRECTORY_WRITERS,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    GROUPS_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    REPORTS_READER,
    SECURITY_READER,
    USER_ADMINISTRATOR,
)

READS = frozenset(
    {
        "Application.Read.All", "Directory.Read.All", "Domain.Read.All", "Group.Read.All", "GroupMember.Read.All",
        "Organization.Read.All", "RoleManagement.Read.Directory", "User.Read", "User.Read.All", "User.ReadBasic.All",
    }
)  # fmt: skip
"""What every member of a tenant may read through an application that has the scopes."""

_APPLICATIONS = READS | {
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "AuditLog.Read.All",
    "DelegatedPermissionGrant.ReadWrite.All",
}
POWERS: dict[str, frozenset[str]] = {
    APPLICATION_ADMINISTRATOR: _APPLICATIONS,
    APPLICATION_DEVELOPER: READS,
    CLOUD_APPLICATION_ADMINISTRATOR: _APPLICATIONS,
    DIRECTORY_READERS: READS,
    DIRECTORY_WRITERS: READS | {"Group.Create", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"},
    GLOBAL_ADMINISTRATOR: _APPLICATIONS
    | {
        "Directory.ReadWrite.All", "Domain.ReadWrite.All", "Group.Create", "Group.ReadWrite.All",
        "GroupMember.ReadWrite.All", "Organization.ReadWrite.All", "RoleManagement.ReadWrite.Directory",
        "User.DeleteRestore.All", "User.ReadWrite", "User.ReadWrite.All",
    },
    GLOBAL_READER: READS | {"AuditLog.Read.All"},
    GROUPS_ADMINISTRATOR: READS | {"Group.Create", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"},
    PRIVILEGED_ROLE_ADMINISTRATOR: READS
    | {
        "AppRoleAssignment.ReadWrite.All", "AuditLog.Read.All", "DelegatedPermissionGrant.ReadWrite.All",
        "RoleManagement.ReadWrite.Directory",
    },
    REPORTS_READER: frozenset({"AuditLog.Read.All"}),
    SECURITY_READER: READS | {"AuditLog.Read.All"},
    USER_ADMINISTRATOR: READS
    | {"Group.Create", "Group.ReadWrite.All", "User.DeleteRestore.All", "User.ReadWrite.All"},
}  # fmt: skip
NOT_GRAPHS_OWN = frozenset({APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR})
"""Roles that may consent to application permissions of any API but Microsoft Graph."""
