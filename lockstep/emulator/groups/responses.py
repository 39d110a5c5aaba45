"""Groups and memberships: wire in, wire out."""

from __future__ import annotations

from lockstep.emulator.directoryobjects.responses import object_expands, objects_page, owners_page
from lockstep.emulator.exceptions import NotSupportedError
from lockstep.emulator.groups.entity import GROUP
from lockstep.emulator.objects import linked
from lockstep.emulator.odata import answers
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response

_TABLE = "groups"
_CASTS = {"microsoft.graph.group": "groups", "microsoft.graph.directoryrole": "directoryRoles"}
_EXPANDS = object_expands("owners", "members")


def _find(request: Request) -> Object:
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
    return answers.entity(request, _find(request), GROUP, _TABLE, expands=_EXPANDS)


def update(request: Request) -> Response:
    """PATCH /groups/{id}."""
    request.tenant.groups.update(_find(request), request.json())
    return Response(204)


def delete(request: Request) -> Response:
    """DELETE /groups/{id}."""
    request.tenant.groups.delete(_find(request))
    return Response(204)


def list_members(request: Request) -> Response:
    """GET /groups/{id}/members."""
    return objects_page(request, request.tenant.groups.members(_find(request)))


def add_member(request: Request) -> Response:
    """POST /groups/{id}/members/$ref."""
    request.tenant.groups.add_member(_find(request), linked(str(request.json().get("@odata.id", ""))))
    return Response(204)


def remove_member(request: Request) -> Response:
    """DELETE /groups/{id}/members/{member}/$ref."""
    request.tenant.groups.remove_member(_find(request), request.ref("member").value)
    return Response(204)


def list_owners(request: Request) -> Response:
    """GET /groups/{id}/owners."""
    return owners_page(request, _find(request))


def add_owner(request: Request) -> Response:
    """POST /groups/{id}/owners/$ref."""
    request.tenant.objects.add_owner(_TABLE, _find(request), linked(str(request.json().get("@odata.id", ""))))
    return Response(204)


def remove_owner(request: Request) -> Response:
    """DELETE /groups/{id}/owners/{owner}/$ref."""
    request.tenant.objects.remove_owner(_TABLE, _find(request), request.ref("owner").value)
    return Response(204)


def member_of(request: Request) -> Response:
    """GET /{users|groups|servicePrincipals}/{id}/memberOf, or a cast of it."""
    return _belongings(request, transitive=False)


def transitive_member_of(request: Request) -> Response:
    """GET /{users|groups|servicePrincipals}/{id}/transitiveMemberOf, or a cast of it."""
    return _belongings(request, transitive=True)


def _belongings(request: Request, *, transitive: bool) -> Response:
    row = _member(request)
    found = request.tenant.groups.of(row["id"], transitive=transitive)
    cast = request.refs.get("cast")
    if cast is None:
        return objects_page(request, found)
    table = _CASTS.get(cast.value.lower())
    if table is None:
        raise NotSupportedError(f"the cast {cast.value} of memberOf")
    return objects_page(request, [entry for entry in found if entry[0] == table])


def _member(request: Request) -> Object:
    """Return the object whose memberships are asked for, of the kind that the path names."""
    ref = request.ref("id")
    kind = request.path.strip("/").split("/")[1].partition("(")[0].lower()
    if kind == "users":
        return request.tenant.users.get(ref.value)
    if kind == "groups":
        return request.tenant.groups.get(ref.value)
    return request.tenant.principals.get(ref.value, ref.key)
