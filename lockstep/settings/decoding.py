"""From the strings of stack config to values, and from what pydantic objects to, to one line for a person.

Pulumi keeps every setting as a string, lists and objects as JSON. Knows the names of settings, not their meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from lockstep.errors import nearest

_WHAT = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def decode(text: str, kind: str) -> Any:
    """Return the value of one setting; ValueError when the text is not of its kind (text, flag, list or object)."""
    if kind == "text":
        return text
    if kind == "flag":
        if text not in ("true", "false"):
            raise ValueError("must be true or false")
        return text == "true"
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list if kind == "list" else dict):
        raise ValueError(f"must be {'a list' if kind == 'list' else 'an object'}")
    return value


def kinds(model: type[BaseModel]) -> dict[str, str]:
    """Return the kind of every setting of a model, by its name in the stack file."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    found = {"boolean": "flag", "array": "list", "object": "object"}
    return {name: found.get(_type(entry), "text") for name, entry in schema["properties"].items()}


def objections(error: ValidationError, parts: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """Return (setting, path inside it, objection) for each thing that is wrong, without repeating any value.

    `parts` gives the names that may stand inside a setting, to find the nearest one to a misspelt name.
    """
    found: dict[tuple[str, str], str] = {}
    for each in error.errors(include_url=False, include_input=False):
        setting, *inside = map(str, each["loc"])
        path = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in inside)
        found.setdefault((setting, path), _objection(each, inside, parts.get(setting, ())))
    return [(setting, path, text) for (setting, path), text in found.items()]


def _objection(error: Any, inside: Sequence[str], names: Sequence[str]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        word = inside[-1]
        return f"is unknown; allowed are {', '.join(names)}{nearest(word, names)}"
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        return f"must be one of {error['ctx']['expected']}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    return _WHAT.get(kind, "is not allowed")


def _type(entry: Mapping[str, Any]) -> str:
    options = entry.get("anyOf", [entry])
    return str(next((option["type"] for option in options if option.get("type") not in (None, "null")), ""))
