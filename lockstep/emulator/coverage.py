"""The table of what the emulator answers, of all that Graph has in these areas. Pure: text from routes and lists.

`scripts/emulator_coverage.py` gives it Graph's own list of operations and the tests that send each one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lockstep.emulator.control import ROUTES as CONTROL
from lockstep.emulator.routes import DOORSTEP, GRAPH
from lockstep.emulator.wire import Ref, Route, Router

_SAMPLE = "00000000-0000-4000-8000-000000000000"
_HEAD = """# What the emulator answers

Made from its routes by `scripts/emulator_coverage.py`; do not edit. Every Graph operation is there in v1.0 and beta.
Graph's own operations are those of {source}. Of the {all} in these areas {answered} are answered, each with the
test that sends it. Anything else under `/v1.0` and `/beta` gets 501 with the operation's name, and so do `$search`,
`$skip` and whatever `$expand` does not know: never an empty success.
"""

_NOTES = """## Where it is kinder or simpler than Entra

- Permissions of the caller are not enforced unless asked for (`--enforce-permissions`): any token may do anything.
- Directory roles are the twelve built-in ones that say something about applications and consents.
- The audit log begins with the tenant: profiles have no history. Entries name changed properties as Graph does.
- Tokens come by client credentials, by a user's password, and on behalf of a user: there is no page to sign in at.
- No conditional access, no multi-factor authentication, no consent by users themselves.
- Keys of other issuers of federated assertions are not fetched: they are handed in, or the emulator stands for them.
- A caller becomes owner of what it creates only when it holds Application.ReadWrite.OwnedBy and not the wider role.
- Nothing is replicated late and nothing is throttled, unless faults ask for it.
- Deleted items stay until they are deleted permanently.
- Scope values of delegated grants are not checked against the resource. Graph has been seen to hold unlisted ones.
"""


@dataclass(frozen=True)
class Operation:
    """One operation of Graph, the route that answers it, and the test that sends it."""

    name: str
    route: Route | None
    test: str = ""

    @property
    def area(self) -> str:
        """The first part of its path, and the second where that says more."""
        parts = self.name.split()[1].strip("/").split("/")
        return "/".join(parts[:2]) if parts[0] in ("directory", "roleManagement", "auditLogs") else parts[0]


def key_of(route: Route) -> str:
    """Return `METHOD template`, by which a route is known."""
    return f"{route.method} {route.template}"


def operations(names: Iterable[str], tests: Mapping[str, str]) -> list[Operation]:
    """Return Graph's operations with their routes, and those of ours that Graph's list has under another name."""
    router, found, seen = Router(GRAPH), [], set()
    for name in names:
        method, path = name.split()
        match = router.find(method, segments(path))
        route = match[0] if match else None
        if route is not None:
            seen.add(key_of(route))
        found.append(Operation(name, route, tests.get(key_of(route), "") if route else ""))
    others = [route for route in GRAPH if key_of(route) not in seen]
    return found + [Operation(key_of(route), route, tests.get(key_of(route), "")) for route in others]


def segments(path: str) -> list[str | Ref]:
    """Return the segments of a path of Graph's list, with an id for every placeholder."""
    found: list[str | Ref] = []
    for part in path.strip("/").split("/"):
        name, _, keys = part.partition("(")
        if keys and keys != ")":
            found += [name, Ref("x", keys.partition("=")[0])]
        else:
            found.append(_SAMPLE if re.fullmatch(r"\{[\w-]+\}", part) else part)
    return found


def coverage(source: str, names: Iterable[str], tests: Mapping[str, str]) -> str:
    """Return the page; `tests` are by `METHOD template` of a route."""
    found = operations(names, tests)
    listed = [entry for entry in found if not entry.name.endswith(("/microsoft.graph.restore",))]
    answered = sum(entry.route is not None for entry in listed)
    lines = [_HEAD.format(source=source, answered=answered, all=len(listed))]
    for area in sorted({entry.area for entry in found}, key=str.lower):
        lines += _area(area, [entry for entry in found if entry.area == area])
    lines += ["## Metadata and sign-in", "", "| Operation | What | Test |", "| --- | --- | --- |"]
    lines += [
        f"| `{key_of(route)}` | {route.summary} | {_linked(tests.get(key_of(route), ''))} |" for route in DOORSTEP
    ]
    lines += ["", "## Control (of the emulator itself; no token)", "", "| Operation | What |", "| --- | --- |"]
    for (method, name), handler in sorted(CONTROL.items(), key=lambda item: (item[0][1], item[0][0])):
        summary = (handler.__doc__ or "").strip().partition(": ")[2].rstrip(".") or handler.__name__.replace("_", " ")
        lines.append(f"| `{method} /_emulator/{name}` | {summary} |")
    return "\n".join([*lines, "", _NOTES])


def _area(area: str, found: list[Operation]) -> list[str]:
    lines = [f"## {area}", ""]
    yes = [entry for entry in found if entry.route is not None]
    if yes:
        lines += ["| Operation | What | Test |", "| --- | --- | --- |"]
        for entry in yes:
            summary = entry.route.summary if entry.route else ""
            lines.append(f"| `{_short(entry.name)}` | {summary} | {_linked(entry.test)} |")
        lines.append("")
    no = [f"`{_short(entry.name)}`" for entry in found if entry.route is None]
    if no:
        lines += [f"501: {', '.join(no)}", ""]
    return lines


def _short(name: str) -> str:
    """Return an operation with plain placeholders: `{application-id}` says no more than `{id}`."""
    return re.sub(r"\{[\w]+-id1?\}", "{id}", name)


def _linked(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name}](../tests/emulator/{file})" if test else ""
