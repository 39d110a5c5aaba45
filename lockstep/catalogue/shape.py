"""Shapes of a YAML file: each reads one kind of node, or refuses it with file, line and column.

The same shapes give the JSON Schema, so the two cannot drift apart. Knows nothing of vendors or permissions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from lockstep.errors import nearest
from lockstep.yaml_file import Node

NOT_STATED = "not-stated"

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


class Table(dict[str, Any]):
    """The fields of a mapping, with the node of the mapping and of each field's value."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node
        self.nodes: dict[str, Node] = {}


class Shape(Protocol):
    """What a node must look like."""

    def read(self, node: Node) -> Any:
        """Return the plain value, or raise the file's error with the place."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of this shape."""


def _kind(node: Node) -> str:
    return _KINDS.get(node.kind, f"a value tagged {node.kind}")


def _demand(node: Node, tag: str, what: str) -> None:
    if node.kind != tag:
        hint = "; put it in quotes" if tag == "str" and node.kind in {"int", "float", "bool"} else ""
        raise node.refuse(f"{what} must be {_KINDS[tag]}, not {_kind(node)}{hint}")


@dataclass(frozen=True, slots=True)
class Text:
    """One non-empty text; `pattern` must match the whole of it. With `stated`, the text may be `not-stated`: None."""

    what: str
    pattern: str = ""
    stated: bool = False

    def read(self, node: Node) -> str | None:
        _demand(node, "str", self.what)
        text: str = node.text.strip()
        if not text:
            raise node.refuse(f"{self.what} is empty; write it out")
        if re.match(r"TODO\b", text):
            raise node.refuse(f"{self.what} is still to be decided: {text!r}; write it out")
        if self.stated and text == NOT_STATED:
            return None
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise node.refuse(f"{self.what} {text!r} must match {self.pattern}")
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

    def read(self, node: Node) -> str:
        if node.kind not in ("str", "timestamp"):
            raise node.refuse(f"{self.what} must be a date such as 2025-03-01, not {_kind(node)}")
        text: str = node.text
        try:
            if date.fromisoformat(text).isoformat() == text:
                return text
        except ValueError:
            pass
        raise node.refuse(f"{self.what} {text!r} is not a date; write it like 2025-03-01")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": self.what}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a closed list."""

    what: str
    words: tuple[str, ...]

    def read(self, node: Node) -> str:
        _demand(node, "str", self.what)
        word: str = node.text
        if word not in self.words:
            allowed = ", ".join(self.words)
            message = f"{self.what} {word!r} is not known; allowed are {allowed}{nearest(word, self.words)}"
            raise node.refuse(message)
        return word

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words), "description": self.what}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    what: str

    def read(self, node: Node) -> bool:
        _demand(node, "bool", self.what)
        word: str = node.text
        return word.lower() in {"true", "yes", "on"}

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "description": self.what}


@dataclass(frozen=True, slots=True)
class Items:
    """A list of one shape, with at least one entry."""

    what: str
    of: Shape

    def read(self, node: Node) -> list[Any]:
        _demand(node, "seq", self.what)
        if not node.items:
            raise node.refuse(f"{self.what} is an empty list; add an entry or leave the field out")
        return [self.of.read(entry) for entry in node.items]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "minItems": 1, "items": self.of.schema(), "description": self.what}


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known fields: some must be there, others may."""

    what: str
    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def read(self, node: Node) -> Table:
        _demand(node, "map", self.what)
        shapes = {**self.required, **self.optional}
        table = Table(node)
        for key, value in node.fields.items():
            if key not in shapes:
                message = f"unknown field {key!r} in {self.what}; allowed are {', '.join(shapes)}{nearest(key, shapes)}"
                raise node.keys[key].refuse(message)
            table[key] = shapes[key].read(value)
            table.nodes[key] = value
        missing = [key for key in self.required if key not in table]
        if missing:
            raise node.refuse(f"{self.what} lacks the field {', '.join(map(repr, missing))}; add it")
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

    def read(self, node: Node) -> Table:
        _demand(node, "map", self.what)
        table = Table(node)
        for key, value in node.fields.items():
            table[key] = self.of.read(value)
            table.nodes[key] = node.keys[key]
        return table

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.of.schema(), "description": self.what}
