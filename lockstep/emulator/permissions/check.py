"""Judges a caller: the permissions in its token, its directory roles and what it owns, against what an operation needs.

As with Graph, the token counts and not the tenant: what was consented since needs a new token.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.emulator.constants import GRAPH_APP_ID
from lockstep.emulator.exceptions import ForbiddenError
from lockstep.emulator.permissions.powers import NOT_GRAPHS_OWN, POWERS, READS
from lockstep.emulator.permissions.table import (
    AS_USER,
    BY_KIND,
    CREATE_ASSIGNMENTS,
    DELETED,
    OWNED_BY,
    TABLE,
    Need,
    Needs,
)
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Route


def check_caller(route: Route, request: Request) -> None:
    """Refuse a caller that lacks the permissions of an operation."""
    needs = needed(route, request)
    roles = _roles(request)
    powers = frozenset().union(*(POWERS.get(role, frozenset()) for role in roles))
    if needs is CREATE_ASSIGNMENTS and roles and roles <= NOT_GRAPHS_OWN and _is_graphs(request):
        powers -= {"AppRoleAssignment.ReadWrite.All"}
    if request.caller.get("idtyp") == "user":
        scopes = frozenset(str(request.caller.get("scp", "")).split())
        wide = powers | READS | (_applications_powers() if _owns(request) else frozenset())
        if AS_USER in scopes and _enough(needs.delegated, wide):
            return
        if _enough(needs.delegated, scopes) and _enough(needs.delegated, scopes & wide):
            return
        raise ForbiddenError
    held = frozenset(request.caller.get("roles", ())) | powers
    if needs.owned and OWNED_BY in held and not _owns(request):
        held -= {OWNED_BY}
    if not _enough(needs.application, held):
        raise ForbiddenError


def needed(route: Route, request: Request) -> Needs:
    """Return what an operation needs; for deleted items that depends on the item."""
    key = key_of(route)
    if key not in BY_KIND:
        return TABLE[key]
    found = request.tenant.store["deletedItems"].get(request.ref("id").value)
    # What is not there is asked for as an application.
    table = request.tenant.objects.table_of(found["@odata.type"]) if found is not None else "applications"
    return DELETED[table][BY_KIND[key]]


def key_of(route: Route) -> tuple[str, str]:
    """Return the entry of the table that an operation goes by."""
    return route.method, route.like or route.template


def _enough(need: Need, held: Iterable[str]) -> bool:
    return any(alternative <= frozenset(held) for alternative in need)


def _applications_powers() -> frozenset[str]:
    """Return what owning an application lets a person do to it."""
    return frozenset({"Application.ReadWrite.All"})


def _roles(request: Request) -> frozenset[str]:
    found = request.tenant.groups.of(str(request.caller.get("oid", "")), transitive=True)
    return frozenset(row["roleTemplateId"] for table, row in found if table == "directoryRoles")


def _target(request: Request) -> Object | None:
    ref = request.refs.get("id")
    if ref is None:
        return None
    kind = request.path.strip("/").split("/")[1].partition("(")[0].lower()
    if kind == "applications":
        return request.tenant.applications.find(ref.value, ref.key)
    if kind == "serviceprincipals":
        return request.tenant.principals.find(ref.value, ref.key)
    return request.tenant.store["deletedItems"].get(ref.value)


def _owns(request: Request) -> bool:
    row = _target(request)
    return row is not None and request.caller.get("oid") in row.get("_owners", ())


def _is_graphs(request: Request) -> bool:
    body = request.body if isinstance(request.body, dict) else {}
    resource = request.tenant.principals.find(str(body.get("resourceId", "")))
    return resource is not None and resource["appId"] == GRAPH_APP_ID
