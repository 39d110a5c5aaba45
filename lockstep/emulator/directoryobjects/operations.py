"""Directory objects of any kind, their memberships, and deleted items: their operations."""

from __future__ import annotations

from functools import partial
from typing import Any

from lockstep.emulator.directoryobjects.model import TYPES
from lockstep.emulator.exceptions import BadRequestError, NotSupportedError
from lockstep.emulator.objects import without_keys
from lockstep.emulator.odata import answers, documented
from lockstep.emulator.permissions.needs import MEMBERSHIPS, READ_DELETED, READ_OBJECTS, WRITE_DELETED
from lockstep.emulator.relations import ANY_OBJECT, KINDS, member, shown_objects, typed, typed_object
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request, Response, Routes

ROUTES = Routes()
_DELETED = "/directory/deletedItems"
_MAX_IDS = 1000
_MAX_CHECKED = 20


@ROUTES.answer("GET", "/directoryObjects/{id}", READ_OBJECTS)
def _get(request: Request) -> Response:
    """Get an object of any kind."""
    located = request.tenant.objects.get(request.refs["id"].value)
    return answers.entity(request, typed_object(located), ANY_OBJECT, "directoryObjects")


def _get_by_ids(request: Request) -> Response:
    """Get objects by ids."""
    body = request.json()
    types = _types(body.get("types"), request.version)
    objects = request.tenant.objects.located(_idents(body, "ids", _MAX_IDS))
    chosen = [(table, row) for table, row in objects if not types or TYPES[table].lower() in types]
    value = shown_objects(chosen, request.version)
    return Response(200, {"@odata.context": request.context("directoryObjects"), "value": value})


for _name in ("directoryObjects", *TYPES):
    ROUTES.answer("POST", f"/{_name}/getByIds", READ_OBJECTS, reads=True)(_get_by_ids)


def _types(words: Any, version: str) -> set[str]:
    """Return the types asked for, or nothing for all; refuse what is no type, and those that the emulator lacks."""
    if words is None:
        return set()
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadRequestError("A list of types is required for parameter 'types'.")
    types = {name.lower(): name for name in documented.directory_types(version)}
    served = {kind.removeprefix("#microsoft.graph.").lower() for kind in TYPES.values()}
    for word in words:
        if word.lower() in served or word.lower() == "directoryobject":
            continue
        if word.lower() in types:
            raise NotSupportedError(f"objects of the type '{types[word.lower()]}', which Microsoft Graph documents")
        raise BadRequestError(f"Invalid value '{word}' specified for parameter 'types'.")
    return {f"#microsoft.graph.{word}".lower() for word in words if word.lower() != "directoryobject"}


def _idents(body: Object, name: str, most: int) -> list[str]:
    idents = body.get(name)
    if not isinstance(idents, list) or not all(isinstance(ident, str) for ident in idents) or len(idents) > most:
        raise BadRequestError(f"A list of at most {most} ids is required for parameter '{name}'.")
    return idents


def _memberships(request: Request, tables: tuple[str, ...], checked: str) -> Response:
    """Answer with the groups, or also roles, that an object belongs to; where ids are `checked`, with those of them."""
    body = request.json()
    idents = {ident.lower() for ident in _idents(body, checked, _MAX_CHECKED)} if checked else set()
    memberships = request.tenant.groups.of(member(request)["id"], transitive=True)
    rows = [row for table, row in memberships if table in tables and (not checked or row["id"] in idents)]
    if not checked and body.get("securityEnabledOnly"):
        rows = [row for row in rows if row.get("securityEnabled", True)]
    value = [row["id"] for row in rows]
    return Response(200, {"@odata.context": request.context("Collection(Edm.String)"), "value": value})


_BOTH = ("groups", "directoryRoles")
for _action, _tables, _checked, _summary in (
    ("getMemberGroups", ("groups",), "", "Groups of an object, transitively"),
    ("getMemberObjects", _BOTH, "", "Groups and roles, transitively"),
    ("checkMemberGroups", ("groups",), "groupIds", "Which of these groups"),
    ("checkMemberObjects", _BOTH, "ids", "Which of these groups and roles"),
):
    for _name in ("directoryObjects", "groups", "servicePrincipals", "users"):
        _handler = partial(_memberships, tables=_tables, checked=_checked)
        ROUTES.add("POST", f"/{_name}/{{id}}/{_action}", _handler, _summary, MEMBERSHIPS, reads=True)


def _deleted(request: Request, kind: str) -> list[Object]:
    items = request.tenant.deleted.table
    return items.placed(items.by("@odata.type", kind))


def _add_deleted(table: str) -> None:
    kind = TYPES[table]
    answers.add_lists(
        ROUTES,
        f"{_DELETED}/{typed(table)}",
        KINDS[table],
        "directoryObjects",
        lambda request: _deleted(request, kind),
        READ_DELETED[table],
        listed="List deleted items of one type",
        counted="Count deleted items of one type",
    )


for _name in TYPES:
    _add_deleted(_name)


@ROUTES.answer("GET", _DELETED + "/{id}", READ_DELETED)
def _get_deleted(request: Request) -> Response:
    """Get deleted item."""
    item = request.tenant.deleted.get(request.refs["id"].value)
    return answers.entity(request, without_keys(item), ANY_OBJECT, "directoryObjects")


@ROUTES.answer("POST", _DELETED + "/{id}/restore", WRITE_DELETED)
@ROUTES.answer("POST", _DELETED + "/{id}/microsoft.graph.restore", WRITE_DELETED)
def _restore(request: Request) -> Response:
    """Restore a deleted item."""
    row = request.tenant.deleted.restore(request.refs["id"].value)
    return answers.entity(request, without_keys(row), ANY_OBJECT, "directoryObjects")


@ROUTES.answer("DELETE", _DELETED + "/{id}", WRITE_DELETED)
def _purge(request: Request) -> Response:
    """Delete permanently."""
    request.tenant.deleted.purge(request.refs["id"].value)
    return Response(204)
