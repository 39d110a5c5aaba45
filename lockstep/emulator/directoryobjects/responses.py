"""Directory objects, owners and deleted items: wire in, wire out."""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.emulator.applications.entity import APPLICATION
from lockstep.emulator.directoryobjects.models import TYPES
from lockstep.emulator.exceptions import BadRequestError, NotSupportedError
from lockstep.emulator.groups.entity import GROUP
from lockstep.emulator.objects import EQ, TEXT, without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.query import Entity, present
from lockstep.emulator.roles.entity import DIRECTORY_ROLE
from lockstep.emulator.serviceprincipals.entity import PRINCIPAL
from lockstep.emulator.store import Object
from lockstep.emulator.users.entity import USER
from lockstep.emulator.wire import Request, Response

_KINDS = {
    "applications": APPLICATION,
    "directoryRoles": DIRECTORY_ROLE,
    "groups": GROUP,
    "servicePrincipals": PRINCIPAL,
    "users": USER,
}
_TYPES = {**TYPES, "directoryRoles": "#microsoft.graph.directoryRole"}
_BY_TYPE = {TYPES[table]: _KINDS[table] for table in TYPES}
_ANY_OBJECT = Entity(
    name="DirectoryObject",
    properties=frozenset().union(*(kind.properties for kind in _KINDS.values())),
    filters={"id": EQ, "appId": EQ, "displayName": TEXT},
)
_MAX_IDS = 1000


def shown_objects(found: Iterable[tuple[str, Object]], version: str) -> list[Object]:
    """Return objects of any kind, given as (table, object), as a response shows them."""
    return [
        {"@odata.type": _TYPES[table], **present(without_keys(row), _KINDS[table], version=version)}
        for table, row in found
    ]


def owners_page(request: Request, row: Object) -> Response:
    """Answer with the owners of an object."""
    return objects_page(request, request.tenant.objects.owners(row))


def objects_page(request: Request, found: Iterable[tuple[str, Object]]) -> Response:
    """Answer with objects of any kind, given as (table, object)."""
    rows = shown_objects(found, request.version)
    return answers.listing(request, request.tenant.store["users"], _ANY_OBJECT, "directoryObjects", rows)


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
    return answers.entity(request, shown_objects([found], request.version)[0], _ANY_OBJECT, "directoryObjects")


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
    kind = "#" + request.ref("type").value
    if not kind.startswith("#microsoft.graph."):
        row = request.tenant.objects.deleted(request.ref("type").value)
        shown = present(without_keys(row), _BY_TYPE[row["@odata.type"]], version=request.version)
        return answers.entity(request, shown, _ANY_OBJECT, "directoryObjects")
    if kind not in _BY_TYPE:
        raise NotSupportedError(f"deleted items of type '{kind[1:]}'")
    table = request.tenant.store["deletedItems"]
    return answers.listing(request, table, _BY_TYPE[kind], "directoryObjects", table.by("@odata.type", kind))


def restore(request: Request) -> Response:
    """POST /directory/deletedItems/{id}/restore."""
    row = request.tenant.objects.restore(request.ref("id").value)
    shown = present(without_keys(row), _BY_TYPE[row["@odata.type"]], version=request.version)
    return Response(200, {"@odata.context": request.context("directoryObjects/$entity"), **shown})


def purge(request: Request) -> Response:
    """DELETE /directory/deletedItems/{id}."""
    request.tenant.objects.purge(request.ref("id").value)
    return Response(204)
