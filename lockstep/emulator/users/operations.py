"""Users, the organization and its domains: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection, read_only
from lockstep.emulator.directoryobjects.model import Located
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.objects import linked
from lockstep.emulator.odata import answers
from lockstep.emulator.permissions import needs
from lockstep.emulator.relations import ANY_OBJECT, member, relation, typed_object
from lockstep.emulator.store import Object
from lockstep.emulator.users import model
from lockstep.emulator.wire import Request, Response, Routes


def _owned(request: Request) -> list[Located]:
    return request.tenant.objects.owned(member(request)["id"])


def _manager_of(request: Request, row: Object) -> Object | None:
    try:
        return typed_object(request.tenant.users.manager(row))
    except NotFoundError:
        return None


_EXPANDS: dict[str, answers.Expand] = {
    "directReports": answers.Expand(
        ANY_OBJECT, lambda request, row: [typed_object(report) for report in request.tenant.users.reports(row)]
    ),
    "manager": answers.Expand(ANY_OBJECT, _manager_of),
}
ROUTES = Routes(
    Collection("users", model.USER, lambda tenant: tenant.users, expands=_EXPANDS).routes(
        "user",
        read=needs.READ_USERS,
        create=needs.WRITE_USERS,
        write=needs.WRITE_USERS,
        delete=needs.DELETE_USERS,
        notes={"DELETE": " (soft)"},
    )
)
ROUTES += relation(
    "/users/{id}",
    "directReports",
    lambda request: request.tenant.users.reports(member(request)),
    needs.READ_OWNED,
    casts=("users",),
)
for _kind, _needs in (("users", needs.READ_OWNED), ("servicePrincipals", needs.READ_APPS)):
    ROUTES += relation(
        f"/{_kind}/{{id}}", "ownedObjects", _owned, _needs, casts=("applications", "groups", "servicePrincipals")
    )

_MANAGER = "/users/{id}/manager"


@ROUTES.answer("GET", _MANAGER, needs.READ_OWNED)
def _get_manager(request: Request) -> Response:
    """Get who the user reports to."""
    manager = request.tenant.users.manager(member(request))
    return answers.entity(request, typed_object(manager), ANY_OBJECT, "directoryObjects")


@ROUTES.answer("GET", f"{_MANAGER}/$ref", needs.READ_OWNED)
def _get_manager_link(request: Request) -> Response:
    """Get reference to the manager."""
    ident = request.tenant.users.manager(member(request))[1]["id"]
    link = f"{request.base}/{request.version}/directoryObjects/{ident}"
    return Response(200, {"@odata.context": request.context("$ref"), "@odata.id": link})


@ROUTES.answer("PUT", f"{_MANAGER}/$ref", needs.WRITE_USERS)
def _set_manager(request: Request) -> Response:
    """Set manager."""
    request.tenant.users.set_manager(member(request), linked(str(request.json().get("@odata.id", ""))))
    return Response(204)


@ROUTES.answer("DELETE", f"{_MANAGER}/$ref", needs.WRITE_USERS)
def _remove_manager(request: Request) -> Response:
    """Remove manager."""
    request.tenant.users.remove_manager(member(request))
    return Response(204)


@ROUTES.answer("GET", "/me", needs.ME)
def _me(request: Request) -> Response:
    """Me: the user of the token."""
    if request.caller.get("idtyp") == "user":
        return answers.entity(request, request.tenant.users.get(str(request.caller["oid"])), model.USER, "users")
    raise BadRequestError("/me request is only valid with delegated authentication flow.", code="BadRequest")


ROUTES += read_only(
    "organization",
    model.ORGANIZATION,
    lambda tenant: [model.TENANT],
    needs.ORGANIZATION,
    listed="List organization",
    got="Get organization",
)
ROUTES += read_only(
    "domains", model.DOMAIN, lambda tenant: model.DOMAINS, needs.DOMAINS, listed="List domains", got="Get domain"
)
