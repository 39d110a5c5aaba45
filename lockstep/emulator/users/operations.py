"""Users, the organization and its domains: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection
from lockstep.emulator.directoryobjects.model import Located
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.odata import answers
from lockstep.emulator.permissions.needs import (
    DELETE_USERS,
    DOMAINS,
    ME,
    ORGANIZATION,
    READ_APPS,
    READ_OWNED,
    READ_USERS,
    WRITE_USERS,
)
from lockstep.emulator.relations import member, relation
from lockstep.emulator.users import model
from lockstep.emulator.wire import Request, Response, Routes


def _owned(request: Request) -> list[Located]:
    return request.tenant.objects.owned(member(request)["id"])


ROUTES = Routes(
    Collection("users", model.USER, lambda tenant: tenant.users).routes(
        "user",
        read=READ_USERS,
        create=WRITE_USERS,
        write=WRITE_USERS,
        delete=DELETE_USERS,
        notes={"DELETE": " (soft)"},
    )
)
for _kind, _needs in (("users", READ_OWNED), ("servicePrincipals", READ_APPS)):
    ROUTES += relation(
        f"/{_kind}/{{id}}", "ownedObjects", _owned, _needs, casts=("applications", "groups", "servicePrincipals")
    )


@ROUTES.answer("GET", "/me", ME)
def _me(request: Request) -> Response:
    """Me: the user of the token."""
    if request.caller.get("idtyp") == "user":
        return answers.entity(request, request.tenant.users.get(str(request.caller["oid"])), model.USER, "users")
    raise BadRequestError("/me request is only valid with delegated authentication flow.", code="BadRequest")


@ROUTES.answer("GET", "/organization", ORGANIZATION)
def _organizations(request: Request) -> Response:
    """List organization."""
    return answers.listing(request, request.tenant.users.table, model.ORGANIZATION, "organization", [model.TENANT])


@ROUTES.answer("GET", "/organization/{id}", ORGANIZATION)
def _organization(request: Request) -> Response:
    """Get organization."""
    if request.ref("id").value.lower() != model.TENANT["id"]:
        raise NotFoundError(request.ref("id").value)
    return answers.entity(request, model.TENANT, model.ORGANIZATION, "organization")


@ROUTES.answer("GET", "/domains", DOMAINS)
def _domains(request: Request) -> Response:
    """List domains."""
    return answers.listing(request, request.tenant.users.table, model.DOMAIN, "domains", model.DOMAINS)


@ROUTES.answer("GET", "/domains/{id}", DOMAINS)
def _domain(request: Request) -> Response:
    """Get domain."""
    ident = request.ref("id").value.lower()
    for row in model.DOMAINS:
        if row["id"] == ident:
            return answers.entity(request, row, model.DOMAIN, "domains")
    raise NotFoundError(ident)
