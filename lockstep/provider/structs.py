"""Between Pulumi's wire form and plain Python: structs, secrets, unknowns.

Knows the wire and nothing else, because the plugin answers the engine's first questions with it, before anything else
is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict

from lockstep.deployment import SECRET, SIGNATURE, UNKNOWN, Properties


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Return the properties that a Struct holds; secrets are unwrapped, unknowns stay as UNKNOWN."""
    plain = _plain(MessageToDict(struct))
    return plain if isinstance(plain, dict) else {}


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the Struct of `properties`; None values are left out."""
    struct = struct_pb2.Struct()
    struct.update({name: value for name, value in properties.items() if value is not None})
    return struct


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _plain(value.get("value"))
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def is_known(value: object) -> bool:
    """True when `value` is there and is not the engine's mark of an unknown."""
    return value is not None and value != UNKNOWN
