"""Checks a YAML file against pydantic models, and says what is wrong with file, line, column and the nearest name.

A model's title, and the description of a field, are the words of the messages and of the JSON Schema alike. Knows
nothing of vendors or permissions. Importing this imports pydantic: who needs no check leaves it alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from lockstep.errors import UsageError, nearest
from lockstep.json_schema import file_schema
from lockstep.yaml_file import Node

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
_DEMANDED = {
    "model_type": "a mapping of fields",
    "dict_type": "a mapping of fields",
    "list_type": "a list",
    "string_type": "text",
    "enum": "text",
    "literal_error": "text",
    "bool_type": "true or false",
}


class FileShape(BaseModel):
    """What a mapping of a file must look like: strict types, and no unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


ShapeT = TypeVar("ShapeT", bound=FileShape)


def _decided(text: str) -> str:
    if re.match(r"TODO\b", text):
        raise ValueError(f"is still to be decided: {text!r}; write it out")
    return text


def _day_text(value: object) -> object:
    return value.text if isinstance(value, Node) and value.kind == "timestamp" else value


def _day(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a date; write it like 2025-03-01")


def matching(pattern: str) -> StringConstraints:
    """Return the constraint that a whole text must match a pattern."""
    return StringConstraints(strip_whitespace=True, min_length=1, pattern=f"^(?:{pattern})$")


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_decided)]
Day = Annotated[
    str,
    BeforeValidator(_day_text),
    AfterValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}),
]
Guid = Annotated[str, matching("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
Key = Annotated[str, matching("[a-z0-9]+(-[a-z0-9]+)*")]
Name = Annotated[str, matching(r"\S+")]
EntryT = TypeVar("EntryT")
Some = Annotated[list[EntryT], Field(min_length=1)]
"""A list of at least one entry."""


def checked(root: Node, model: type[ShapeT]) -> ShapeT:
    """Return what a file holds; the file's own error, at its place, for the first thing that is wrong."""
    try:
        return model.model_validate(_plain(root))
    except ValidationError as error:
        raise min(_objections(error, root, model), key=lambda objection: objection[0])[1] from None


def _plain(node: Node) -> Any:
    """Return what pydantic checks: whatever is neither text nor flag stays a node, which no type accepts."""
    if node.kind == "map":
        return {key: _plain(value) for key, value in node.fields.items()}
    if node.kind == "seq":
        return [_plain(item) for item in node.items]
    return node.value() if node.kind in ("str", "bool") else node


def _objections(
    error: ValidationError, root: Node, model: type[FileShape]
) -> Iterator[tuple[tuple[int, int], UsageError]]:
    """Yield each objection with its place; a missing field is missed at the end of its mapping."""
    schema = file_schema(model)
    missing: dict[tuple[int | str, ...], list[str]] = {}
    for entry in error.errors(include_url=False):
        *way, last = path = tuple(step for step in entry["loc"] if step != "[key]") or ("",)
        if entry["type"] == "missing":
            missing.setdefault(tuple(way), []).append(repr(last))
            continue
        if entry["type"] == "extra_forbidden":
            node, place = _at(root, schema, tuple(way))
            names = list(place["properties"])
            words = f"unknown field {last!r} in {place['title']}; allowed are {', '.join(names)}"
            node, message = node.keys[str(last)], f"{words}{nearest(str(last), names)}"
        else:
            node, place = _at(root, schema, path if entry["loc"] else ())
            message = _message(entry, node, place)
        yield (node.line, node.column), node.refuse(message)
    for at, absent in missing.items():
        node, place = _at(root, schema, at)
        yield (node.end, 0), node.refuse(f"{place['title']} lacks the field {', '.join(absent)}; add it")


def _at(root: Node, schema: dict[str, Any], way: tuple[int | str, ...]) -> tuple[Node, dict[str, Any]]:
    """Return the node at a place of the file, and the part of the schema that is about it."""
    node, place = root, schema
    for step in way:
        if isinstance(step, int):
            node, place = node.items[step], place["items"]
        else:
            node = node.fields[step]
            place = place["properties"][step] if "properties" in place else place["additionalProperties"]
        if "$ref" in place:
            place = {**schema["$defs"][place["$ref"].rpartition("/")[2]], **place}
    return node, place


def _message(entry: Any, node: Node, place: dict[str, Any]) -> str:
    # The description of a model is for whoever reads the code; a file is told its title.
    what = place["title"] if "properties" in place else place["description"]
    kind, text = entry["type"], node.text.strip()
    demanded = _DEMANDED.get(kind)
    if kind in ("enum", "literal_error") and node.kind == "str":
        words = re.findall(r"'([^']+)'", entry["ctx"]["expected"])
        return f"{what} {text!r} is not known; allowed are {', '.join(words)}{nearest(text, words)}"
    if demanded:
        hint = "; put it in quotes" if demanded == "text" and node.kind in ("int", "float", "bool") else ""
        if place.get("format") == "date":
            demanded, hint = "a date such as 2025-03-01", ""
        return f"{what} must be {demanded}, not {_KINDS.get(node.kind, f'a value tagged {node.kind}')}{hint}"
    if kind == "too_short":
        return f"{what} is an empty list; add an entry or leave the field out"
    if kind == "string_too_short":
        return f"{what} is empty; write it out"
    if kind == "string_pattern_mismatch":
        try:
            _decided(text)
        except ValueError as error:
            return f"{what} {error}"
        return f"{what} {text!r} must match {entry['ctx']['pattern'][4:-2]}"
    return f"{what} {entry['ctx']['error']}"
