"""Groups and memberships: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.responses import object_expands
from lockstep.emulator.groups.entity import GROUP
from lockstep.emulator.odata import answers
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response

_TABLE = "groups"
Found = list[tuple[str, Object]]
_EXPANDS = object_expands("owners", "members")


def find(request: Request) -> Object:
    """Return the group that the path means."""
    return request.tenant.groups.get(request.ref("id").value)


def list_(request: Request) -> Response:
    """GET /groups."""
    return answers.listing(request, request.tenant.groups.table, GROUP, _TABLE, expands=_EXPANDS)


def count(request: Request) -> Response:
    """GET /groups/$count."""
    return answers.count(request, request.tenant.groups.table, GROUP)


def create(request: Request) -> Response:
    """POST /groups."""
    return answers.entity(request, request.tenant.groups.create(request.json()), GROUP, _TABLE, status=201)


def get(request: Request) -> Response:
    """GET /groups/{id}."""
    return answers.entity(request, find(request), GROUP, _TABLE, expands=_EXPANDS)


def update(request: Request) -> Response:
    """PATCH /groups/{id}."""
    request.tenant.groups.update(find(request), request.json())
    return Response(204)


def delete(request: Request) -> Response:
    """DELETE /groups/{id}."""
    request.tenant.groups.delete(find(request))
    return Response(204)


def member_of(request: Request) -> Found:
    """Return the groups and directory roles that an object is a member of itself."""
    return request.tenant.groups.of(member(request)["id"], transitive=False)


def transitive_member_of(request: Request) -> Found:
    """Return the groups and directory roles of an object, also through groups."""
    return request.tenant.groups.of(member(request)["id"], transitive=True)


def member(request: Request) -> Object:
    """Return the user, group or service principal that the path names."""
    ref = request.ref("id")
    kind = request.path.strip("/").split("/")[1].partition("(")[0].lower()
    if kind == "users":
        return request.tenant.users.get(ref.value)
    if kind == "groups":
        return request.tenant.groups.get(ref.value)
    return request.tenant.principals.get(ref.value, ref.key)
