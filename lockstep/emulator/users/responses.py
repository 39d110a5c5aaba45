"""Users, the organization and its domains: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.odata import answers
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
