"""Groups and memberships: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.groups import responses as r
from lockstep.emulator.wire import Route, route

_ONE = "/groups/{id}"


def _memberships(kind: str) -> list[Route]:
    one = f"/{kind}/{{id}}"
    return [
        route("GET", one + "/memberOf", r.member_of, "List groups and directory roles of an object"),
        route("GET", one + "/memberOf/{cast}", r.member_of, "The same, of one type"),
        route("GET", one + "/transitiveMemberOf", r.transitive_member_of, "The same, also through groups"),
        route("GET", one + "/transitiveMemberOf/{cast}", r.transitive_member_of, "The same, of one type"),
    ]


ROUTES = [
    route("GET", "/groups", r.list_, "List groups"),
    route("GET", "/groups/$count", r.count, "Count groups"),
    route("POST", "/groups", r.create, "Create group"),
    route("GET", _ONE, r.get, "Get group"),
    route("PATCH", _ONE, r.update, "Update group"),
    route("DELETE", _ONE, r.delete, "Delete group (soft)"),
    route("GET", _ONE + "/members", r.list_members, "List members"),
    route("POST", _ONE + "/members/$ref", r.add_member, "Add member"),
    route("DELETE", _ONE + "/members/{member}/$ref", r.remove_member, "Remove member"),
    route("GET", _ONE + "/owners", r.list_owners, "List owners"),
    route("POST", _ONE + "/owners/$ref", r.add_owner, "Add owner"),
    route("DELETE", _ONE + "/owners/{owner}/$ref", r.remove_owner, "Remove owner"),
    *_memberships("groups"),
    *_memberships("servicePrincipals"),
    *_memberships("users"),
]
