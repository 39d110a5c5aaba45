"""What a request to the identity service costs in resource units, as Microsoft's throttling page counts them.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits. Pure.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from lockstep.emulator.faults.kind import Asked

_TWO = ("applications", "oauth2PermissionGrants", "appRoleAssignments", "appRoleAssignedTo")
_SMALL_PAGE = 20


def cost(asked: Asked) -> int:
    """Return the resource units of one request: at least one."""
    units = 2 if asked.method == "GET" and _ends_in(asked.path, _TWO) else 1
    options = {name.lstrip("$").lower(): value for name, value in parse_qsl(asked.query)}
    if asked.method == "GET":
        units -= "select" in options
        units += "expand" in options
        top = options.get("top", "")
        units -= top.isascii() and top.isdigit() and int(top) < _SMALL_PAGE
    return max(1, units)


def _ends_in(path: str, names: tuple[str, ...]) -> bool:
    segments = [part for part in path.split("/") if part]
    return any(name.lower() == part.lower() for name in names for part in segments[-2:])
