"""The permissions that operations need, as Microsoft's documentation has them. Data only.

Each route names one of these (`Route.needs`).

Facts from the pages of the operations and from the permissions list of microsoftgraph/microsoft-graph-devx-content
(permissions/new/permissions.json, as of 2026-08-07). Where the two differ, or where the list names a permission alone
that its page wants together with another, the narrower reading is taken and said so: an emulator must not be kinder
than Graph.
"""

from __future__ import annotations

from dataclasses import dataclass

Alternatives = tuple[frozenset[str], ...]
"""Any one of these sets of permissions is enough."""

AS_USER = "Directory.AccessAsUser.All"
"""Whatever the user may do in the directory: Microsoft's own tools have it."""
OWNED_BY = "Application.ReadWrite.OwnedBy"


@dataclass(frozen=True)
class Needs:
    """What an application needs, what a person's token needs, and what either may do to what it owns."""

    application: Alternatives
    delegated: Alternatives
    owned: bool = False
    """Application.ReadWrite.OwnedBy is enough only where the caller owns what the operation is about."""


def _any(*alternatives: str) -> Alternatives:
    return tuple(frozenset(words.split(" + ")) for words in alternatives)


_DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")
_APPS = ("Application.Read.All", "Application.ReadWrite.All")

READ_APPS = Needs(_any(*_APPS, OWNED_BY, *_DIRECTORY_READ), _any(*_APPS, *_DIRECTORY_READ))
CREATE_APPS = Needs(_any(OWNED_BY, "Application.ReadWrite.All"), _any("Application.ReadWrite.All"))
READ_TEMPLATES = Needs((frozenset(),), (frozenset(),))  # its page: "Any scope"
INSTANTIATE = Needs(
    _any(OWNED_BY, "Application.ReadWrite.All", "Directory.ReadWrite.All"),
    _any("Application.ReadWrite.All", "Directory.ReadWrite.All"),
)
WRITE_APPS = Needs(_any(OWNED_BY, "Application.ReadWrite.All"), _any("Application.ReadWrite.All"), owned=True)
WRITE_PRINCIPALS = Needs(
    _any(OWNED_BY, "Application.ReadWrite.All", "Directory.ReadWrite.All"),
    _any("Application.ReadWrite.All", "Directory.ReadWrite.All"),
    owned=True,
)
# Owned: the application has to be in this tenant, and the caller's (microsoftgraph/microsoft-graph-docs#16138).
CREATE_PRINCIPALS = WRITE_PRINCIPALS
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
# To remove one from a service principal, and to give or remove one of a user or group.
WRITE_ASSIGNMENTS = Needs(*2 * (_any("AppRoleAssignment.ReadWrite.All"),))
# Of users and groups: the list has these two alone.
READ_ASSIGNMENTS = Needs(*2 * (_any("AppRoleAssignment.ReadWrite.All", *_DIRECTORY_READ),))

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
_SETS_POLICIES = "Policy.ReadWrite.ApplicationConfiguration"
# The page of the default policy has a narrower one to read besides, which the permissions list here lacks.
READ_POLICIES = Needs(*2 * (_any("Policy.Read.All", _SETS_POLICIES),))
WRITE_POLICIES = Needs(*2 * (_any(_SETS_POLICIES),))
READ_APPLIES_TO = Needs(
    *2 * (_any("Policy.Read.All + Application.Read.All", f"{_SETS_POLICIES} + Application.Read.All"),)
)
_OF_POLICY = ("Policy.Read.All", _SETS_POLICIES)
_WIDE_OF_POLICY = tuple(f"{policy} + Application.ReadWrite.All" for policy in _OF_POLICY)
READ_CLAIMS_OF = Needs(
    _any(*_WIDE_OF_POLICY, *(f"{policy} + {OWNED_BY}" for policy in _OF_POLICY)), _any(*_WIDE_OF_POLICY)
)
ASSIGN_CLAIMS = Needs(READ_CLAIMS_OF.application, READ_CLAIMS_OF.delegated, owned=True)
# The list has Directory.Read.All as well; the page wanted both for years. Only what both agree on is taken.
AUDITS = Needs(*2 * (_any("AuditLog.Read.All"),))
# Each step of a batch is judged by itself.
NOTHING = Needs((frozenset(),), (frozenset(),))

# Deleted items, by the table that they came from: to read one, and to restore or purge it.
READ_DELETED = {
    "applications": READ_APPS,
    "groups": READ_GROUPS,
    "servicePrincipals": READ_APPS,
    "users": READ_USERS,
}
WRITE_DELETED = {
    "applications": WRITE_APPS,
    "groups": WRITE_GROUPS,
    "servicePrincipals": WRITE_APPS,
    "users": DELETE_USERS,
}
