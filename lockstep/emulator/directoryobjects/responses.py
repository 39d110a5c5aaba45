"""Directory objects, owners and deleted items: wire in, wire out."""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.emulator.applications.entity import APPLICATION
from lockstep.emulator.directoryobjects.models import TYPES
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.groups.entity import GROUP
from lockstep.emulator.objects import EQ, TEXT, without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.query import Entity, present
from lockstep.emulator.roles.entity import DIRECTORY_ROLE
from lockstep.emulator.serviceprincipals.entity import PRINCIPAL
from lockstep.emulator.store import Object
from lockstep.emulator.users.entity import USER
from lockstep.emulator.wire import Request, Response

KINDS = {
    "applications": APPLICATION,
    "directoryRoles": DIRECTORY_ROLE,
    "groups": GROUP,
    "servicePrincipals": PRINCIPAL,
    "users": USER,
}
_TYPES = {**TYPES, "directoryRoles": "#microsoft.graph.directoryRole"}
_BY_TYPE = {TYPES[table]: KINDS[table] for table in TYPES}
ANY_OBJECT = Entity(
    name="DirectoryObject",
    properties=frozenset().union(*(kind.properties for kind in KINDS.values())),
    filters={"id": EQ, "appId": EQ, "displayName": TEXT},
)
_MAX_IDS = 1000
_MAX_CHECKED = 20


def typed(table: str) -> str:
    """Return the type of a table's objects, as a path casts to it."""
    return _TYPES[table].lstrip("#")


def shown_objects(found: Iterable[tuple[str, Object]], version: str) -> list[Object]:
    """Return objects of any kind, given as (table, object), as a response shows them."""
    return [
        {"@odata.type": _TYPES[table], **present(without_keys(row), KINDS[table], version=version)}
        for table, row in found
    ]


def objects_page(request: Request, found: Iterable[tuple[str, Object]]) -> Response:
    """Answer with objects of any kind, given as (table, object)."""
    rows = shown_objects(found, request.version)
    return answers.listing(request, request.tenant.store["users"], ANY_OBJECT, "directoryObjects", rows)


def object_expands(*names: str) -> dict[str, answers.Expand]:
    """Return what `$expand` shows for these relationships to objects of any kind."""
    links: dict[str, answers.Expand] = {
        "members": lambda request, row: shown_objects(request.tenant.groups.members(row), request.version),
        "owners": lambda request, row: shown_objects(request.tenant.objects.owners(row), request.version),
    }
    return {name: links[name] for name in names}


def get(request: Request) -> Response:
    """GET /directoryObjects/{id}."""
    found = request.tenant.objects.get(request.ref("id").value)
    return answers.entity(request, shown_objects([found], request.version)[0], ANY_OBJECT, "directoryObjects")


def get_by_ids(request: Request) -> Response:
    """POST /directoryObjects/getByIds."""
    body = request.json()
    idents, kinds = body.get("ids"), body.get("types") or []
    if not isinstance(idents, list) or not all(isinstance(ident, str) for ident in idents) or len(idents) > _MAX_IDS:
        raise BadRequestError(f"A list of at most {_MAX_IDS} ids is required for parameter 'ids'.")
    wanted = {f"#microsoft.graph.{kind}".lower() for kind in kinds} - {"#microsoft.graph.directoryobject"}
    found = [entry for entry in map(request.tenant.objects.find, idents) if entry is not None]
    chosen = [entry for entry in found if not wanted or TYPES[entry[0]].lower() in wanted]
    value = shown_objects(chosen, request.version)
    return Response(200, {"@odata.context": request.context("directoryObjects"), "value": value})


def list_deleted(request: Request) -> Response:
    """GET /directory/deletedItems/microsoft.graph.{type}."""
    kind = _deleted_kind(request)
    table = request.tenant.store["deletedItems"]
    return answers.listing(request, table, _BY_TYPE[kind], "directoryObjects", table.by("@odata.type", kind))


def count_deleted(request: Request) -> Response:
    """GET /directory/deletedItems/microsoft.graph.{type}/$count."""
    kind = _deleted_kind(request)
    table = request.tenant.store["deletedItems"]
    return answers.count(request, table, _BY_TYPE[kind], table.by("@odata.type", kind))


def _deleted_kind(request: Request) -> str:
    word = next(part for part in request.path.lower().split("/") if "graph." in part)
    word = word if word.startswith("microsoft.") else f"microsoft.{word}"
    return next(kind for kind in _BY_TYPE if kind.lower() == f"#{word}")


def get_deleted(request: Request) -> Response:
    """GET /directory/deletedItems/{id}."""
    row = request.tenant.deleted.get(request.ref("id").value)
    shown = present(without_keys(row), _BY_TYPE[row["@odata.type"]], version=request.version)
    return answers.entity(request, shown, ANY_OBJECT, "directoryObjects")


def restore(request: Request) -> Response:
    """POST /directory/deletedItems/{id}/restore."""
    row = request.tenant.deleted.restore(request.ref("id").value)
    shown = present(without_keys(row), _BY_TYPE[row["@odata.type"]], version=request.version)
    return Response(200, {"@odata.context": request.context("directoryObjects/$entity"), **shown})


def purge(request: Request) -> Response:
    """DELETE /directory/deletedItems/{id}."""
    request.tenant.deleted.purge(request.ref("id").value)
    return Response(204)


def _belongings(request: Request) -> list[tuple[str, Object]]:
    kind = request.path.strip("/").split("/")[1].partition("(")[0].lower()
    ref, tenant = request.ref("id"), request.tenant
    if kind == "users":
        row = tenant.users.get(ref.value)
    elif kind == "serviceprincipals":
        row = tenant.principals.get(ref.value, ref.key)
    else:
        row = tenant.objects.get(ref.value)[1]
    return tenant.groups.of(row["id"], transitive=True)


def _idents(request: Request, name: str) -> set[str]:
    given = request.json().get(name)
    if not isinstance(given, list) or not all(isinstance(ident, str) for ident in given) or len(given) > _MAX_CHECKED:
        raise BadRequestError(f"A list of at most {_MAX_CHECKED} ids is required for parameter '{name}'.")
    return {ident.lower() for ident in given}


def _words(request: Request, found: Iterable[str]) -> Response:
    return Response(200, {"@odata.context": request.context("Collection(Edm.String)"), "value": list(found)})


def _groups(request: Request) -> list[str]:
    secure = request.json().get("securityEnabledOnly")
    found = [row for table, row in _belongings(request) if table == "groups"]
    return [row["id"] for row in found if not secure or row["securityEnabled"]]


def member_groups(request: Request) -> Response:
    """POST /.../getMemberGroups."""
    return _words(request, _groups(request))


def member_objects(request: Request) -> Response:
    """POST /.../getMemberObjects: groups and directory roles."""
    roles = [row["id"] for table, row in _belongings(request) if table == "directoryRoles"]
    return _words(request, [*_groups(request), *roles])


def check_groups(request: Request) -> Response:
    """POST /.../checkMemberGroups."""
    wanted = _idents(request, "groupIds")
    return _words(
        request, [row["id"] for table, row in _belongings(request) if table == "groups" and row["id"] in wanted]
    )


def check_objects(request: Request) -> Response:
    """POST /.../checkMemberObjects."""
    wanted = _idents(request, "ids")
    return _words(request, [row["id"] for _, row in _belongings(request) if row["id"] in wanted])
