"""Delegated permission grants and app role assignments: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection
from lockstep.emulator.consents.model import ASSIGNMENT, GRANT
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.bodies import body
from lockstep.emulator.permissions import needs
from lockstep.emulator.relations import member
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response, Routes

_GRANTS = "oauth2PermissionGrants"
_OF_CLIENT = f"/servicePrincipals/{{id}}/{_GRANTS}"

ROUTES = Collection(_GRANTS, GRANT, lambda tenant: tenant.grants).routes(
    "delegated grant",
    read=needs.READ_GRANTS,
    create=needs.WRITE_GRANTS,
    write=needs.WRITE_GRANTS,
    counted=False,
    notes={"PATCH": " (the whole scope string)"},
)


def _grants_of(request: Request) -> list[Object]:
    """Return the grants of the client, or of the user, that the path names."""
    end = "principalId" if request.collection == "users" else "clientId"
    grants = request.tenant.grants.table
    return grants.placed(grants.by(end, member(request)["id"]))


for _path in (_OF_CLIENT, f"/users/{{id}}/{_GRANTS}"):
    _summary = "List delegated grants of a client, or of a user"
    answers.add_lists(ROUTES, _path, GRANT, _GRANTS, _grants_of, needs.READ_GRANTS, listed=_summary)


@ROUTES.answer("GET", _OF_CLIENT + "/{grant}", needs.READ_GRANTS)
def _get_grant(request: Request) -> Response:
    """Get delegated grant of a client."""
    row = request.tenant.grants.get(request.refs["grant"].value)
    if row["clientId"] != member(request)["id"]:
        raise NotFoundError(row["id"])
    return answers.entity(request, row, GRANT, _GRANTS)


def _assignments(kind: str, name: str, whose: str, *, read: needs.Needs, create: needs.Needs) -> Routes:
    """Return the operations on the app roles that a principal has, or on those that others have of a resource."""
    side = "resourceId" if name == "appRoleAssignedTo" else "principalId"
    routes, path = Routes(), f"/{kind}/{{id}}/{name}"

    def rows(request: Request) -> list[Object]:
        assignments = request.tenant.assignments.table
        return assignments.placed(assignments.by(side, member(request)["id"]))

    def one(request: Request) -> Object:
        ident = request.refs["assignment"].value
        row = request.tenant.assignments.get(ident)
        if row[side] != member(request)["id"]:
            raise NotFoundError(ident)
        return row

    def post(request: Request) -> Response:
        row = request.tenant.assignments.create(body(request, ASSIGNMENT), side, member(request)["id"])
        return answers.entity(request, row, ASSIGNMENT, name, status=201)

    def get(request: Request) -> Response:
        return answers.entity(request, one(request), ASSIGNMENT, name)

    def delete(request: Request) -> Response:
        request.tenant.assignments.delete(one(request))
        return Response(204)

    summary = f"List the app role assignments of {whose}"
    answers.add_lists(routes, path, ASSIGNMENT, name, rows, read, listed=summary)
    routes.add("POST", path, post, f"Create an app role assignment of {whose}", create)
    routes.add("GET", path + "/{assignment}", get, f"Get an app role assignment of {whose}", read)
    routes.add(
        "DELETE", path + "/{assignment}", delete, f"Delete an app role assignment of {whose}", needs.WRITE_ASSIGNMENTS
    )
    return routes


for _kind, _name, _whose, _read, _create in (
    ("servicePrincipals", "appRoleAssignments", "a principal", needs.READ_APPS, needs.CREATE_ASSIGNMENTS),
    ("users", "appRoleAssignments", "a user", needs.READ_ASSIGNMENTS, needs.WRITE_ASSIGNMENTS),
    ("groups", "appRoleAssignments", "a group", needs.READ_ASSIGNMENTS, needs.WRITE_ASSIGNMENTS),
    ("servicePrincipals", "appRoleAssignedTo", "a resource", needs.READ_APPS, needs.CREATE_ASSIGNMENTS),
):
    ROUTES += _assignments(_kind, _name, _whose, read=_read, create=_create)
