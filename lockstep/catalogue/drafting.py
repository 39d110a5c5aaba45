"""Drafts a new edition from the last one and a saved page: what could be resolved is filled in, the rest is a TODO.

The draft is the last edition's own text, comments and all, with entries taken out and put in. The loader refuses every
TODO, so a draft cannot be taken for an edition before a person has decided. Knows YAML and the rows; writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.catalogue.api import Api, ApiPermission
from lockstep.catalogue.model import NOT_STATED, ONLY_WITH, App, ArticleRow, Edition
from lockstep.catalogue.page_check import PageCheck, is_of
from lockstep.catalogue.permission import PermissionType
from lockstep.errors import nearest
from lockstep.yaml_file import Node, parse_yaml

_INDENT = "      "


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a draft, and how many decisions are left in it."""

    text: str
    todo: int


def draft(check: PageCheck, text: str, *, retrieved: str, sha256: str) -> Draft:
    """Return the draft of the edition after `check.edition`, whose file holds `text`.

    `retrieved` is the day on which the page was saved, `sha256` the checksum of its bytes.
    """
    lines = text.splitlines()
    root = parse_yaml(text, f"{check.edition.vendor}/{check.edition.id}.yaml")
    assert root is not None  # noqa: S101  (an edition was read from this text)
    edits = [
        *_head(root, retrieved, sha256),
        *_removals(root, lines, check),
        *_changes(root, check),
        *_additions(root, lines, check),
    ]
    # From the bottom up, so that no edit moves the lines of the next.
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        lines[start:end] = new
    lines += _unplaced(check)
    text = "\n".join(lines) + "\n"
    return Draft(text, len(re.findall(r"\bTODO\b", text)))


Edit = tuple[int, int, list[str]]
"""Lines from, up to and without, and what comes in their place."""


def _head(root: Node, retrieved: str, sha256: str) -> Iterable[Edit]:
    source = root.fields["sources"].items[0]
    yield _line(root.fields["valid_from"], "valid_from: TODO the first day on which this holds, such as 2026-12-01")
    yield _line(source.fields["retrieved"], f'    retrieved: "{retrieved}"')
    yield _line(source.fields["sha256"], f'    sha256: "{sha256}"')


def _line(node: Node, new: str) -> Edit:
    return node.line - 1, node.line, [new]


def _removals(root: Node, lines: list[str], check: PageCheck) -> Iterable[Edit]:
    """Take out what stands in no row any more, with the twins that belonged to it."""
    for app, node in _apps(root, check.edition):
        gone = {
            (entry.api, entry.type.value, entry.name)
            for entry in app.permissions
            if entry.certain and any(is_of(entry, row) for row in check.lost if row.section in _sections(app))
        }
        for entry, one in zip(app.permissions, node.fields["permissions"].items, strict=True):
            key = (entry.api, entry.type.value, entry.name)
            twin = not entry.certain and any((api, name) == (entry.api, entry.name) for api, _, name in gone)
            if key in gone or twin:
                yield *_span(one, lines), []


def _changes(root: Node, check: PageCheck) -> Iterable[Edit]:
    """Ask what a row's purpose, or its type, is now."""
    for app, node in _apps(root, check.edition):
        for entry, one in zip(app.permissions, node.fields["permissions"].items, strict=True):
            for change in check.changed:
                if not (entry.certain and is_of(entry, change.before)):
                    continue
                if change.before.has_purpose is not change.after.has_purpose:
                    yield _field(one, "purpose", _purpose(change.after))
                if change.before.type is not change.after.type and change.after.type is not None:
                    yield _field(one, "type", f"TODO the page says {change.after.type.value} now; correct id as well")


def _field(entry: Node, name: str, text: str) -> Edit:
    node = entry.fields[name]
    return node.line - 1, node.end, [f"{_INDENT}  {name}: {text}"]


def _additions(root: Node, lines: list[str], check: PageCheck) -> Iterable[Edit]:
    for app, node in _apps(root, check.edition):
        new = [
            line for row in check.gained if row.section in _sections(app) for line in _entry(check.edition, app, row)
        ]
        if new:
            last = node.fields["permissions"].items[-1]
            end = _span(last, lines)[1]
            yield end, end, new


def _unplaced(check: PageCheck) -> list[str]:
    """Name the rows of sections that no app has; the field that holds them is one that the loader does not know."""
    placed = {section for app in check.edition.apps for section in _sections(app)}
    rows = [row for row in check.gained if row.section not in placed]
    if not rows:
        return []
    head = ["", "TODO:", "  # Rows of sections that no app of the last edition has: a new app, or a new group of one."]
    words = [(row.section, row.api, row.type.value if row.type else "type not given", row.name) for row in rows]
    return head + [f"  - {_quoted(' / '.join(parts))}" for parts in words]


def _entry(edition: Edition, app: App, row: ArticleRow) -> list[str]:
    """Return the lines of a new permission."""
    api = _api(edition, row)
    types = [row.type] if row.type else list(PermissionType)
    offers = [offered for type in types if api and (offered := api.find(row.name, type))]
    fields: dict[str, str] = {
        "api": api.key if api else f"TODO which API {_quoted(row.api)} is",
        "type": offers[0].type.value if len(offers) == 1 else row.type.value if row.type else _either(offers),
        "name": row.name if offers else _unknown(row, api, types),
        "id": f'"{offers[0].id}"' if len(offers) == 1 else _ids(offers),
        "basis": "stated" if row.type else "inferred" if len(offers) == 1 else "TODO inferred, possible or likely",
        "capability": "TODO read or write",
        "when_used": _when_used(edition),
        "label": "TODO the title that the vendor gives it",
        "purpose": _purpose(row),
    }
    if row.section != app.section and row.section != app.name:
        fields["group"] = _quoted(row.section)
    names = iter(fields.items())
    first, value = next(names)
    return [f"{_INDENT}- {first}: {value}", *(f"{_INDENT}  {name}: {value}" for name, value in names)]


def _when_used(edition: Edition) -> str:
    words = [f"{ONLY_WITH}{feature.key}" for feature in edition.features]
    return f"TODO {' or '.join([*words, NOT_STATED])}" if words else NOT_STATED


def _purpose(row: ArticleRow) -> str:
    return "TODO what the vendor needs it for, in our own words" if row.has_purpose else "not-stated"


def _either(offers: list[ApiPermission]) -> str:
    return f"TODO {' or '.join(offer.type.value for offer in offers)}" if offers else "TODO delegated or application"


def _ids(offers: list[ApiPermission]) -> str:
    if not offers:
        return "TODO the id, once the name is right"
    return f"TODO {' or '.join(f'{offered.id} ({offered.type.value})' for offered in offers)}"


def _unknown(row: ArticleRow, api: Api | None, types: Iterable[PermissionType]) -> str:
    names = [name for type in types for name in (api.names(type) if api else ())]
    where = api.name if api else "that API"
    return _quoted(f"TODO {where} has no {row.name}{nearest(row.name, names)}; add a correction, or a newer list")


def _api(edition: Edition, row: ArticleRow) -> Api | None:
    """Return the API that the page means by a name: the vendor's own word for it, or the API's."""
    labels = {entry.row.api.casefold(): entry.api for app in edition.apps for entry in app.permissions}
    names = {api.name.casefold(): key for key, api in edition.apis.items()}
    key = labels.get(row.api.casefold()) or names.get(row.api.casefold())
    return edition.apis[key] if key else None


def _sections(app: App) -> set[str]:
    """Return the sections of the page that an app's rows stand in."""
    own = {app.section} if app.section else set[str]()
    return own | {entry.row.section for entry in app.permissions}


def _apps(root: Node, edition: Edition) -> list[tuple[App, Node]]:
    return list(zip(edition.apps, root.fields["apps"].items, strict=True))


def _span(entry: Node, lines: list[str]) -> tuple[int, int]:
    """Return the lines of a list's entry, without the blank lines and comments behind it."""
    start, end = entry.line - 1, min(entry.end, len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return start, end


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
