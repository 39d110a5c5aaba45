"""Reads the properties of a resource as the analyzer hands them over, and never raises for an unknown.

The SDK wraps properties in proxies that raise an error when an unknown value is touched, even by `in` and by `get`.
Nested objects have an extra key `__defaults`, numbers are floats, and secrets are plain values. So the functions here
read one key at a time, and repeat nothing that could be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from pulumi_policy.proxy import UnknownValueError

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DEFAULTS = "__defaults"


class Unknown(Enum):
    """The mark of a value that a preview cannot know."""

    UNKNOWN = "not known yet"


UNKNOWN = Unknown.UNKNOWN


def value(props: Mapping[str, Any], key: str) -> Any:
    """Return a property, None when it is not there, or UNKNOWN."""
    try:
        return props[key]
    except KeyError:
        return None
    except UnknownValueError:
        return UNKNOWN


def keys(props: Mapping[str, Any]) -> list[str]:
    """Return the keys of an object in order, without the engine's own."""
    return sorted(key for key in props if key != _DEFAULTS)


def plain(content: Any) -> Any:
    """Return a value as plain lists and dicts, without the engine's own keys; UNKNOWN when any part is not known."""
    if isinstance(content, Mapping):
        parts = {key: plain(value(content, key)) for key in keys(content)}
        return UNKNOWN if any(part is UNKNOWN for part in parts.values()) else parts
    if isinstance(content, Sequence) and not isinstance(content, str):
        entries = list(map(plain, elements(content)))
        return UNKNOWN if any(entry is UNKNOWN for entry in entries) else entries
    return content


def elements(items: Sequence[Any]) -> Iterator[Any]:
    """Yield the elements of a list, UNKNOWN in place of each that is not known."""
    for index in range(len(items)):
        try:
            yield items[index]
        except UnknownValueError:
            yield UNKNOWN


def mapping(props: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """Return the object at `key`; None when it is absent, unknown or something else."""
    content = value(props, key)
    return content if isinstance(content, Mapping) else None


def listing(props: Mapping[str, Any], key: str) -> list[Any]:
    """Return the elements of the list at `key`; an unknown or malformed list is one UNKNOWN, an absent one nothing."""
    content = value(props, key)
    if content is None:
        return []
    if isinstance(content, str) or not isinstance(content, Sequence):
        return [UNKNOWN]
    return list(elements(content))


def text(props: Mapping[str, Any], key: str) -> str | Unknown:
    """Return the text at `key`, empty when it is absent; what is no text counts as unknown."""
    content = value(props, key)
    if content is None:
        return ""
    return content if isinstance(content, str) else UNKNOWN


def shown(content: object) -> str:
    """Return how an id may be repeated: as it is when it is a GUID, else in words, because it could be a secret."""
    if isinstance(content, str) and GUID.fullmatch(content.lower()):
        return content
    return UNKNOWN.value if content is UNKNOWN else "not a GUID"
