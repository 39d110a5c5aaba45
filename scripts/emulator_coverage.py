"""Write docs/emulator-coverage.md from the emulator's routes, Graph's own operations, and the tests that send them.

    python scripts/emulator_coverage.py > docs/emulator-coverage.md

Which test sends what is found out by running them: LOCKSTEP_NOTE_OPERATIONS=1 pytest tests/emulator.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lockstep.emulator.control import ROUTES as CONTROL
from lockstep.emulator.odata.filter import OPERATORS
from lockstep.emulator.routes import DOORSTEP, GRAPH
from lockstep.emulator.wire import Ref, Route, Router

DATA = Path(__file__).parent.parent / "tests" / "emulator" / "data"
_SAMPLE = "00000000-0000-4000-8000-000000000000"
_HEAD = """# What the emulator answers

Made from its routes by `scripts/emulator_coverage.py`; do not edit. Every Graph operation is there in v1.0 and beta.
Graph's own operations are those of {source}. Of the {all} in these areas {answered} are answered, each with the
test that sends it. Anything else under `/v1.0` and `/beta` gets 501 with the operation's name, and so do `$search` and
`$skip`: never an empty success. The same holds inside an operation: a property, a relationship or a type that Microsoft
documents and the emulator lacks gets 501 with its name, wherever a body or a query names it. What Microsoft does not
document gets Graph's own 400. `lockstep/emulator/odata/graph_types.json` is what is documented, with source and date.
"""

_NOTES = """## Where it is kinder or simpler than Entra

- Permissions of the caller are not enforced unless asked for (`--enforce-permissions`): any token may do anything.
- A directory role stands for permissions of Graph (`--enforce-permissions`) only where it is one of the twelve that say
  something about applications and consents. What a built-in role allows (`rolePermissions`) is not known.
- A custom role may hold any action under `microsoft.directory`. It stands for no permission of Graph.
- The audit log begins with the tenant: profiles have no history. Entries name changed properties as Graph does.
- Tokens come by client credentials, by a user's password, and on behalf of a user: there is no page to sign in at.
- The gallery of application templates is not there: only the one for applications that are not in it.
- Tags of an application may hold spaces; Microsoft's page on account types says that they may not.
- Personal accounts: app roles, and more than two secrets, are taken; the same page says that they are not.
- No conditional access, no multi-factor authentication, no consent by users themselves.
- Keys of other issuers of federated assertions are not fetched: they are handed in, or the emulator stands for them.
- A caller becomes owner of what it creates only when it holds Application.ReadWrite.OwnedBy and not the wider role.
- Nothing is replicated late and nothing is throttled, unless faults ask for it.
- Deleted items stay until they are deleted permanently.
- A token stays good until it ends, also when its caller is deleted: so Graph can put back whatever was deleted.
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


def operations(names: Iterable[str], tests: Mapping[str, str]) -> list[Operation]:
    """Return Graph's operations with their routes, and those of ours that Graph's list has under another name."""
    router, listed, answered = Router(GRAPH), [], set()
    for name in names:
        method, path = name.split()
        match = router.find(method, segments(path))
        route = match[0] if match else None
        if route is not None:
            answered.add(route.key)
        listed.append(Operation(name, route, tests.get(route.key, "") if route else ""))
    others = [route for route in GRAPH if route.key not in answered]
    return listed + [Operation(route.key, route, tests.get(route.key, "")) for route in others]


def segments(path: str) -> list[str | Ref]:
    """Return the segments of a path of Graph's list, with an id for every placeholder."""
    parts: list[str | Ref] = []
    for part in path.strip("/").split("/"):
        name, _, keys = part.partition("(")
        if keys and keys != ")":
            parts += [name, Ref("x", keys.partition("=")[0])]
        else:
            parts.append(_SAMPLE if re.fullmatch(r"\{[\w-]+\}", part) else part)
    return parts


def coverage(source: str, names: Iterable[str], tests: Mapping[str, str]) -> str:
    """Return the page; `tests` are by `METHOD template` of a route."""
    entries = operations(names, tests)
    listed = [entry for entry in entries if not entry.name.endswith(("/microsoft.graph.restore",))]
    answered = sum(entry.route is not None for entry in listed)
    lines = [_HEAD.format(source=source, answered=answered, all=len(listed))]
    for area in sorted({entry.area for entry in entries}, key=str.lower):
        lines += _area(area, [entry for entry in entries if entry.area == area])
    lines += ["## Metadata and sign-in", "", "| Operation | What | Test |", "| --- | --- | --- |"]
    lines += [f"| `{route.key}` | {route.summary} | {_linked(tests.get(route.key, ''))} |" for route in DOORSTEP]
    lines += ["", "## Control (of the emulator itself; no token)", "", "| Operation | What |", "| --- | --- |"]
    for (method, name), (summary, _) in sorted(CONTROL.items(), key=lambda item: (item[0][1], item[0][0])):
        lines.append(f"| `{method} /_emulator/{name}` | {summary} |")
    lines += ["", *_operators(), "", _NOTES]
    files = sorted({test.partition("::")[0] for test in tests.values()})
    return "\n".join([*lines, *(f"[{_label(file)}]: ../tests/emulator/{file}" for file in files), ""])


def _area(area: str, entries: list[Operation]) -> list[str]:
    lines = [f"## {area}", ""]
    routes = [(entry, entry.route) for entry in entries if entry.route is not None]
    if routes:
        lines += ["| Operation | What | Test |", "| --- | --- | --- |"]
        lines += [f"| `{_short(entry.name)}` | {route.summary} | {_linked(entry.test)} |" for entry, route in routes]
        lines.append("")
    refused = [f"`{_short(entry.name)}`" for entry in entries if entry.route is None]
    if refused:
        text = f"Not answered (501): {', '.join(refused)}"
        lines += [*textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False), ""]
    return lines


def _operators() -> list[str]:
    """Return the table of the operators of `$filter`."""
    return [
        "## `$filter`",
        "",
        "Which property of which object allows which operators is as in Graph; any other is refused. Besides these,",
        "there are `and`, `or`, `not` (which needs the same as `ne`), and `list/any(x:x eq 'value')`.",
        "",
        "| Operator | Written | Holds where the property | Needs `ConsistencyLevel: eventual` and `$count=true` |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{name}` | `{operator.example}` | {operator.meaning} | {'yes' if operator.advanced else 'no'} |"
            for name, operator in OPERATORS.items()
        ),
    ]


def _short(name: str) -> str:
    """Return an operation with plain placeholders: `{application-id}` says no more than `{id}`."""
    return re.sub(r"\{[\w]+-id1?\}", "{id}", name)


def _linked(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name}][{_label(file)}]" if test else ""


def _label(file: str) -> str:
    return file.removeprefix("test_").removesuffix(".py")


def page() -> str:
    """Return the whole page."""
    graph = json.loads((DATA / "graph_operations.json").read_text("utf-8"))
    tests = json.loads((DATA / "tested_operations.json").read_text("utf-8"))
    return coverage(graph["source"], graph["operations"], tests)


if __name__ == "__main__":
    print(page(), end="")
