"""Between Pulumi's wire form and plain Python: structs, secrets, unknowns.

Knows the wire and nothing else, because the plugin answers the engine's first questions with it, before anything else
is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from lockstep.deployment import SECRET, SIGNATURE, UNKNOWN, Properties


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Return the properties that a Struct holds; secrets are unwrapped, unknowns stay as UNKNOWN."""
    return {name: _unwrapped(inner) for name, inner in values_of(struct).items()}


def values_of(struct: struct_pb2.Struct) -> Properties:
    """Return a Struct as JSON values, marks of secrets included: keys sorted, whole numbers as ints."""
    fields = struct.fields
    return {name: _value(fields[name]) for name in sorted(fields)}


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the Struct of `properties`; None values are left out."""
    struct = struct_pb2.Struct()
    struct.update({name: value for name, value in properties.items() if value is not None})
    return struct


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return values_of(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _unwrapped(value.get("value"))
        return {name: _unwrapped(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_unwrapped(inner) for inner in value]
    return value


def is_known(value: object) -> bool:
    """True when `value` is there and is not the engine's mark of an unknown."""
    return value is not None and value != UNKNOWN
