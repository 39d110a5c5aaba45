"""Directory objects, owners and deleted items: wire in, wire out."""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.emulator.applications.entity import APPLICATION
from lockstep.emulator.directoryobjects.models import TYPES
from lockstep.emulator.exceptions import BadRequestError, NotSupportedError
from lockstep.emulator.objects import EQ, TEXT, without_keys
from lockstep.emulator.odata import answers
from lockstep.emulator.odata.query import Entity, present
from lockstep.emulator.serviceprincipals.entity import PRINCIPAL
from lockstep.emulator.store import Object
from lockstep.emulator.users.entity import USER
from lockstep.emulator.wire import Request, Response

_KINDS = {"applications": APPLICATION, "servicePrincipals": PRINCIPAL, "users": USER}
_BY_TYPE = {TYPES[table]: kind for table, kind in _KINDS.items()}
_ANY_OBJECT = Entity(
    name="DirectoryObject",
    properties=APPLICATION.properties | PRINCIPAL.properties | USER.properties,
    filters={"id": EQ, "appId": EQ, "displayName": TEXT},
)
_MAX_IDS = 1000


def _shown(found: Iterable[tuple[str, Object]], version: str) -> list[Object]:
    return [
        {"@odata.type": TYPES[table], **present(without_keys(row), _KINDS[table], version=version)}
        for table, row in found
    ]


def owners_page(request: Request, row: Object) -> Response:
    """Answer with the owners of an object."""
    rows = _shown(request.tenant.objects.owners(row), request.version)
    return answers.listing(request, request.tenant.store["users"], _ANY_OBJECT, "directoryObjects", rows)


def get(request: Request) -> Response:
    """GET /directoryObjects/{id}."""
    found = request.tenant.objects.get(request.ref("id").value)
    return answers.entity(request, _shown([found], request.version)[0], _ANY_OBJECT, "directoryObjects")


def get_by_ids(request: Request) -> Response:
    """POST /directoryObjects/getByIds."""
    body = request.json()
    idents, kinds = body.get("ids"), body.get("types") or []
    if not isinstance(idents, list) or not all(isinstance(ident, str) for ident in idents) or len(idents) > _MAX_IDS:
        raise BadRequestError(f"A list of at most {_MAX_IDS} ids is required for parameter 'ids'.")
    wanted = {f"#microsoft.graph.{kind}".lower() for kind in kinds} - {"#microsoft.graph.directoryobject"}
    found = [entry for entry in map(request.tenant.objects.find, idents) if entry is not None]
    chosen = [entry for entry in found if not wanted or TYPES[entry[0]].lower() in wanted]
    value = _shown(chosen, request.version)
    return Response(200, {"@odata.context": request.context("directoryObjects"), "value": value})


def list_deleted(request: Request) -> Response:
    """GET /directory/deletedItems/microsoft.graph.{type}."""
    kind = "#" + request.ref("type").value
    if not kind.startswith("#microsoft.graph."):
        row = request.tenant.objects.deleted(request.ref("type").value)
        shown = present(without_keys(row), _BY_TYPE[row["@odata.type"]], version=request.version)
        return answers.entity(request, shown, _ANY_OBJECT, "directoryObjects")
    if kind not in _BY_TYPE or kind == TYPES["users"]:
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
