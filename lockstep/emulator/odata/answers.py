"""The usual answers of a Graph service: one object, a list with its next page, a count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.odata.query import Entity, present, read, run
from lockstep.emulator.store import Object, Table
from lockstep.emulator.wire import Request, Response


def entity(request: Request, row: Mapping[str, Any], kind: Entity, what: str, *, status: int = 200) -> Response:
    """Answer with one object, as far as `$select` asks for it."""
    options = {name: value for name, value in request.query.items() if name.lstrip("$") in ("select", "expand")}
    query = read(options, kind, version=request.version, eventual=False)
    body = present(row, kind, query.select, version=request.version)
    chosen = f"({','.join(query.select)})" if query.select else ""
    return Response(status, {"@odata.context": request.context(f"{what}{chosen}/$entity"), **body})


def listing(
    request: Request,
    table: Table,
    kind: Entity,
    what: str,
    base: Iterable[Object] | None = None,
    *,
    odata_type: str | None = None,
) -> Response:
    """Answer with a page of objects, all of a table or those given."""
    query = read(request.query, kind, version=request.version, eventual=request.eventual)
    page = run(query, table, base)
    chosen = f"({','.join(query.select)})" if query.select else ""
    body: dict[str, Any] = {"@odata.context": request.context(what + chosen)}
    if page.count is not None:
        body["@odata.count"] = page.count
    if page.token is not None:
        body["@odata.nextLink"] = _next(request, page.token)
    mark = {"@odata.type": odata_type} if odata_type else {}
    body["value"] = [{**mark, **present(row, kind, query.select, version=request.version)} for row in page.rows]
    return Response(200, body)


def count(request: Request, table: Table, kind: Entity, base: Iterable[Object] | None = None) -> Response:
    """Answer with the bare number of objects, as `/$count` does."""
    if not request.eventual:
        raise BadRequestError("$count is not currently supported without the header 'ConsistencyLevel: eventual'.")
    query = read({**request.query, "$count": "true"}, kind, version=request.version, eventual=True)
    return Response(200, run(query, table, base).count)


def _next(request: Request, token: str) -> str:
    options = {name: value for name, value in request.query.items() if name != "$skiptoken"}
    options["$skiptoken"] = token
    words = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in options.items())
    return f"{request.base}{request.path}?{words}"
