"""Answer a list query over one table: filter, select, order, top, count and the next page.

Knows tables and OData. What may be selected, filtered, sorted and expanded is in the `Entity` of each kind of object.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotSupportedError, UnsupportedQueryError
from lockstep.emulator.odata.filter import Node, clauses, conjunction, is_advanced, matches, parse
from lockstep.emulator.store import Object, ObjectTable

_OPTIONS = ("$filter", "$select", "$top", "$count", "$skiptoken", "$expand", "$orderby", "$search", "$skip", "$format")
_PAGE = 100
_MAX = 999


@dataclass(frozen=True)
class Entity:
    """What a query may name of one kind of object."""

    name: str
    properties: frozenset[str]
    filters: Mapping[str, frozenset[str]]
    beta_only: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    """What `$orderby` may sort by."""
    expands: frozenset[str] = frozenset()
    """The relationships that `$expand` may show."""
    directory: bool = True
    """Whether it is a directory object: there, sorting what is filtered is an advanced query."""


@dataclass(frozen=True)
class Query:
    """The query options of one request, read and checked."""

    filter: Node | None = None
    select: tuple[str, ...] = ()
    top: int = _PAGE
    count: bool = False
    after: int = 0
    order: tuple[str, bool] | None = None
    """The property to sort by, and whether the other way round."""
    expand: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Relationships to show, each with the properties selected of its objects."""


@dataclass(frozen=True)
class Page:
    """One page of objects; `token` continues it."""

    rows: list[Object]
    token: str | None
    count: int | None


def read(options: Mapping[str, str], entity: Entity, *, version: str, eventual: bool) -> Query:
    """Return the query of these options; refuse what Graph refuses, and name what this emulator lacks."""
    names = {name if name.startswith("$") else f"${name}": value for name, value in options.items()}
    for name in names:
        if name in ("$search", "$skip"):
            raise NotSupportedError(f"the query option {name} on {entity.name}")
        if name not in _OPTIONS and name.lstrip("$") != "api-version":
            raise BadRequestError(f"Query option '{name}' was not recognized.", code="BadRequest")
    count = names.get("$count", "false").lower() == "true"
    node = parse(names["$filter"]) if names.get("$filter", "").strip() else None
    if node is not None:
        _check_filter(node, entity, eventual and count)
    order = _order(names.get("$orderby", ""), entity)
    if order is not None and node is not None and entity.directory and not (eventual and count):
        # Sorting what is filtered is one of Graph's advanced queries on directory objects.
        raise UnsupportedQueryError("Sorting not supported for current query.")
    return Query(
        filter=node,
        select=_select(names.get("$select", ""), entity, version),
        top=_top(names.get("$top")),
        count=count and eventual,
        after=_after(names.get("$skiptoken")),
        order=order,
        expand=_expand(names.get("$expand", ""), entity),
    )


def run(query: Query, table: ObjectTable, base: Iterable[Object] | None = None) -> Page:
    """Return one page of a table, or of some objects."""
    total: int | None = None
    if query.count:
        total = sum(1 for _ in _matching(query, table, base, 0))
    if query.order is not None:
        return _sorted_page(query, table, base, total)
    rows: list[Object] = []
    last = 0
    for order, row in _matching(query, table, base, query.after):
        if len(rows) == query.top:
            return Page(rows, _token(last), total)
        rows.append(row)
        last = order
    return Page(rows, None, total)


def _sorted_page(query: Query, table: ObjectTable, base: Iterable[Object] | None, total: int | None) -> Page:
    """Return one page in the order asked for; its token is a place in that order."""
    assert query.order is not None  # noqa: S101 - the caller has looked
    name, backwards = query.order
    rows = [row for _, row in _matching(query, table, base, 0)]
    if backwards:
        rows.reverse()  # of two that are the same, the newer one comes first
    rows.sort(key=lambda row: str(row.get(name) or "").casefold(), reverse=backwards)
    end = query.after + query.top
    return Page(rows[query.after : end], _token(end) if end < len(rows) else None, total)


def _matching(
    query: Query, table: ObjectTable, base: Iterable[Object] | None, after: int
) -> Iterator[tuple[int, Object]]:
    """Return the objects asked for, each with the place that a page token can continue from."""
    rows = _by_index(query.filter, table) if base is None else base
    for place, row in enumerate(table.after(after) if rows is None else rows, 1):
        # Objects of a table have a lasting place; parts of an object have the one in their list.
        order = table.sequence.get(row["id"], place)
        if order > after and (query.filter is None or matches(query.filter, row)):
            yield order, row


def _by_index(node: Node | None, table: ObjectTable) -> list[Object] | None:
    """Return the candidates when one of the comparisons that must hold is indexed."""
    if node is None:
        return None
    for clause in conjunction(node):
        if clause.operator == "eq" and isinstance(clause.value, str):
            if clause.path == "id":
                row = table.get(clause.value)
                return [row] if row is not None else []
            if table.indexed(clause.path):
                return table.by(clause.path, clause.value)
    return None


def _check_filter(node: Node, entity: Entity, advanced: bool) -> None:
    for clause in clauses(node):
        allowed = entity.filters.get(clause.path)
        if allowed is None or clause.operator not in allowed or clause.any is not ("any" in allowed):
            raise UnsupportedQueryError(
                f"Unsupported or invalid query filter clause specified for property"
                f" '{clause.path.partition('/any')[0]}' of resource '{entity.name}'."
            )
    if is_advanced(node) and not advanced:
        raise UnsupportedQueryError(
            "Operator is not supported without the header 'ConsistencyLevel: eventual' and $count=true in the query."
        )


def _select(text: str, entity: Entity, version: str) -> tuple[str, ...]:
    names = {name.lower(): name for name in entity.properties}
    chosen = []
    for word in (part.strip() for part in text.split(",")):
        if not word:
            continue
        name = names.get(word.lower())
        if name is None or (version != "beta" and name in entity.beta_only):
            kind = entity.name[:1].lower() + entity.name[1:]
            raise BadRequestError(
                "Parsing OData Select and Expand failed: Could not find a property named"
                f" '{word}' on type 'microsoft.graph.{kind}'.",
                code="BadRequest",
            )
        chosen.append(name)
    return tuple(chosen)


def _order(text: str, entity: Entity) -> tuple[str, bool] | None:
    words = text.split()
    if not words:
        return None
    names = {name.lower(): name for name in entity.orders}
    backwards = words[-1].lower() == "desc"
    if len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
        raise BadRequestError(f"Invalid $orderby: '{text}'.", code="BadRequest")
    if words[0].lower() not in names:
        raise UnsupportedQueryError(f"Unsupported sort property '{words[0]}' for '{entity.name}'.")
    return names[words[0].lower()], backwards


_EXPANDED = re.compile(r"(?P<name>\w+)(?:\(\$select=(?P<select>[\w, ]+)\))?$")


def _expand(text: str, entity: Entity) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not text.strip():
        return ()
    expanded = _EXPANDED.match(text.strip())
    if expanded is None:
        raise NotSupportedError(f"the query option $expand={text} on {entity.name}: one relationship, with $select")
    names = {name.lower(): name for name in entity.expands}
    name = names.get(expanded["name"].lower())
    if name is None:
        raise NotSupportedError(f"the query option $expand={expanded['name']} on {entity.name}")
    return ((name, tuple(word.strip() for word in (expanded["select"] or "").split(",") if word.strip())),)


def _top(text: str | None) -> int:
    if text is None:
        return _PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MAX:
        raise UnsupportedQueryError(f"Invalid page size specified: '{text}'. Must be between 1 and {_MAX} inclusive.")
    return int(text)


def _token(sequence: int) -> str:
    return base64.urlsafe_b64encode(f"after:{sequence}".encode()).decode().rstrip("=")


def _after(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().partition(":")
        if word == "after":
            return int(number)
    except (ValueError, binascii.Error):
        pass
    raise BadRequestError(
        "The specified page token value has expired or is invalid.", code="Directory_ExpiredPageToken"
    )


def present(row: Mapping[str, Any], entity: Entity, select: tuple[str, ...] = (), *, version: str = "v1.0") -> Object:
    """Return an object as a response shows it: nothing hidden, only what was selected."""
    if select:
        return {name: row.get(name) for name in select}
    hidden = frozenset() if version == "beta" else entity.beta_only
    return {name: value for name, value in row.items() if name[0] != "_" and name not in hidden}
