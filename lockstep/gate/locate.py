"""Where a fact comes from: the row of the catalogue, the stack's setting, or the line of the program.

Reads the head's files as text and YAML only.
"""

from __future__ import annotations

import ast
import datetime
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from lockstep.errors import UsageError
from lockstep.gate.changes import EDITIONS, changed_lines
from lockstep.gate.editions import EditionChange, yaml_root
from lockstep.gate.manifest import Line
from lockstep.rehearsal.boundary import Place
from lockstep.report import Finding, Location
from lockstep.text_file import read_text
from lockstep.yaml_file import Node


class Finder:
    """Finds places in the head. `changed` are the paths of the files that are not as in the base."""

    def __init__(self, base: Path, head: Path, changed: Iterable[str]) -> None:
        self._base = base
        self._head = head
        self._changed = frozenset(changed)

    def cause(self, line: Line, stack_file: str) -> Location | None:
        """Return the new catalogue row or the new setting that a line comes from, or None."""
        new = ((place, id_) for edition in self._editions for place, id_, _ in edition.differing)
        row = next((place for place, id_ in new if line.words and id_ == line.words[0]), None)
        return row or self._setting(line.words, stack_file)

    def first_change(self, paths: Iterable[str]) -> Location | None:
        """Return the first changed line below the first of these paths that has one."""
        for start in paths:
            for path in sorted(self._changed):
                if path.startswith(start):
                    return self.change(path)
        return None

    def place(self, places: Iterable[Place]) -> Location | None:
        """Return the program line: a changed one on the way, else one in a changed file, else the nearest."""
        nearest_first = list(dict.fromkeys(places))
        for file, line in nearest_first:
            if file in self._changed:
                changed = [number for number in self._lines(file) if line <= number <= _end(self._head / file, line)]
                if changed:
                    return Location(file, changed[0])
        in_changed = (place for place in nearest_first if place[0] in self._changed)
        place = next(in_changed, nearest_first[0] if nearest_first else None)
        return Location(*place) if place else None

    def change(self, path: str) -> Location:
        """Return the first changed line of a file."""
        if not (self._head / path).is_file():
            return Location(path)
        return Location(path, self._lines(path)[0], 1)

    def rows(self) -> Iterator[tuple[Location, str]]:
        """Yield what the permission rows of the head's editions say anew, each with its place."""
        for edition in self._editions:
            for place, _, text in edition.differing:
                yield place, text

    def remarks(self, today: datetime.date) -> Iterator[Finding]:
        """Yield what is worth knowing of each changed edition: what it was compared with, and a date in the future."""
        for edition in self._editions:
            yield from edition.remarks(today)

    @cached_property
    def _editions(self) -> list[EditionChange]:
        paths = [path for path in sorted(self._changed) if path.startswith(EDITIONS) and path.endswith(".yaml")]
        return [EditionChange.read(self._base, self._head, path) for path in paths if _is_plain(self._head / path)]

    def _setting(self, words: tuple[str, ...], stack_file: str) -> Location | None:
        # Only what the base's stack file does not say can be the cause of a difference.
        on_base = {node.text for node in _scalars(self._base / stack_file)}
        for word in words:
            for node in _scalars(self._head / stack_file):
                text = node.text
                if text not in on_base and len(text) > 1 and (text == word or (len(text) > 7 and text in word)):
                    return Location(stack_file, node.line, node.column)
        # A word may also be the key of an app, of which the stack file says something else than before.
        before, after = _apps(self._base / stack_file), _apps(self._head / stack_file)
        for word in words:
            if word in after and (
                word not in before or before[word][1].value(as_written=True) != after[word][1].value(as_written=True)
            ):
                return Location(stack_file, after[word][0].line, after[word][0].column)
        return None

    def _lines(self, path: str) -> list[int]:
        return _changed(self._base / path, self._head / path)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


@cache
def _ends(path: Path) -> Mapping[int, int]:
    """Return the last line of the longest simple statement or expression that starts in each line of a Python file."""
    if not _is_plain(path):
        return {}
    try:
        tree = ast.parse(read_text(path, path.name))
    except (UsageError, SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    ends: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.Assign | ast.Expr | ast.Return | ast.AnnAssign):
            ends[node.lineno] = max(ends.get(node.lineno, 0), node.end_lineno or node.lineno)
    return ends


def _end(path: Path, line: int) -> int:
    return _ends(path).get(line, line)


@cache
def _changed(base: Path, head: Path) -> list[int]:
    return changed_lines(base, head)


def _scalars(path: Path) -> Iterator[Node]:
    root = yaml_root(path)
    return (node for node in root.walk() if node.kind not in ("map", "seq")) if root else iter(())


def _apps(path: Path) -> dict[str, tuple[Node, Node]]:
    """Return what a stack file says of each app: the node of its key, and of its settings."""
    root = yaml_root(path)
    config = root.fields.get("config") if root else None
    settings = (node for name, node in config.fields.items() if name.endswith("apps")) if config else ()
    return {key: (node.keys[key], entry) for node in settings for key, entry in node.fields.items()}
