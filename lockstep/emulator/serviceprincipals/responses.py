"""Service principals: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.applications.responses import creator
from lockstep.emulator.directoryobjects.responses import object_expands
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.grants.entity import GRANT
from lockstep.emulator.objects import without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.serviceprincipals.entity import PRINCIPAL
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response

_TABLE = "servicePrincipals"
_EXPANDS: dict[str, answers.Expand] = {
    **object_expands("owners"),
    "appRoleAssignedTo": lambda request, row: request.tenant.assignments.table.by("resourceId", row["id"]),
    "appRoleAssignments": lambda request, row: request.tenant.assignments.table.by("principalId", row["id"]),
}


def find(request: Request) -> Object:
    """Return the service principal that the path means."""
    ref = request.ref("id")
    return request.tenant.principals.get(ref.value, ref.key)


def _shown(request: Request, row: Object) -> Object:
    return row if "keyCredentials" in request.query.get("$select", "") else without_keys(row)


def list_(request: Request) -> Response:
    """GET /servicePrincipals."""
    return answers.listing(request, request.tenant.principals.table, PRINCIPAL, _TABLE, expands=_EXPANDS)


def count(request: Request) -> Response:
    """GET /servicePrincipals/$count."""
    return answers.count(request, request.tenant.principals.table, PRINCIPAL)


def create(request: Request) -> Response:
    """POST /servicePrincipals."""
    row = request.tenant.principals.create(request.json(), creator(request))
    return answers.entity(request, without_keys(row), PRINCIPAL, _TABLE, status=201)


def get(request: Request) -> Response:
    """GET /servicePrincipals/{id}."""
    return answers.entity(request, _shown(request, find(request)), PRINCIPAL, _TABLE, expands=_EXPANDS)


def update(request: Request) -> Response:
    """PATCH /servicePrincipals/{id}, and create by appId when asked to."""
    ref, principals = request.ref("id"), request.tenant.principals
    if ref.key == "appId" and request.creates_if_missing and principals.find(ref.value, "appId") is None:
        row = principals.create({**request.json(), "appId": ref.value}, creator(request))
        return answers.entity(request, without_keys(row), PRINCIPAL, _TABLE, status=201)
    principals.update(find(request), request.json())
    return Response(204)


def delete(request: Request) -> Response:
    """DELETE /servicePrincipals/{id}."""
    request.tenant.principals.delete(find(request))
    return Response(204)


def add_password(request: Request) -> Response:
    """POST /servicePrincipals/{id}/addPassword."""
    wanted = request.json().get("passwordCredential") or {}
    shown = request.tenant.principals.add_password(find(request)["id"], wanted)
    return Response(200, {"@odata.context": request.context("microsoft.graph.passwordCredential"), **shown})


def remove_password(request: Request) -> Response:
    """POST /servicePrincipals/{id}/removePassword."""
    request.tenant.principals.remove_password(find(request), request.json().get("keyId"))
    return Response(204)


def list_grants(request: Request) -> Response:
    """GET /servicePrincipals/{id}/oauth2PermissionGrants: those of this client."""
    table = request.tenant.grants.table
    return answers.listing(request, table, GRANT, "oauth2PermissionGrants", table.by("clientId", find(request)["id"]))


def count_grants(request: Request) -> Response:
    """GET /servicePrincipals/{id}/oauth2PermissionGrants/$count."""
    table = request.tenant.grants.table
    return answers.count(request, table, GRANT, table.by("clientId", find(request)["id"]))


def get_grant(request: Request) -> Response:
    """GET /servicePrincipals/{id}/oauth2PermissionGrants/{grant}."""
    row = request.tenant.grants.get(request.ref("grant").value)
    if row["clientId"] != find(request)["id"]:
        raise NotFoundError(row["id"])
    return answers.entity(request, row, GRANT, "oauth2PermissionGrants")
