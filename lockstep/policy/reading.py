"""Reads the properties of a resource as the analyzer hands them over, and never raises for an unknown.

The SDK wraps properties in proxies that raise when an unknown is touched, even by `in` and by `get`; nested objects
carry a `__defaults` key, numbers are floats, and secrets are plain values. So: chosen keys only, and nothing that
could be a secret is repeated.
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


def elements(found: Sequence[Any]) -> Iterator[Any]:
    """Yield the elements of a list, UNKNOWN in place of each that is not known."""
    for index in range(len(found)):
        try:
            yield found[index]
        except UnknownValueError:
            yield UNKNOWN


def mapping(props: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """Return the object at `key`; None when it is absent, unknown or something else."""
    found = value(props, key)
    return found if isinstance(found, Mapping) else None


def listing(props: Mapping[str, Any], key: str) -> list[Any]:
    """Return the elements of the list at `key`; an unknown or malformed list is one UNKNOWN, an absent one nothing."""
    found = value(props, key)
    if found is None:
        return []
    if isinstance(found, str) or not isinstance(found, Sequence):
        return [UNKNOWN]
    return list(elements(found))


def text(props: Mapping[str, Any], key: str) -> str | Unknown:
    """Return the text at `key`, empty when it is absent; what is no text counts as unknown."""
    found = value(props, key)
    if found is None:
        return ""
    return found if isinstance(found, str) else UNKNOWN


def shown(found: object) -> str:
    """Return how an id may be repeated: as it is when it is a GUID, else in words, because it could be a secret."""
    if isinstance(found, str) and GUID.fullmatch(found.lower()):
        return found
    return UNKNOWN.value if found is UNKNOWN else "not a GUID"
