"""From the strings of stack config to values, and from what pydantic objects to, to one line for a person.

Pulumi keeps every setting as a string, lists and objects as JSON. Knows the names of settings, not their meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from inspect import isclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

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
    """Return the value of one setting; ValueError when the text is not of its kind (text, list or object)."""
    try:
        value = text if kind == "text" else json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a lone surrogate), which is no text") from None
    except ValueError:
        value = None
    if kind == "text":
        return value
    if not isinstance(value, list if kind == "list" else dict):
        raise ValueError(f"must be {'a list' if kind == 'list' else 'an object'}")
    return value


def kinds(model: type[BaseModel]) -> dict[str, str]:
    """Return the kind of every setting of a model, by its name in the stack file."""
    # From the fields themselves: every run asks this, and to make a schema takes longer than to read all settings.
    return {field.alias or name: _kind(field.annotation) for name, field in model.model_fields.items()}


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin in (Union, UnionType):
        return _kind(next(argument for argument in arguments if argument is not NoneType))
    if origin in (tuple, list):
        return "list"
    return "object" if origin is dict or (isclass(annotation) and issubclass(annotation, BaseModel)) else "text"


def objections(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return (path, objection) for each thing that is wrong, without repeating any value."""
    texts: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        setting, *inside = map(str, detail["loc"])
        path = setting + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in inside)
        texts.setdefault(path, _objection(detail, _names_beside(model, detail["loc"])))
    return list(texts.items())


def _objection(error: Any, names: Sequence[str]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"is unknown; allowed are {', '.join(names)}{nearest(str(error['loc'][-1]), names)}"
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        return f"must be one of {error['ctx']['expected']}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    return _WHAT.get(kind, "is not allowed")


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True, mode="validation")


def _names_beside(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """Return the names that may stand where the last part of a path stands."""
    schema = _schema(model)
    place: Mapping[str, Any] = schema
    for step in path[:-1]:
        place = place.get("items", {}) if isinstance(step, int) else _property(place, step)
        for option in place.get("anyOf", ()):
            place = option if option.get("type") != "null" else place
        if "$ref" in place:
            place = schema["$defs"][place["$ref"].rpartition("/")[2]]
    return list(place.get("properties", ()))


def _property(place: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = place.get("properties", {}).get(name) or place.get("additionalProperties") or {}
    return entry
