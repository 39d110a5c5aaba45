"""What Microsoft Graph documents of its types: their properties and relationships, and how these may be asked for.

The data are Microsoft's own description of Graph, cut to the types that the emulator serves (graph_types.json, written
by scripts/graph_types.py; it names its sources and its date). What is documented and not emulated is refused with 501
and its name, what is not documented with Graph's own 400: so nobody takes "not emulated" for "there is no such thing".
Knows no table, no HTTP, and not which part of this the emulator serves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotSupportedError, ServiceError

_BESIDES: dict[tuple[str, str], tuple[str, ...]] = {
    # Graph answers with them, and $metadata does not have them: the Azure CLI's `az ad sp show` prints the first;
    # https://learn.microsoft.com/entra/identity/role-based-access-control/admin-units-restricted-management
    ("v1.0", "servicePrincipal"): ("createdDateTime", "isManagementRestricted"),
    ("beta", "servicePrincipal"): ("createdDateTime", "isManagementRestricted"),
}
_EXTENSION = re.compile(r"extension_[0-9a-f]{32}_\w+", re.IGNORECASE)
"""A directory extension, which some application has added to a type."""


@dataclass(frozen=True)
class Documented:
    """What Graph documents of one property or relationship."""

    name: str
    type: str = ""
    """Its complex type, if that is what it is of."""
    relationship: str = ""
    """The type of the objects that it leads to, of a relationship."""
    scalar: str = "text"
    """What its value is where that is neither of a complex type nor an object: text, boolean, number, moment or any."""
    is_list: bool = False
    filter: frozenset[str] = frozenset()
    order: bool = False


@cache
def _document() -> Any:
    return json.loads(files("lockstep.emulator.odata").joinpath("graph_types.json").read_text("utf-8"))


@cache
def properties(kind: str, version: str) -> Mapping[str, Documented]:
    """Return what is documented of a type, with what it inherits, by names in lower case; nothing of other types."""
    entry = _document()[version]["types"].get(kind)
    if entry is None:
        return {}
    by_name = dict(properties(entry["base"], version)) if entry["base"] else {}
    for name, facts in entry["properties"].items():
        by_name[name.lower()] = Documented(
            name,
            facts.get("type", ""),
            facts.get("relationship", ""),
            facts.get("scalar", "text"),
            facts.get("list", False),
            frozenset(facts.get("filter", ())),
            facts.get("order", False),
        )
    for name in _BESIDES.get((version, kind), ()):
        by_name[name.lower()] = Documented(name)
    return by_name


def find(kinds: Iterable[str], name: str, version: str) -> Documented | None:
    """Return what is documented of a property, or of the property at the head of a path, of any of these types."""
    head = name.partition("/")[0].lower()
    return next((of_kind[head] for of_kind in (properties(kind, version) for kind in kinds) if head in of_kind), None)


def is_known(kind: str, version: str) -> bool:
    """Tell whether these data hold a type."""
    return bool(properties(kind, version))


def directory_types(version: str) -> Mapping[str, str]:
    """Return every documented kind of directory object, with the type that it derives from."""
    types: Mapping[str, str] = _document()[version]["directoryObjects"]
    return types


def lacking(kinds: Iterable[str], name: str, version: str) -> ServiceError | None:
    """Return the refusal of a name that Graph documents of one of these types and the emulator lacks, or None."""
    kinds = tuple(kinds)
    entry = find(kinds, name, version)
    if entry is not None:
        if "/" in name:
            return NotSupportedError(f"the path '{name}' into '{entry.name}' of {kinds[0]}")
        what = "relationship" if entry.relationship else "property"
        return NotSupportedError(f"the {what} '{entry.name}' of {kinds[0]}, which Microsoft Graph documents")
    if _EXTENSION.fullmatch(name):
        return NotSupportedError(f"directory extensions, such as '{name}' of {kinds[0]}")
    return None


def invalid(name: str) -> ServiceError:
    """Return Graph's refusal of a name in a body that its type does not have."""
    return BadRequestError(f"Invalid property '{name}'.")


def check_type(kind: str, value: Any, version: str) -> None:
    """Refuse a body that says it is of another type: one that derives from this one, or none."""
    named = str(value).removeprefix("#").removeprefix("microsoft.graph.")
    if named.lower() == kind.lower():
        return
    types = directory_types(version)
    name = next((word for word in types if word.lower() == named.lower()), None)
    if name is not None and types[name] == kind:
        raise NotSupportedError(f"the type '{name}', which derives from {kind}")
    raise BadRequestError(f"A type named '{value}' is not one of '{kind}'.")


def check_value(kind: str, entry: Documented, value: Any, version: str) -> None:
    """Refuse a value of another type than the property's, and names inside it that its type does not have."""
    if value is None:
        return
    if entry.is_list is not isinstance(value, list):
        raise wrong_type(kind, entry)
    for item in value if isinstance(value, list) else [value]:
        if not entry.type:
            if not _SCALARS[entry.scalar](item):
                raise wrong_type(kind, entry)
            continue
        if not isinstance(item, dict):
            raise wrong_type(kind, entry)
        for name, inner in item.items():
            if "@odata" in name or not is_known(entry.type, version):
                continue
            documented = find([entry.type], name, version)
            if documented is None or documented.name != name:
                raise invalid(name)
            check_value(kind, documented, inner, version)


def wrong_type(kind: str, entry: Documented) -> ServiceError:
    """Return the refusal of a value of another type than the property's."""
    resource = kind[:1].upper() + kind[1:]
    return BadRequestError(f"A value of the wrong type was given for property '{entry.name}' of resource '{resource}'.")


def _is_moment(value: Any) -> bool:
    try:
        datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return False
    return isinstance(value, str)


_SCALARS: dict[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "boolean": lambda value: isinstance(value, bool),
    "moment": _is_moment,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
}
