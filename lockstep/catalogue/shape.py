"""Shapes of a YAML file: each reads one kind of node, or refuses it with file, line and column.

The same shapes give the JSON Schema, so the two cannot drift apart. Knows nothing of vendors or permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from lockstep.errors import CatalogueError, nearest

NOT_STATED = "not-stated"

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "map": "a mapping of fields",
    "seq": "a list",
    "str": "text",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "null": "nothing",
}


class Mark(Protocol):
    """A place in a file, counted from 0, as PyYAML gives it."""

    line: int
    column: int


class Node(Protocol):
    """The part of a PyYAML node that shapes read."""

    tag: str
    value: Any
    start_mark: Mark


@dataclass(frozen=True, slots=True)
class Place:
    """The file being read, for messages."""

    file: str

    def refuse(self, mark: Mark, message: str) -> CatalogueError:
        """Return the error for one place; columns and lines count from 1, as editors do."""
        return CatalogueError(f"{self.file}:{mark.line + 1}:{mark.column + 1}: {message}")


class Table(dict[str, Any]):
    """The fields of a mapping, with the place of the mapping and of each field's value."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, Mark] = {}


class Shape(Protocol):
    """What a node must look like."""

    def read(self, node: Node, place: Place) -> Any:
        """Return the plain value, or raise CatalogueError with the place."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of this shape."""


def _kind(node: Node) -> str:
    return _KINDS.get(node.tag.removeprefix(_TAG), f"a value tagged {node.tag}")


def _demand(node: Node, place: Place, tag: str, what: str) -> None:
    if node.tag != _TAG + tag:
        hint = "; put it in quotes" if tag == "str" and node.tag[len(_TAG) :] in {"int", "float", "bool"} else ""
        raise place.refuse(node.start_mark, f"{what} must be {_KINDS[tag]}, not {_kind(node)}{hint}")


@dataclass(frozen=True, slots=True)
class Text:
    """One non-empty text; `pattern` must match the whole of it. With `stated`, the text may be `not-stated`: None."""

    what: str
    pattern: str = ""
    stated: bool = False

    def read(self, node: Node, place: Place) -> str | None:
        _demand(node, place, "str", self.what)
        text: str = node.value.strip()
        if not text:
            raise place.refuse(node.start_mark, f"{self.what} is empty; write it out")
        if re.match(r"TODO\b", text):
            raise place.refuse(node.start_mark, f"{self.what} is still to be decided: {text!r}; write it out")
        if self.stated and text == NOT_STATED:
            return None
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise place.refuse(node.start_mark, f"{self.what} {text!r} must match {self.pattern}")
        return text

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "minLength": 1, "description": self.what}
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day, year-month-day, with or without quotes."""

    what: str

    def read(self, node: Node, place: Place) -> str:
        if node.tag not in (_TAG + "str", _TAG + "timestamp"):
            raise place.refuse(node.start_mark, f"{self.what} must be a date such as 2025-03-01, not {_kind(node)}")
        text: str = node.value
        try:
            if date.fromisoformat(text).isoformat() == text:
                return text
        except ValueError:
            pass
        raise place.refuse(node.start_mark, f"{self.what} {text!r} is not a date; write it like 2025-03-01")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": self.what}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a closed list."""

    what: str
    words: tuple[str, ...]

    def read(self, node: Node, place: Place) -> str:
        _demand(node, place, "str", self.what)
        word: str = node.value
        if word not in self.words:
            allowed = ", ".join(self.words)
            message = f"{self.what} {word!r} is not known; allowed are {allowed}{nearest(word, self.words)}"
            raise place.refuse(node.start_mark, message)
        return word

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words), "description": self.what}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    what: str

    def read(self, node: Node, place: Place) -> bool:
        _demand(node, place, "bool", self.what)
        word: str = node.value
        return word.lower() in {"true", "yes", "on"}

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "description": self.what}


@dataclass(frozen=True, slots=True)
class Items:
    """A list of one shape, with at least one entry."""

    what: str
    of: Shape

    def read(self, node: Node, place: Place) -> list[Any]:
        _demand(node, place, "seq", self.what)
        if not node.value:
            raise place.refuse(node.start_mark, f"{self.what} is an empty list; add an entry or leave the field out")
        return [self.of.read(entry, place) for entry in node.value]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "minItems": 1, "items": self.of.schema(), "description": self.what}


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known fields: some must be there, others may."""

    what: str
    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def read(self, node: Node, place: Place) -> Table:
        _demand(node, place, "map", self.what)
        shapes = {**self.required, **self.optional}
        table = Table(node.start_mark)
        for key_node, value_node in node.value:
            key = _key(key_node, place, self.what, shapes)
            if key in table:
                raise place.refuse(key_node.start_mark, f"field {key!r} stands twice in {self.what}; keep one")
            table[key] = shapes[key].read(value_node, place)
            table.marks[key] = value_node.start_mark
        missing = [key for key in self.required if key not in table]
        if missing:
            raise place.refuse(node.start_mark, f"{self.what} lacks the field {', '.join(map(repr, missing))}; add it")
        return table

    def schema(self) -> dict[str, Any]:
        shapes = {**self.required, **self.optional}
        return {
            "type": "object",
            "description": self.what,
            "additionalProperties": False,
            "required": list(self.required),
            "properties": {key: shape.schema() for key, shape in shapes.items()},
        }


@dataclass(frozen=True, slots=True)
class Labels:
    """A mapping from free keys to values of one shape."""

    what: str
    of: Shape

    def read(self, node: Node, place: Place) -> Table:
        _demand(node, place, "map", self.what)
        table = Table(node.start_mark)
        for key_node, value_node in node.value:
            _demand(key_node, place, "str", f"a key of {self.what}")
            key: str = key_node.value
            if key in table:
                raise place.refuse(key_node.start_mark, f"key {key!r} stands twice in {self.what}; keep one")
            table[key] = self.of.read(value_node, place)
            table.marks[key] = key_node.start_mark
        return table

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.of.schema(), "description": self.what}


def _key(node: Node, place: Place, what: str, known: Iterable[str]) -> str:
    _demand(node, place, "str", f"a field name of {what}")
    key: str = node.value
    known = list(known)
    if key not in known:
        message = f"unknown field {key!r} in {what}; allowed are {', '.join(known)}{nearest(key, known)}"
        raise place.refuse(node.start_mark, message)
    return key
