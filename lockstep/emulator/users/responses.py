"""Users, the organization and its domains: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.grants.entity import GRANT
from lockstep.emulator.groups.responses import member
from lockstep.emulator.odata import answers
from lockstep.emulator.store import Object
from lockstep.emulator.users.entity import DOMAIN, ORGANIZATION, USER
from lockstep.emulator.users.models import DOMAINS
from lockstep.emulator.users.models import ORGANIZATION as TENANT
from lockstep.emulator.wire import Request, Response


def list_(request: Request) -> Response:
    """GET /users."""
    return answers.listing(request, request.tenant.users.table, USER, "users")


def get(request: Request) -> Response:
    """GET /users/{id}."""
    return answers.entity(request, request.tenant.users.get(request.ref("id").value), USER, "users")


def count(request: Request) -> Response:
    """GET /users/$count."""
    return answers.count(request, request.tenant.users.table, USER)


def create(request: Request) -> Response:
    """POST /users."""
    return answers.entity(request, request.tenant.users.create(request.json()), USER, "users", status=201)


def update(request: Request) -> Response:
    """PATCH /users/{id}."""
    request.tenant.users.update(_find(request), request.json())
    return Response(204)


def delete(request: Request) -> Response:
    """DELETE /users/{id}."""
    request.tenant.users.delete(_find(request))
    return Response(204)


def _find(request: Request) -> Object:
    return request.tenant.users.get(request.ref("id").value)


def list_grants(request: Request) -> Response:
    """GET /users/{id}/oauth2PermissionGrants."""
    table = request.tenant.grants.table
    return answers.listing(
        request, table, GRANT, "oauth2PermissionGrants", table.by("principalId", _find(request)["id"])
    )


def count_grants(request: Request) -> Response:
    """GET /users/{id}/oauth2PermissionGrants/$count."""
    table = request.tenant.grants.table
    return answers.count(request, table, GRANT, table.by("principalId", _find(request)["id"]))


def owned(request: Request) -> list[tuple[str, Object]]:
    """Return what a user or service principal owns."""
    return request.tenant.objects.owned(member(request)["id"])


def me(request: Request) -> Response:
    """GET /me: only with a token of a user."""
    if request.caller.get("idtyp") == "user":
        return answers.entity(request, request.tenant.users.get(str(request.caller["oid"])), USER, "users")
    raise BadRequestError("/me request is only valid with delegated authentication flow.", code="BadRequest")


def organizations(request: Request) -> Response:
    """GET /organization."""
    return answers.listing(request, request.tenant.users.table, ORGANIZATION, "organization", [TENANT])


def organization(request: Request) -> Response:
    """GET /organization/{id}."""
    if request.ref("id").value.lower() != TENANT["id"]:
        raise NotFoundError(request.ref("id").value)
    return answers.entity(request, TENANT, ORGANIZATION, "organization")


def domains(request: Request) -> Response:
    """GET /domains."""
    return answers.listing(request, request.tenant.users.table, DOMAIN, "domains", DOMAINS)


def domain(request: Request) -> Response:
    """GET /domains/{id}."""
    ident = request.ref("id").value.lower()
    for row in DOMAINS:
        if row["id"] == ident:
            return answers.entity(request, row, DOMAIN, "domains")
    raise NotFoundError(ident)
