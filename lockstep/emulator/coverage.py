"""The table of what the emulator answers, made from its routes, so that it cannot go stale.

`python -m lockstep.emulator.coverage` prints it; docs/emulator-coverage.md is its output.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockstep.emulator.control.routes import ROUTES as CONTROL
from lockstep.emulator.routes import DOORSTEP, GRAPH
from lockstep.emulator.wire import Route

_HEAD = """# What the emulator answers

Made from its routes by `python -m lockstep.emulator.coverage`; do not edit. Every Graph operation is there in v1.0 and
beta. Anything else under `/v1.0` and `/beta` gets 501 with the operation's name, and so do `$search`, `$skip` and
whatever `$expand` does not know: never an empty success.
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


def _table(routes: Iterable[Route]) -> list[str]:
    lines = ["| Operation | What |", "| --- | --- |"]
    return lines + [f"| `{route.method} {route.template}` | {route.summary} |" for route in routes]


def coverage() -> str:
    """Return the page."""
    lines = [_HEAD]
    for title, routes in (("Graph", GRAPH), ("Metadata and sign-in", DOORSTEP)):
        lines += [f"## {title}", "", *_table(routes), ""]
    lines += ["## Control (of the emulator itself; no token)", "", "| Operation | What |", "| --- | --- |"]
    for (method, name), handler in sorted(CONTROL.items(), key=lambda item: (item[0][1], item[0][0])):
        summary = (handler.__doc__ or "").strip().partition(": ")[2].rstrip(".") or handler.__name__.replace("_", " ")
        lines.append(f"| `{method} /_emulator/{name}` | {summary} |")
    return "\n".join([*lines, "", _NOTES])


if __name__ == "__main__":
    print(coverage(), end="")
