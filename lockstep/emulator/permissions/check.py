"""Tells whether a caller may do an operation: by the permissions in its token, its directory roles and what it owns.

As with Graph, the token counts and not the tenant: what was consented to since then needs a new token.

What a directory role lets its holder do is said in the words of Graph's permissions: a cut of Microsoft's role
descriptions to what this emulator answers. A person's token is good for what both its scopes and the person's roles
allow; an application with a directory role needs no Graph permission for what the role allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.emulator.constants import GRAPH_APP_ID
from lockstep.emulator.directoryobjects.model import table_of
from lockstep.emulator.exceptions import ForbiddenError
from lockstep.emulator.objects import bound
from lockstep.emulator.permissions.needs import AS_USER, CREATE_ASSIGNMENTS, OWNED_BY, Alternatives, Needs
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.registry import foreign_app
from lockstep.emulator.roles.model import BuiltInRole
from lockstep.emulator.store import Object
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
    "Policy.Read.All",
    "Policy.ReadWrite.ApplicationConfiguration",
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
    BuiltInRole.GLOBAL_READER: READS | {"AuditLog.Read.All", "Policy.Read.All"},
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
_READS_USERS = frozenset({"Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All", "User.ReadWrite.All"})
# As hashicorp/terraform-provider-azuread#504 and Azure/azure-cli#28009 quote it.
_FOREIGN = (
    "When using this permission, the backing application of the service principal being created must in the local"
    " tenant"
)


def check_caller(route: Route, request: Request) -> None:
    """Refuse a caller that lacks the permissions of an operation."""
    needs = needed(route, request)
    roles = _roles(request)
    powers = frozenset().union(*(POWERS.get(role, frozenset()) for role in roles))
    if needs is CREATE_ASSIGNMENTS and roles and roles <= NOT_GRAPHS_OWN and _is_graphs(request):
        powers -= {"AppRoleAssignment.ReadWrite.All"}
    if request.caller.get("idtyp") == "user":
        scopes = frozenset(str(request.caller.get("scp", "")).split())
        wide = powers | READS | (_OWNERS_POWERS if _owns(request) or _develops(request, roles) else frozenset())
        if AS_USER in scopes and _enough(needs.delegated, wide):
            return
        if _enough(needs.delegated, scopes & wide):
            return
        raise ForbiddenError
    held = frozenset(request.caller.get("roles", ())) | powers
    if not _enough(needs.application, held - {OWNED_BY}):
        if OWNED_BY not in held or not _enough(needs.application, held):
            raise ForbiddenError
        _check_owned_by(needs, request, held)


def _check_owned_by(needs: Needs, request: Request, held: frozenset[str]) -> None:
    """Refuse what a caller may not do whose only permission for it is Application.ReadWrite.OwnedBy."""
    created = _created(request)
    if created is None:
        if needs.owned and not _owns(request):
            raise ForbiddenError
        return
    if request.collection == "serviceprincipals":
        app_id = str(created.get("appId") or "").lower()
        application = request.tenant.applications.find(app_id, "appId")
        if application is None and foreign_app(app_id):
            raise ForbiddenError(_FOREIGN)
        if application is not None and not _is_owner(request, application):
            raise ForbiddenError
    elif _accepts_mapped_claims(created.get("api")):
        raise ForbiddenError  # nais/azurerator#164: refused here, while a PATCH of the same is not
    # The azuread provider's page on applications: an owner that is a user takes a permission to read users besides.
    users = request.tenant.users.table
    if not held & _READS_USERS and any(users.get(owner) for owner in bound(created, "owners")):
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


def _created(request: Request) -> Mapping[str, Any] | None:
    """Return the body of what a request would create; None where it is about something that is there."""
    kinds = _kinds(request)
    if request.collection not in kinds or not isinstance(request.body, dict):
        return None
    ref = request.refs.get("id")
    if ref is None:
        return request.body if request.method == "POST" else None
    if not (request.method == "PATCH" and request.creates_if_missing and len(request.refs) == 1):
        return None
    missing = kinds[request.collection].find(ref.value, ref.key) is None
    return {**request.body, ref.key: ref.value} if missing else None


def _owns(request: Request) -> bool:
    ref = request.refs.get("id")
    if ref is None:
        return False
    kind = _kinds(request).get(request.collection)
    row = kind.find(ref.value, ref.key) if kind else request.tenant.deleted.table.get(ref.value)
    return row is not None and _is_owner(request, row)


def _develops(request: Request, roles: frozenset[str]) -> bool:
    """Tell whether an Application Developer creates the principal of an application that they own."""
    created = _created(request) if BuiltInRole.APPLICATION_DEVELOPER in roles else None
    application = request.tenant.applications.find(str((created or {}).get("appId")), "appId")
    return request.collection == "serviceprincipals" and application is not None and _is_owner(request, application)


def _accepts_mapped_claims(api: Any) -> bool:
    return isinstance(api, dict) and api.get("acceptMappedClaims") is True


def _is_owner(request: Request, row: Object) -> bool:
    return request.caller.get("oid") in row.get("_owners", ())


def _kinds(request: Request) -> dict[str, ObjectKind]:
    return {"applications": request.tenant.applications, "serviceprincipals": request.tenant.principals}


def _is_graphs(request: Request) -> bool:
    body = request.body if isinstance(request.body, dict) else {}
    resource = request.tenant.principals.find(str(body.get("resourceId", "")))
    return resource is not None and resource["appId"] == GRAPH_APP_ID
