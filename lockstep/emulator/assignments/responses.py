"""App role assignments: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.assignments.entity import ASSIGNMENT
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.groups.responses import member as find
from lockstep.emulator.odata import answers
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response


def _assignments(request: Request, side: str) -> Response:
    table = request.tenant.assignments.table
    what = "appRoleAssignments" if side == "principalId" else "appRoleAssignedTo"
    return answers.listing(request, table, ASSIGNMENT, what, table.by(side, find(request)["id"]))


def list_assignments(request: Request) -> Response:
    """GET /servicePrincipals/{id}/appRoleAssignments: what this client may do."""
    return _assignments(request, "principalId")


def list_assigned(request: Request) -> Response:
    """GET /servicePrincipals/{id}/appRoleAssignedTo: who may do what on this resource."""
    return _assignments(request, "resourceId")


def _count(request: Request, side: str) -> Response:
    table = request.tenant.assignments.table
    return answers.count(request, table, ASSIGNMENT, table.by(side, find(request)["id"]))


def count_assignments(request: Request) -> Response:
    """GET /.../appRoleAssignments/$count."""
    return _count(request, "principalId")


def count_assigned(request: Request) -> Response:
    """GET /servicePrincipals/{id}/appRoleAssignedTo/$count."""
    return _count(request, "resourceId")


def create_assignment(request: Request) -> Response:
    """POST /servicePrincipals/{id}/appRoleAssignments."""
    row = request.tenant.assignments.create(request.json(), "principalId", find(request)["id"])
    return answers.entity(request, row, ASSIGNMENT, "appRoleAssignments", status=201)


def create_assigned(request: Request) -> Response:
    """POST /servicePrincipals/{id}/appRoleAssignedTo."""
    row = request.tenant.assignments.create(request.json(), "resourceId", find(request)["id"])
    return answers.entity(request, row, ASSIGNMENT, "appRoleAssignedTo", status=201)


def _assignment(request: Request, side: str) -> Object:
    owner, ident = find(request), request.ref("assignment").value
    row = request.tenant.assignments.get(ident)
    if row[side] != owner["id"]:
        raise NotFoundError(ident)
    return row


def get_assignment(request: Request) -> Response:
    """GET /servicePrincipals/{id}/appRoleAssignments/{assignment}."""
    return answers.entity(request, _assignment(request, "principalId"), ASSIGNMENT, "appRoleAssignments")


def get_assigned(request: Request) -> Response:
    """GET /servicePrincipals/{id}/appRoleAssignedTo/{assignment}."""
    return answers.entity(request, _assignment(request, "resourceId"), ASSIGNMENT, "appRoleAssignedTo")


def delete_assignment(request: Request) -> Response:
    """DELETE /servicePrincipals/{id}/appRoleAssignments/{assignment}."""
    request.tenant.assignments.delete(_assignment(request, "principalId"))
    return Response(204)


def delete_assigned(request: Request) -> Response:
    """DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignment}."""
    request.tenant.assignments.delete(_assignment(request, "resourceId"))
    return Response(204)
