"""App role assignments: which operation is answered by whom."""

from __future__ import annotations

from lockstep.emulator.assignments import responses as r
from lockstep.emulator.wire import route

_OF = "/servicePrincipals/{id}/appRoleAssignments"
_TO = "/servicePrincipals/{id}/appRoleAssignedTo"

ROUTES = [
    route("GET", _OF, r.list_assignments, "List the app roles that a principal has"),
    route("POST", _OF, r.create_assignment, "Assign an app role to a principal"),
    route("GET", _OF + "/{assignment}", r.get_assignment, "Get an assignment of a principal"),
    route("DELETE", _OF + "/{assignment}", r.delete_assignment, "Remove an assignment of a principal"),
    route("GET", _TO, r.list_assigned, "List who has app roles of a resource"),
    route("POST", _TO, r.create_assigned, "Assign an app role of a resource"),
    route("GET", _TO + "/{assignment}", r.get_assigned, "Get an assignment of a resource"),
    route("DELETE", _TO + "/{assignment}", r.delete_assigned, "Remove an assignment of a resource"),
]
