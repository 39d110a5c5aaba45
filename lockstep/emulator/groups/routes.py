"""Groups and memberships: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.relations import Links, owners, relation
from lockstep.emulator.groups import responses as r
from lockstep.emulator.wire import Route, route

_ONE = "/groups/{id}"


def _memberships(kind: str) -> list[Route]:
    one, casts = f"/{kind}/{{id}}", ("directoryRoles", "groups")
    return [
        *relation(one, "memberOf", r.member_of, casts=casts),
        *relation(one, "transitiveMemberOf", r.transitive_member_of, casts=casts),
    ]


ROUTES = [
    route("GET", "/groups", r.list_, "List groups"),
    route("GET", "/groups/$count", r.count, "Count groups"),
    route("POST", "/groups", r.create, "Create group"),
    route("GET", _ONE, r.get, "Get group"),
    route("PATCH", _ONE, r.update, "Update group"),
    route("DELETE", _ONE, r.delete, "Delete group (soft)"),
    *relation(
        _ONE,
        "members",
        lambda request: request.tenant.groups.members(r.find(request)),
        casts=("groups", "servicePrincipals", "users"),
        links=Links(
            add=lambda request, ident: request.tenant.groups.add_member(r.find(request), ident),
            remove=lambda request, ident: request.tenant.groups.remove_member(r.find(request), ident),
        ),
    ),
    *owners("groups", r.find),
    *_memberships("groups"),
    *_memberships("servicePrincipals"),
    *_memberships("users"),
]
