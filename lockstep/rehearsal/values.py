"""Property values of the engine, as JSON values: unknowns, secrets, `ignore_changes` paths.

Knows neither state nor plugins.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from google.protobuf import struct_pb2

from lockstep.deployment import SECRET, SIGNATURE, UNKNOWN, Properties
from lockstep.errors import UsageError

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.\[]+)')


def to_struct(values: Properties) -> struct_pb2.Struct:
    """Return JSON values as a struct; None is null."""
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def has_unknown(value: Any) -> bool:
    """Tell whether any part of `value` is unknown."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def without_unknowns(values: Properties) -> Properties:
    """Return the properties that are known in full: all that may be stored."""
    return {key: value for key, value in values.items() if not has_unknown(value)}


def secret_path(value: Any, path: str = "") -> str | None:
    """Return the path of the first secret inside `value`, or None."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return path
        pairs = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        return None
    return next((inner for key, item in pairs if (inner := secret_path(item, key)) is not None), None)


def reveal(values: Properties, names: frozenset[str]) -> Properties:
    """Return `values` with the secret marks taken off the named properties."""
    return {
        key: value.get("value")
        if key in names and isinstance(value, dict) and value.get(SIGNATURE) == SECRET
        else value
        for key, value in values.items()
    }


def refuse_secrets(urn: str, what: str, values: Properties) -> None:
    """Raise when `values` hold a secret: a rehearsal's state file has no encryption to keep it with."""
    path = secret_path(values)
    if path is not None:
        raise UsageError(
            f"{urn} has the secret {what} {path!r}: rehearsal keeps no secrets, because its state file is not "
            "encrypted; leave it out, or run this stack with the Pulumi CLI"
        )


def parse_path(path: str) -> list[str | int]:
    """Return the keys and indices of a property path such as `api.scopes[0]` or `permissions["Microsoft Graph"]`."""
    keys: list[str | int] = []
    for quoted, index, plain in _STEP.findall(path):
        if index:
            keys.append("*" if index == "*" else int(index))
        else:
            keys.append(quoted.replace('\\"', '"') if quoted else plain)
    return keys


def reset_ignored(inputs: Properties, old_inputs: Properties, paths: list[str]) -> Properties:
    """Return `inputs` with every ignored path set back to what `old_inputs` holds there."""
    if not paths:
        return inputs
    result = copy.deepcopy(inputs)
    for path in paths:
        _reset(result, old_inputs, parse_path(path))
    return result


def _reset(target: Any, source: Any, keys: list[str | int]) -> None:
    if not keys:
        return
    key, rest = keys[0], keys[1:]
    if key == "*":
        indices = range(len(target)) if isinstance(target, list) else list(target) if isinstance(target, dict) else []
        for index in indices:
            _reset(target, source, [index, *rest])
        return
    inside = (isinstance(source, dict) and key in source) or _in_list(source, key)
    if rest:
        if inside and ((isinstance(target, dict) and key in target) or _in_list(target, key)):
            _reset(target[key], source[key], rest)
    elif isinstance(target, dict):
        if inside:
            target[key] = copy.deepcopy(source[key])
        else:
            target.pop(key, None)
    elif inside and _in_list(target, key):
        target[key] = copy.deepcopy(source[key])


def _in_list(value: Any, key: str | int) -> bool:
    return isinstance(value, list) and isinstance(key, int) and key < len(value)
