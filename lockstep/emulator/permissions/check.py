"""Tells whether a caller may do an operation: by the permissions in its token, its directory roles and what it owns.

As with Graph, the token counts and not the tenant: what was consented to since then needs a new token.

What a directory role lets its holder do is said in the words of Graph's permissions: a cut of Microsoft's role
descriptions to what this emulator answers. A person's token is good for what both its scopes and the person's roles
allow; an application with a directory role needs no Graph permission for what the role allows.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.emulator.constants import GRAPH_APP_ID
from lockstep.emulator.directoryobjects.model import table_of
from lockstep.emulator.exceptions import ForbiddenError
from lockstep.emulator.permissions.needs import AS_USER, CREATE_ASSIGNMENTS, OWNED_BY, Alternatives, Needs
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.roles.model import BuiltInRole
from lockstep.emulator.wire import Request, Route

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
    BuiltInRole.APPLICATION_ADMINISTRATOR: _APPLICATIONS,
    BuiltInRole.APPLICATION_DEVELOPER: READS,
    BuiltInRole.CLOUD_APPLICATION_ADMINISTRATOR: _APPLICATIONS,
    BuiltInRole.DIRECTORY_READERS: READS,
    BuiltInRole.DIRECTORY_WRITERS: READS | {"Group.Create", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"},
    BuiltInRole.GLOBAL_ADMINISTRATOR: _APPLICATIONS
    | {
        "Directory.ReadWrite.All", "Domain.ReadWrite.All", "Group.Create", "Group.ReadWrite.All",
        "GroupMember.ReadWrite.All", "Organization.ReadWrite.All", "RoleManagement.ReadWrite.Directory",
        "User.DeleteRestore.All", "User.ReadWrite", "User.ReadWrite.All",
    },
    BuiltInRole.GLOBAL_READER: READS | {"AuditLog.Read.All"},
    BuiltInRole.GROUPS_ADMINISTRATOR: READS | {"Group.Create", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"},
    BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR: READS
    | {
        "AppRoleAssignment.ReadWrite.All", "AuditLog.Read.All", "DelegatedPermissionGrant.ReadWrite.All",
        "RoleManagement.ReadWrite.Directory",
    },
    BuiltInRole.REPORTS_READER: frozenset({"AuditLog.Read.All"}),
    BuiltInRole.SECURITY_READER: READS | {"AuditLog.Read.All"},
    BuiltInRole.USER_ADMINISTRATOR: READS
    | {"Group.Create", "Group.ReadWrite.All", "User.DeleteRestore.All", "User.ReadWrite.All"},
}  # fmt: skip
NOT_GRAPHS_OWN = frozenset({BuiltInRole.APPLICATION_ADMINISTRATOR, BuiltInRole.CLOUD_APPLICATION_ADMINISTRATOR})
"""Roles that may consent to application permissions of any API but Microsoft Graph."""
_OWNERS_POWERS = frozenset({"Application.ReadWrite.All"})
"""What a person may do to an application that they own."""


def check_caller(route: Route, request: Request) -> None:
    """Refuse a caller that lacks the permissions of an operation."""
    needs = needed(route, request)
    roles = _roles(request)
    powers = frozenset().union(*(POWERS.get(role, frozenset()) for role in roles))
    if needs is CREATE_ASSIGNMENTS and roles and roles <= NOT_GRAPHS_OWN and _is_graphs(request):
        powers -= {"AppRoleAssignment.ReadWrite.All"}
    if request.caller.get("idtyp") == "user":
        scopes = frozenset(str(request.caller.get("scp", "")).split())
        wide = powers | READS | (_OWNERS_POWERS if _owns(request) else frozenset())
        if AS_USER in scopes and _enough(needs.delegated, wide):
            return
        if _enough(needs.delegated, scopes & wide):
            return
        raise ForbiddenError
    held = frozenset(request.caller.get("roles", ())) | powers
    if needs.owned and OWNED_BY in held and not _owns(request):
        held -= {OWNED_BY}
    if not _enough(needs.application, held):
        raise ForbiddenError


def needed(route: Route, request: Request) -> Needs:
    """Return what an operation of Graph needs; for a deleted item that depends on what the item is."""
    if isinstance(route.needs, Needs):
        return route.needs
    assert route.needs is not None  # noqa: S101 - only metadata and sign-in need nothing, and nobody is judged there
    item = request.tenant.deleted.table.get(request.refs["id"].value)
    # An item that is not there is judged as an application.
    return route.needs[table_of(item["@odata.type"]) if item is not None else "applications"]


def _enough(need: Alternatives, held: Iterable[str]) -> bool:
    return any(alternative <= frozenset(held) for alternative in need)


def _roles(request: Request) -> frozenset[str]:
    memberships = request.tenant.groups.of(str(request.caller.get("oid", "")), transitive=True)
    return frozenset(row["roleTemplateId"] for table, row in memberships if table == "directoryRoles")


def _owns(request: Request) -> bool:
    ref, tenant = request.refs.get("id"), request.tenant
    if ref is None:
        return False
    kinds: dict[str, ObjectKind] = {"applications": tenant.applications, "serviceprincipals": tenant.principals}
    kind = kinds.get(request.collection)
    row = kind.find(ref.value, ref.key) if kind else tenant.deleted.table.get(ref.value)
    return row is not None and request.caller.get("oid") in row.get("_owners", ())


def _is_graphs(request: Request) -> bool:
    body = request.body if isinstance(request.body, dict) else {}
    resource = request.tenant.principals.find(str(body.get("resourceId", "")))
    return resource is not None and resource["appId"] == GRAPH_APP_ID
