"""Delegated permission grants: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.grants.entity import GRANT
from lockstep.emulator.odata import answers
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response

_WHAT = "oauth2PermissionGrants"


def _find(request: Request) -> Object:
    return request.tenant.grants.get(request.ref("id").value)


def list_(request: Request) -> Response:
    """GET /oauth2PermissionGrants."""
    return answers.listing(request, request.tenant.grants.table, GRANT, _WHAT)


def create(request: Request) -> Response:
    """POST /oauth2PermissionGrants."""
    return answers.entity(request, request.tenant.grants.create(request.json()), GRANT, _WHAT, status=201)


def get(request: Request) -> Response:
    """GET /oauth2PermissionGrants/{id}."""
    return answers.entity(request, _find(request), GRANT, _WHAT)


def update(request: Request) -> Response:
    """PATCH /oauth2PermissionGrants/{id}."""
    request.tenant.grants.update(_find(request), request.json())
    return Response(204)


def delete(request: Request) -> Response:
    """DELETE /oauth2PermissionGrants/{id}."""
    request.tenant.grants.delete(_find(request))
    return Response(204)
