"""Read the body of a request that makes or changes an object, against what Microsoft documents of its type.

What the type has and the emulator lacks is refused with 501 and its name; what the type does not have, with Graph's own
400. The rules for what a value may be are the services'. Knows no table.
"""

from __future__ import annotations

from lockstep.emulator.exceptions import NotSupportedError
from lockstep.emulator.odata import documented
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.store import Object
from lockstep.emulator.wire import Request

_BIND = "@odata.bind"


def body(request: Request, kind: Entity) -> Object:
    """Return the body of a request, which names nothing but what the emulator knows of this kind of object."""
    values = request.json()
    (own, *_), version = kind.types, request.version
    is_documented = documented.is_known(own, version)
    for name, value in values.items():
        if name == "@odata.type" and is_documented:
            documented.check_type(own, value, version)
        elif name.endswith(_BIND):
            _check_bind(kind, name.removesuffix(_BIND), version)
        elif "@odata" not in name and name not in kind.ignored:
            entry = documented.find([own], name, version)
            if kind.named(name, version) != name:
                exact = entry is None or entry.name == name
                raise (documented.lacking([own], name, version) if exact else None) or documented.invalid(name)
            if entry is not None:
                documented.check_value(own, entry, value, version)
    return values


def _check_bind(kind: Entity, name: str, version: str) -> None:
    if name in kind.binds:
        return
    entry = documented.find(kind.types[:1], name, version)
    if entry is not None and entry.relationship:
        raise NotSupportedError(f"'{name}{_BIND}' of {kind.types[0]}, a relationship that Microsoft Graph documents")
    raise documented.invalid(name)
