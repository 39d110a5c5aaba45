"""App role assignments: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.assignments import responses as r
from lockstep.emulator.wire import Route, route


def _held(kind: str) -> list[Route]:
    """Return the routes of the app roles that one kind of principal has."""
    path = f"/{kind}/{{id}}/appRoleAssignments"
    return [
        route("GET", path, r.list_assignments, "List the app roles that a principal has"),
        route("GET", path + "/$count", r.count_assignments, "Count them", like=path),
        route("POST", path, r.create_assignment, "Assign an app role to a principal"),
        route("GET", path + "/{assignment}", r.get_assignment, "Get an assignment of a principal"),
        route("DELETE", path + "/{assignment}", r.delete_assignment, "Remove an assignment of a principal"),
    ]


_TO = "/servicePrincipals/{id}/appRoleAssignedTo"

ROUTES = [
    *_held("servicePrincipals"),
    *_held("users"),
    *_held("groups"),
    route("GET", _TO, r.list_assigned, "List who has app roles of a resource"),
    route("GET", _TO + "/$count", r.count_assigned, "Count them", like=_TO),
    route("POST", _TO, r.create_assigned, "Assign an app role of a resource"),
    route("GET", _TO + "/{assignment}", r.get_assigned, "Get an assignment of a resource"),
    route("DELETE", _TO + "/{assignment}", r.delete_assigned, "Remove an assignment of a resource"),
]
