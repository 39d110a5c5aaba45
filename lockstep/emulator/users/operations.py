"""Users, the organization and its domains: their operations."""

from __future__ import annotations

from lockstep.emulator.collection import Collection, read_only
from lockstep.emulator.directoryobjects.model import Located
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.odata import answers
from lockstep.emulator.permissions import needs
from lockstep.emulator.relations import member, relation
from lockstep.emulator.users import model
from lockstep.emulator.wire import Request, Response, Routes


def _owned(request: Request) -> list[Located]:
    return request.tenant.objects.owned(member(request)["id"])


ROUTES = Routes(
    Collection("users", model.USER, lambda tenant: tenant.users).routes(
        "user",
        read=needs.READ_USERS,
        create=needs.WRITE_USERS,
        write=needs.WRITE_USERS,
        delete=needs.DELETE_USERS,
        notes={"DELETE": " (soft)"},
    )
)
for _kind, _needs in (("users", needs.READ_OWNED), ("servicePrincipals", needs.READ_APPS)):
    ROUTES += relation(
        f"/{_kind}/{{id}}", "ownedObjects", _owned, _needs, casts=("applications", "groups", "servicePrincipals")
    )


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
