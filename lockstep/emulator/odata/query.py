"""Answer a list query over one table: filter, select, order, top, count and the next page.

Knows tables and OData. What may be selected, filtered, sorted and expanded is in the `Entity` of each kind of object,
and what Microsoft documents beyond that in `documented`: such a name is refused as one that the emulator lacks.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotSupportedError, UnsupportedQueryError
from lockstep.emulator.odata import documented
from lockstep.emulator.odata.filter import Clause, Node, clauses, conjunction, is_advanced, matches, parse
from lockstep.emulator.store import PLACE, Object, ObjectTable

_OPTIONS = ("$filter", "$select", "$top", "$count", "$skiptoken", "$expand", "$orderby", "$search", "$skip", "$format")
_PAGE = 100


@dataclass(frozen=True)
class Entity:
    """What a query may name of one kind of object."""

    name: str
    properties: frozenset[str]
    filters: Mapping[str, frozenset[str]]
    beta_only: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    """What v1.0 shows without `$select`; everything where nothing is said."""
    orders: frozenset[str] = frozenset()
    """What `$orderby` may sort by."""
    expands: frozenset[str] = frozenset()
    """The relationships that `$expand` may show."""
    binds: frozenset[str] = frozenset()
    """The relationships that a new object may be given, as `NAME@odata.bind`."""
    ignored: frozenset[str] = frozenset()
    """Properties that Graph takes in a body and does nothing with."""
    kinds: Mapping[str, Entity] = field(default_factory=dict)
    """Of objects of any kind: what each is described by, by its `@odata.type`."""
    page: int = _PAGE
    """How many objects a page holds unless `$top` says."""
    most: int = 999
    """How many of them a page may hold."""
    directory: bool = True
    """Whether it is a directory object: there, sorting what is filtered is an advanced query."""

    @property
    def types(self) -> tuple[str, ...]:
        """Its type as Graph writes it, and those of the kinds that its objects may be of."""
        return tuple(entity.name[:1].lower() + entity.name[1:] for entity in (self, *self.kinds.values()))

    def named(self, word: str, version: str) -> str | None:
        """Return the property of this name in a version of Graph, whatever the case; None without one."""
        name = self._by_lower_case.get(word.lower())
        return None if version != "beta" and name in self.beta_only else name

    @cached_property
    def _by_lower_case(self) -> dict[str, str]:
        return {name.lower(): name for name in self.properties}


@dataclass(frozen=True)
class Lacking:
    """The value of a property that the emulator does not know of one object: left out, and refused when selected."""

    what: str


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
        _check_filter(node, entity, version, eventual and count)
    order = _order(names.get("$orderby", ""), entity, version)
    if order is not None and node is not None and entity.directory and not (eventual and count):
        # Sorting what is filtered is one of Graph's advanced queries on directory objects.
        raise UnsupportedQueryError("Sorting not supported for current query.")
    return Query(
        filter=node,
        select=selected(names.get("$select", ""), entity, version),
        top=_top(names.get("$top"), entity),
        count=count and eventual,
        after=_after(names.get("$skiptoken")),
        order=order,
        expand=_expand(names.get("$expand", ""), entity, version),
    )


def run(query: Query, rows: ObjectTable | Iterable[Object]) -> Page:
    """Return one page of a table, or of some objects."""
    total: int | None = None
    if query.count:
        total = sum(1 for _ in _matching(query, rows, 0))
    if query.order is not None:
        return _sorted_page(query, rows, total)
    taken: list[Object] = []
    last = 0
    for place, row in _matching(query, rows, query.after):
        if len(taken) == query.top:
            return Page(taken, _token(last), total)
        taken.append(row)
        last = place
    return Page(taken, None, total)


def _sorted_page(query: Query, rows: ObjectTable | Iterable[Object], total: int | None) -> Page:
    """Return one page in the order asked for; its token is a place in that order."""
    assert query.order is not None  # noqa: S101 - the caller has looked
    name, backwards = query.order
    matching = [row for _, row in _matching(query, rows, 0)]
    if backwards:
        matching.reverse()  # of two that are the same, the newer one comes first
    matching.sort(key=lambda row: str(row.get(name) or "").casefold(), reverse=backwards)
    end = query.after + query.top
    return Page(matching[query.after : end], _token(end) if end < len(matching) else None, total)


def _matching(query: Query, rows: ObjectTable | Iterable[Object], after: int) -> Iterator[tuple[int, Object]]:
    """Return the objects asked for, each with the place that a page token can continue from."""
    for place, row in _placed(query, rows, after):
        if place > after and (query.filter is None or matches(query.filter, row)):
            yield place, row


def _placed(query: Query, rows: ObjectTable | Iterable[Object], after: int) -> Iterator[tuple[int, Object]]:
    """Return objects with their places: a lasting one, which no deletion moves, or else the one in the list given."""
    if not isinstance(rows, ObjectTable):
        for place, row in enumerate(rows, 1):
            yield row.get(PLACE, place), row
        return
    candidates = _by_index(query.filter, rows)
    for row in rows.after(after) if candidates is None else candidates:
        yield rows.sequence[row["id"]], row


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


def _check_filter(node: Node, entity: Entity, version: str, advanced: bool) -> None:
    for clause in clauses(node):
        allowed = entity.filters.get(clause.path, frozenset())
        if clause.operator not in allowed or clause.any is not ("any" in allowed):
            _check_documented_filter(clause, entity, version)
    if is_advanced(node) and not advanced:
        raise UnsupportedQueryError(
            "Operator is not supported without the header 'ConsistencyLevel: eventual' and $count=true in the query."
        )


def _check_documented_filter(clause: Clause, entity: Entity, version: str) -> None:
    """Refuse a comparison that Graph does not document, and one that the emulator lacks; let pass what is neither.

    Among objects of any kind Graph knows no property of one kind alone: there a path has to cast first.
    """
    entry = documented.find(entity.types, clause.path, version)
    if entry is not None:
        simple = not entry.type and not entry.relationship and entry.name == clause.path
        listed = entity.named(entry.name, version) is not None
        if listed and simple and clause.operator in entry.filter and clause.any is entry.is_list and not entity.kinds:
            return
        if not listed or (clause.operator in entry.filter and clause.any is entry.is_list and not entity.kinds):
            raise documented.lacking(entity.types, clause.path, version) or documented.invalid(clause.path)
    elif (lacking := documented.lacking(entity.types, clause.path, version)) is not None:
        raise lacking
    raise UnsupportedQueryError(
        f"Unsupported or invalid query filter clause specified for property"
        f" '{clause.path.partition('/any')[0]}' of resource '{entity.name}'."
    )


def selected(text: str, entity: Entity, version: str) -> tuple[str, ...]:
    """Return the properties that a `$select` names; refuse those that the type does not have, or the emulator lacks."""
    chosen = []
    for word in (part.strip() for part in text.split(",")):
        if not word:
            continue
        if word == "*":
            raise NotSupportedError(f"the query option $select=* on {entity.name}")
        name = entity.named(word, version)
        if name is None:
            raise documented.lacking(entity.types, word, version) or _no_property(entity, word)
        chosen.append(name)
    return tuple(chosen)


def _no_property(entity: Entity, word: str) -> BadRequestError:
    """Return Graph's refusal of a name in `$select` or `$expand` that the type does not have."""
    return BadRequestError(
        "Parsing OData Select and Expand failed: Could not find a property named"
        f" '{word}' on type 'microsoft.graph.{entity.types[0]}'.",
        code="BadRequest",
    )


def _order(text: str, entity: Entity, version: str) -> tuple[str, bool] | None:
    words = text.split()
    if not words:
        return None
    names = {name.lower(): name for name in entity.orders}
    backwards = words[-1].lower() == "desc"
    if len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
        raise BadRequestError(f"Invalid $orderby: '{text}'.", code="BadRequest")
    if words[0].lower() not in names:
        entry, name = documented.find(entity.types, words[0], version), entity.named(words[0], version)
        if name is not None and entry is not None and entry.order and not entity.kinds:
            return name, backwards
        unsupported = UnsupportedQueryError(f"Unsupported sort property '{words[0]}' for '{entity.name}'.")
        raise unsupported if name else documented.lacking(entity.types, words[0], version) or unsupported
    return names[words[0].lower()], backwards


_EXPANDED = re.compile(r"(?P<name>\w+)(?:\(\$select=(?P<select>[\w, ]+)\))?$")


def _expand(text: str, entity: Entity, version: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not text.strip():
        return ()
    expanded = _EXPANDED.match(text.strip())
    if expanded is None:
        raise NotSupportedError(f"the query option $expand={text} on {entity.name}: one relationship, with $select")
    names = {name.lower(): name for name in entity.expands}
    name = names.get(expanded["name"].lower())
    entry = documented.find(entity.types, expanded["name"], version)
    if name is None:
        if entry is None and documented.is_known(entity.types[0], version):
            raise _no_property(entity, expanded["name"])
        if entry is not None and not entry.relationship:
            raise BadRequestError(
                f"Property '{entry.name}' on type 'microsoft.graph.{entity.types[0]}' is not a navigation property or"
                " complex property. Only navigation properties can be expanded.",
                code="BadRequest",
            )
        raise NotSupportedError(f"the query option $expand={expanded['name']} on {entity.name}")
    return ((name, tuple(word.strip() for word in (expanded["select"] or "").split(",") if word.strip())),)


def _top(text: str | None, entity: Entity) -> int:
    if text is None:
        return entity.page
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= entity.most:
        raise UnsupportedQueryError(
            f"Invalid page size specified: '{text}'. Must be between 1 and {entity.most} inclusive."
        )
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
    """Return an object as a response shows it: nothing hidden, only what was selected or what is shown unasked."""
    kind = entity.kinds.get(str(row.get("@odata.type")))
    if kind is not None:
        chosen = tuple(name for name in select if name in kind.properties)
        shown = present(row, kind, chosen, version=version) if chosen or not select else {}
        return {"@odata.type": row["@odata.type"], **shown}
    for name in select:
        if isinstance(row.get(name), Lacking):
            raise NotSupportedError(row[name].what)
    if select:
        return {name: row.get(name) for name in select}
    hidden = frozenset() if version == "beta" else entity.beta_only
    unasked = entity.shown if version != "beta" else frozenset()
    return {
        name: value
        for name, value in row.items()
        if name[0] != "_" and name not in hidden and (not unasked or name in unasked or name[0] == "@")
        if not isinstance(value, Lacking)
    }
