"""What a changed edition of the catalogue says that the base's editions do not. Reads files as YAML only.

A new edition is compared with the one before it: of its many rows, the few that differ are what somebody has to read.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lockstep.catalogue.api import DATA
from lockstep.errors import UsageError
from lockstep.gate import rules
from lockstep.gate.changes import SHIPPED
from lockstep.report import Finding, Location, Severity
from lockstep.yaml_file import Node, read_yaml

Row = tuple[str, ...]
"""What a row is known by: its app, and API, type, name and id of the permission."""


@dataclass(frozen=True)
class EditionChange:
    """One changed edition of the head. `differing` has place, id and words of each row that is not as it was."""

    path: str
    compared: str
    """The edition of the base that it was compared with; empty where the vendor has none there."""
    differing: tuple[tuple[Location, str, str], ...]
    same: int
    beside: tuple[str, ...]
    """The names of what else differs in the file."""
    dates: tuple[tuple[Location, str, datetime.date], ...]

    @classmethod
    def read(cls, base: Path, head: Path, path: str) -> EditionChange:
        """Compare an edition of the head with the base's own, or with the base's edition before it."""
        root, (earlier, before) = yaml_root(head / path), _before(base, path)
        old = yaml_root(earlier) if earlier else None
        rows, old_rows, sources = _rows(root), _rows(old), _sources(root)
        differing = [
            (
                _place(path, node),
                key[-1],
                f"{text} (source: {sources[key]})" if key not in old_rows and sources[key] else text,
            )
            for key, node in rows.items()
            if (text := _difference(key, node, old_rows.get(key)))
        ]
        gone = [(Location(path, 1, 1), "", f"leaves out the row {_title(key)}") for key in old_rows if key not in rows]
        beside = {name for name in {*_plain(root), *_plain(old)} if _plain(root).get(name) != _plain(old).get(name)}
        # Where nothing was there before, everything is new, and naming it all says nothing.
        others = tuple(sorted(beside - {"apps"})) if old else ()
        return cls(path, before, (*differing, *gone), len(rows) - len(differing), others, tuple(_dates(path, root)))

    def remarks(self, today: datetime.date) -> Iterator[Finding]:
        """Yield how much of it is as it was, and each date that has not come yet."""
        if self.compared:
            number = len(self.differing)
            text = f"compared with {self.compared} of the base: {number} rows differ, {self.same} are the same"
            text += f"; beside the rows differ {', '.join(self.beside)}" if self.beside else ""
            yield Finding(
                rules.ADDED_ROW.name, Severity.INFORMATION, text, self.path, location=Location(self.path, 1, 1)
            )
        for place, name, date in self.dates:
            if date > today:
                yield Finding(
                    rules.ADDED_ROW.name,
                    Severity.WARNING,
                    f"{name} is {date}, which is in the future (today is {today})",
                    self.path,
                    fix="an edition has the date from which the vendor documents it: look at the source",
                    location=place,
                )


@cache
def yaml_root(path: Path) -> Node | None:
    """Return the root of a YAML file; None where it is none, which whoever reads it in earnest says."""
    try:
        return None if path.is_symlink() else read_yaml(path)
    except UsageError:
        return None


def _before(base: Path, path: str) -> tuple[Path | None, str]:
    """Return the base's edition that one of the head is compared with, and its name; what ships is on the base too."""
    if (base / path).is_file():
        return base / path, path
    parent, date = path.rpartition("/")[0], Path(path).stem
    folders = {f"{SHIPPED}{Path(parent).name}": DATA / "editions" / Path(parent).name, parent: base / parent}
    if path.startswith(SHIPPED):
        folders = {parent: base / parent}
    names = {
        file.stem: (file, f"{shown}/{file.name}")
        for shown, folder in folders.items()
        for file in sorted(folder.glob("*.yaml"))
        if file.is_file()
    }
    earlier = [other for other in sorted(names) if other < date]
    other = earlier[-1] if earlier else min(names, default="")
    return names.get(other, (None, ""))


def _difference(key: Row, node: Node, before: Node | None) -> str:
    if before is None:
        return f"adds the row {_title(key)}"
    old, new = before.value(as_written=True), node.value(as_written=True)
    changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    shown = "; ".join(f"{name} is {new.get(name, 'not there')}, was {old.get(name, 'not there')}" for name in changed)
    return f"changes the row {_title(key)}: {shown}" if changed else ""


def _title(key: Row) -> str:
    return " · ".join(key[:4])


def _rows(root: Node | None) -> dict[Row, Node]:
    rows = {}
    for app in _items(root, "apps"):
        for row in _items(app, "permissions"):
            key = tuple(_text(row, name) for name in ("api", "type", "name", "id"))
            rows[_text(app, "key"), *key] = row
    return rows


def _sources(root: Node | None) -> dict[Row, str]:
    """Return where each row is from, in words: its own source, else its app's, else the edition's first."""
    named = {_text(source, "key"): source for source in _items(root, "sources")}
    sources = {}
    for app in _items(root, "apps"):
        for row in _items(app, "permissions"):
            key = tuple(_text(row, name) for name in ("api", "type", "name", "id"))
            of = next((node for node in (row, app) if "source" in node.fields), None)
            first = next(iter(named), "")
            source = named.get(_text(of, "source") if of else first)
            words = [_text(source, name) for name in ("title", "url", "retrieved")] if source else []
            sources[_text(app, "key"), *key] = ", ".join(word for word in words if word != "?")
    return sources


def _dates(path: str, root: Node | None) -> Iterator[tuple[Location, str, datetime.date]]:
    """Yield the dates of an edition: of its file's name, from when it holds, and when its source was read."""
    named = [(root, "valid_from"), *((source, "retrieved") for source in _items(root, "sources"))]
    dates = [
        (_place(path, node.fields[name]), name, _text(node, name))
        for node, name in named
        if node and name in node.fields
    ]
    dates.append((Location(path), "the date in its name", Path(path).stem))
    for place, name, text in dates:
        try:
            yield place, name, datetime.date.fromisoformat(text)
        except ValueError:
            continue  # the catalogue itself refuses it


def _plain(root: Node | None) -> Mapping[str, Any]:
    return {name: node.value(as_written=True) for name, node in root.fields.items()} if root else {}


def _items(node: Node | None, name: str) -> list[Node]:
    entry = node.fields.get(name) if node else None
    return entry.items if entry else []


def _text(node: Node, name: str) -> str:
    value = node.fields.get(name)
    return value.text if value and value.kind not in ("map", "seq") else "?"


def _place(path: str, node: Node) -> Location:
    return Location(path, node.line, node.column)
