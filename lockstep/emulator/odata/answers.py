"""The usual answers of a Graph service: one object, a list with its next page, a count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.odata.query import Entity, Query, present, read, run, selected
from lockstep.emulator.store import Object, ObjectTable
from lockstep.emulator.wire import Need, Request, Response, Routes

_MAX_EXPANDED = 20
_MOMENT = "activityDateTime"


@dataclass(frozen=True)
class Expand:
    """What a relationship leads to: the description of those objects, and a function that returns one or a list."""

    entity: Entity
    read: Callable[[Request, Object], Any]


def entity(
    request: Request,
    row: Mapping[str, Any],
    kind: Entity,
    what: str,
    *,
    status: int = 200,
    expands: Mapping[str, Expand] | None = None,
) -> Response:
    """Answer with one object, as far as `$select` asks for it, and with what `$expand` adds."""
    options = {name: value for name, value in request.query.items() if name.lstrip("$") in ("select", "expand")}
    query = read(options, kind, version=request.version, eventual=False)
    body = present(row, kind, query.select, version=request.version) | _expanded(request, row, query, expands)
    chosen = f"({','.join(query.select)})" if query.select else ""
    return Response(status, {"@odata.context": request.context(f"{what}{chosen}/$entity"), **body})


def listing(
    request: Request,
    rows: ObjectTable | Iterable[Object],
    kind: Entity,
    what: str,
    *,
    expands: Mapping[str, Expand] | None = None,
    newest_first: bool = False,
) -> Response:
    """Answer with a page of objects: all of a table, or those given."""
    query = read(request.query, kind, version=request.version, eventual=request.eventual)
    if newest_first and query.order is None:
        query = replace(query, order=(_MOMENT, True))
    page = run(query, rows)
    chosen = f"({','.join(query.select)})" if query.select else ""
    body: dict[str, Any] = {"@odata.context": request.context(what + chosen)}
    if page.count is not None:
        body["@odata.count"] = page.count
    if page.token is not None:
        body["@odata.nextLink"] = _next(request, page.token)
    body["value"] = [
        present(row, kind, query.select, version=request.version) | _expanded(request, row, query, expands)
        for row in page.rows
    ]
    return Response(200, body)


def _expanded(
    request: Request, row: Mapping[str, Any], query: Query, expands: Mapping[str, Expand] | None
) -> dict[str, Any]:
    relatives: dict[str, Any] = {}
    for name, words in query.expand:
        expand = (expands or {})[name]
        select = selected(",".join(words), expand.entity, request.version)
        related = expand.read(request, dict(row))
        many = isinstance(related, list)
        items = [
            present(item, expand.entity, select, version=request.version)
            for item in (related if many else [related])[:_MAX_EXPANDED]
            if item is not None
        ]
        if many or items:  # Graph leaves out what there is none of
            relatives[name] = items if many else items[0]
    return relatives


def count(request: Request, rows: ObjectTable | Iterable[Object], kind: Entity) -> Response:
    """Answer with the bare number of objects, as `/$count` does."""
    if not request.eventual:
        raise BadRequestError("$count is not currently supported without the header 'ConsistencyLevel: eventual'.")
    query = read({**request.query, "$count": "true"}, kind, version=request.version, eventual=True)
    return Response(200, run(query, rows).count)


def add_lists(
    routes: Routes,
    path: str,
    kind: Entity,
    what: str,
    rows: Callable[[Request], list[Object]],
    needs: Need,
    *,
    listed: str,
    counted: str = "Count them",
) -> None:
    """Add the operations that list and count the objects that `rows` returns; `listed` and `counted` say what."""

    def list_(request: Request) -> Response:
        return listing(request, rows(request), kind, what)

    def count_(request: Request) -> Response:
        return count(request, rows(request), kind)

    routes.add("GET", path, list_, listed, needs)
    routes.add("GET", f"{path}/$count", count_, counted, needs)


def _next(request: Request, token: str) -> str:
    options = {name: value for name, value in request.query.items() if name != "$skiptoken"}
    options["$skiptoken"] = token
    words = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in options.items())
    return f"{request.base}{request.path}?{words}"
