"""What a caller needs for each operation, as Microsoft's documentation has it. Data only.

Facts from the pages of the operations and from the permissions list of microsoftgraph/microsoft-graph-devx-content
(permissions/new/permissions.json, as of 2026-08-07). Where the two differ, or where the list names a permission alone
that its page wants together with another, the narrower reading is taken and said so: an emulator must not be kinder
than Graph.
"""

from __future__ import annotations

from dataclasses import dataclass

Need = tuple[frozenset[str], ...]
"""Alternatives: any one of these sets of permissions is enough."""

AS_USER = "Directory.AccessAsUser.All"
"""Whatever the user may do in the directory: Microsoft's own tools have it."""
OWNED_BY = "Application.ReadWrite.OwnedBy"


@dataclass(frozen=True)
class Needs:
    """What an application needs, what a person's token needs, and what either may do to what it owns."""

    application: Need
    delegated: Need
    owned: bool = False
    """Application.ReadWrite.OwnedBy is enough only where the caller owns the object of the path."""


def _any(*alternatives: str) -> Need:
    return tuple(frozenset(words.split(" + ")) for words in alternatives)


_DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")
_APPS = ("Application.Read.All", "Application.ReadWrite.All")

READ_APPS = Needs(_any(*_APPS, OWNED_BY, *_DIRECTORY_READ), _any(*_APPS, *_DIRECTORY_READ))
CREATE_APPS = Needs(_any(OWNED_BY, "Application.ReadWrite.All"), _any("Application.ReadWrite.All"))
WRITE_APPS = Needs(_any(OWNED_BY, "Application.ReadWrite.All"), _any("Application.ReadWrite.All"), owned=True)
WRITE_PRINCIPALS = Needs(
    _any(OWNED_BY, "Application.ReadWrite.All", "Directory.ReadWrite.All"),
    _any("Application.ReadWrite.All", "Directory.ReadWrite.All"),
    owned=True,
)
CREATE_PRINCIPALS = Needs(WRITE_PRINCIPALS.application, WRITE_PRINCIPALS.delegated)
# The page says of OwnedBy, which its table lists: "isn't sufficient to add another owner".
ADD_OWNERS = Needs(
    _any("Application.ReadWrite.All + Directory.Read.All", "Directory.ReadWrite.All"),
    _any("Application.ReadWrite.All + Directory.Read.All", "Directory.ReadWrite.All"),
)
READ_GRANTS = Needs(*2 * (_any("DelegatedPermissionGrant.ReadWrite.All", *_DIRECTORY_READ),))
WRITE_GRANTS = Needs(*2 * (_any("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"),))
# The list also names Application.ReadWrite.All, and Directory.Read.All, alone; the pages do not. That a permission to
# write applications includes the one to read them is an assumption.
_ASSIGN = tuple(
    f"AppRoleAssignment.ReadWrite.All + {other}" for other in (*_APPS, "Directory.Read.All", "Directory.ReadWrite.All")
)
CREATE_ASSIGNMENTS = Needs(_any(*_ASSIGN, f"AppRoleAssignment.ReadWrite.All + {OWNED_BY}"), _any(*_ASSIGN))
DELETE_ASSIGNMENTS = Needs(*2 * (_any("AppRoleAssignment.ReadWrite.All"),))
# Of users and groups: the list has these two alone.
READ_OTHERS_ASSIGNMENTS = Needs(*2 * (_any("AppRoleAssignment.ReadWrite.All", *_DIRECTORY_READ),))

READ_OBJECTS = Needs(*2 * (_any(*_DIRECTORY_READ),))
MEMBERSHIPS = Needs(*2 * (_any(*_APPS, "Group.Read.All", "GroupMember.Read.All", "User.Read.All", *_DIRECTORY_READ),))
_USERS = ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY_READ)
READ_OWNED = Needs(*2 * (_any("User.Read.All", "User.ReadWrite.All", *_DIRECTORY_READ),))
READ_USERS = Needs(_any(*_USERS), _any(*_USERS))
WRITE_USERS = Needs(*2 * (_any("User.ReadWrite.All", "Directory.ReadWrite.All"),))
DELETE_USERS = Needs(*2 * (_any("User.DeleteRestore.All", "User.ReadWrite.All"),))
# An application gets another refusal: there is no me.
ME = Needs((frozenset(),), _any("User.Read", "User.ReadWrite", *_USERS))
_GROUPS = ("Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", *_DIRECTORY_READ)
READ_GROUPS = Needs(_any(*_GROUPS), _any(*_GROUPS))
CREATE_GROUPS = Needs(
    _any("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"),
    _any("Group.ReadWrite.All", "Directory.ReadWrite.All"),
)
WRITE_GROUPS = Needs(*2 * (_any("Group.ReadWrite.All", "Directory.ReadWrite.All"),))
DELETE_GROUPS = Needs(*2 * (_any("Group.ReadWrite.All"),))
WRITE_MEMBERS = Needs(*2 * (_any("GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"),))
USERS_MEMBERSHIPS = Needs(*2 * (_any("GroupMember.Read.All", "User.Read.All", *_DIRECTORY_READ),))
DOMAINS = Needs(*2 * (_any("Domain.Read.All", "Domain.ReadWrite.All", *_DIRECTORY_READ),))
_ORGANIZATION = ("Organization.Read.All", "Organization.ReadWrite.All", "User.Read.All", *_DIRECTORY_READ)
ORGANIZATION = Needs(_any(*_ORGANIZATION), _any("User.Read", *_ORGANIZATION))
_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", *_DIRECTORY_READ)
READ_ROLES = Needs(_any(*_ROLES), _any("RoleManagement.Read.All", *_ROLES))
WRITE_ROLES = Needs(*2 * (_any("RoleManagement.ReadWrite.Directory"),))
# The list has Directory.Read.All as well; the page wanted both for years. Only what both agree on is taken.
AUDITS = Needs(*2 * (_any("AuditLog.Read.All"),))
# Each step of a batch is judged by itself.
NOTHING = Needs((frozenset(),), (frozenset(),))

DELETED: dict[str, tuple[Needs, Needs]] = {
    "applications": (READ_APPS, WRITE_APPS),
    "groups": (READ_GROUPS, WRITE_GROUPS),
    "servicePrincipals": (READ_APPS, WRITE_APPS),
    "users": (READ_USERS, DELETE_USERS),
}
"""For deleted items it depends on what was deleted: to read it, and to restore or purge it."""

_APP, _PRINCIPAL = "/applications/{id}", "/servicePrincipals/{id}"
_FEDERATED = _APP + "/federatedIdentityCredentials"
_OF, _TO = _PRINCIPAL + "/appRoleAssignments", _PRINCIPAL + "/appRoleAssignedTo"
_ROLE = "/directoryRoles/{id}"
_DELETED = "/directory/deletedItems"
_DEFINED, _ASSIGNED = "/roleManagement/directory/roleDefinitions", "/roleManagement/directory/roleAssignments"

TABLE: dict[tuple[str, str], Needs] = {
    ("GET", "/applications"): READ_APPS,
    ("GET", "/applications/$count"): READ_APPS,
    ("POST", "/applications"): CREATE_APPS,
    ("GET", _APP): READ_APPS,
    ("PATCH", _APP): WRITE_APPS,
    ("DELETE", _APP): WRITE_APPS,
    ("GET", _APP + "/logo"): READ_APPS,
    ("PUT", _APP + "/logo"): WRITE_APPS,
    ("POST", _APP + "/addPassword"): WRITE_APPS,
    ("POST", _APP + "/removePassword"): WRITE_APPS,
    ("GET", _APP + "/owners"): READ_APPS,
    ("POST", _APP + "/owners/$ref"): ADD_OWNERS,
    ("DELETE", _APP + "/owners/{related}/$ref"): WRITE_APPS,
    ("GET", _FEDERATED): READ_APPS,
    ("POST", _FEDERATED): WRITE_APPS,
    ("GET", _FEDERATED + "/{credential}"): READ_APPS,
    ("PATCH", _FEDERATED + "/{credential}"): WRITE_APPS,
    ("DELETE", _FEDERATED + "/{credential}"): WRITE_APPS,
    ("GET", "/servicePrincipals"): READ_APPS,
    ("GET", "/servicePrincipals/$count"): READ_APPS,
    ("POST", "/servicePrincipals"): CREATE_PRINCIPALS,
    ("GET", _PRINCIPAL): READ_APPS,
    ("PATCH", _PRINCIPAL): WRITE_PRINCIPALS,
    ("DELETE", _PRINCIPAL): WRITE_PRINCIPALS,
    ("POST", _PRINCIPAL + "/addPassword"): WRITE_PRINCIPALS,
    ("POST", _PRINCIPAL + "/removePassword"): WRITE_PRINCIPALS,
    ("GET", _PRINCIPAL + "/owners"): READ_APPS,
    ("POST", _PRINCIPAL + "/owners/$ref"): ADD_OWNERS,
    ("DELETE", _PRINCIPAL + "/owners/{related}/$ref"): WRITE_PRINCIPALS,
    ("GET", _PRINCIPAL + "/oauth2PermissionGrants"): READ_GRANTS,
    ("GET", _PRINCIPAL + "/memberOf"): READ_APPS,
    ("GET", _PRINCIPAL + "/ownedObjects"): READ_APPS,
    ("GET", _PRINCIPAL + "/transitiveMemberOf"): READ_APPS,
    ("GET", _OF): READ_APPS,
    ("POST", _OF): CREATE_ASSIGNMENTS,
    ("GET", _OF + "/{assignment}"): READ_APPS,
    ("DELETE", _OF + "/{assignment}"): DELETE_ASSIGNMENTS,
    ("GET", _TO): READ_APPS,
    ("POST", _TO): CREATE_ASSIGNMENTS,
    ("GET", _TO + "/{assignment}"): READ_APPS,
    ("DELETE", _TO + "/{assignment}"): DELETE_ASSIGNMENTS,
    ("GET", "/oauth2PermissionGrants"): READ_GRANTS,
    ("POST", "/oauth2PermissionGrants"): WRITE_GRANTS,
    ("GET", "/oauth2PermissionGrants/{id}"): READ_GRANTS,
    ("PATCH", "/oauth2PermissionGrants/{id}"): WRITE_GRANTS,
    ("DELETE", "/oauth2PermissionGrants/{id}"): WRITE_GRANTS,
    ("POST", "/directoryObjects/getByIds"): READ_OBJECTS,
    ("GET", "/directoryObjects/{id}"): READ_OBJECTS,
    ("POST", "/directoryObjects/{id}/getMemberObjects"): MEMBERSHIPS,
    ("GET", "/users"): READ_USERS,
    ("POST", "/users"): WRITE_USERS,
    ("GET", "/users/{id}"): READ_USERS,
    ("PATCH", "/users/{id}"): WRITE_USERS,
    ("DELETE", "/users/{id}"): DELETE_USERS,
    ("GET", "/users/{id}/appRoleAssignments"): READ_OTHERS_ASSIGNMENTS,
    ("POST", "/users/{id}/appRoleAssignments"): DELETE_ASSIGNMENTS,
    ("GET", "/users/{id}/appRoleAssignments/{assignment}"): READ_OTHERS_ASSIGNMENTS,
    ("DELETE", "/users/{id}/appRoleAssignments/{assignment}"): DELETE_ASSIGNMENTS,
    ("GET", "/users/{id}/oauth2PermissionGrants"): READ_GRANTS,
    ("GET", "/users/{id}/ownedObjects"): READ_OWNED,
    ("GET", "/users/{id}/memberOf"): USERS_MEMBERSHIPS,
    ("GET", "/users/{id}/transitiveMemberOf"): USERS_MEMBERSHIPS,
    ("GET", "/me"): ME,
    ("GET", "/groups"): READ_GROUPS,
    ("GET", "/groups/$count"): READ_GROUPS,
    ("POST", "/groups"): CREATE_GROUPS,
    ("GET", "/groups/{id}"): READ_GROUPS,
    ("PATCH", "/groups/{id}"): WRITE_GROUPS,
    ("DELETE", "/groups/{id}"): DELETE_GROUPS,
    ("GET", "/groups/{id}/appRoleAssignments"): READ_OTHERS_ASSIGNMENTS,
    ("POST", "/groups/{id}/appRoleAssignments"): DELETE_ASSIGNMENTS,
    ("GET", "/groups/{id}/appRoleAssignments/{assignment}"): READ_OTHERS_ASSIGNMENTS,
    ("DELETE", "/groups/{id}/appRoleAssignments/{assignment}"): DELETE_ASSIGNMENTS,
    ("GET", "/groups/{id}/members"): READ_GROUPS,
    ("POST", "/groups/{id}/members/$ref"): WRITE_MEMBERS,
    ("DELETE", "/groups/{id}/members/{related}/$ref"): WRITE_MEMBERS,
    ("GET", "/groups/{id}/owners"): READ_GROUPS,
    ("POST", "/groups/{id}/owners/$ref"): WRITE_GROUPS,
    ("DELETE", "/groups/{id}/owners/{related}/$ref"): WRITE_GROUPS,
    ("GET", "/groups/{id}/memberOf"): READ_GROUPS,
    ("GET", "/groups/{id}/transitiveMemberOf"): READ_GROUPS,
    ("GET", "/organization"): ORGANIZATION,
    ("GET", "/organization/{id}"): ORGANIZATION,
    ("GET", "/domains"): DOMAINS,
    ("GET", "/domains/{id}"): DOMAINS,
    ("GET", _DELETED + "/microsoft.graph.application"): READ_APPS,
    ("GET", _DELETED + "/microsoft.graph.group"): READ_GROUPS,
    ("GET", _DELETED + "/microsoft.graph.servicePrincipal"): READ_APPS,
    ("GET", _DELETED + "/microsoft.graph.user"): READ_USERS,
    ("GET", _DEFINED): READ_ROLES,
    ("GET", _DEFINED + "/{id}"): READ_ROLES,
    ("GET", _ASSIGNED): READ_ROLES,
    ("POST", _ASSIGNED): WRITE_ROLES,
    ("GET", _ASSIGNED + "/{id}"): READ_ROLES,
    ("DELETE", _ASSIGNED + "/{id}"): WRITE_ROLES,
    ("GET", "/directoryRoleTemplates"): READ_ROLES,
    ("GET", "/directoryRoleTemplates/{id}"): READ_ROLES,
    ("GET", "/directoryRoles"): READ_ROLES,
    ("POST", "/directoryRoles"): WRITE_ROLES,
    ("GET", _ROLE): READ_ROLES,
    ("GET", _ROLE + "/members"): READ_ROLES,
    ("POST", _ROLE + "/members/$ref"): WRITE_ROLES,
    ("DELETE", _ROLE + "/members/{related}/$ref"): WRITE_ROLES,
    ("GET", "/auditLogs/directoryAudits"): AUDITS,
    ("GET", "/auditLogs/directoryAudits/{id}"): AUDITS,
    ("POST", "/$batch"): NOTHING,
}
"""Every operation that does not depend on what its path names. Deleted items are in DELETED."""

BY_KIND: dict[tuple[str, str], int] = {
    ("GET", _DELETED + "/{id}"): 0,
    ("POST", _DELETED + "/{id}/restore"): 1,
    ("POST", _DELETED + "/{id}/microsoft.graph.restore"): 1,
    ("DELETE", _DELETED + "/{id}"): 1,
}
"""Operations on deleted items, and which of the two needs they have."""
