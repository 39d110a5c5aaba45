"""Two who write at once: a write that is refused while another is under way, and a grant that somebody else edits.

Directory_ConcurrencyViolation: two writes to one principal at the same time, of which one is refused.

Two writes are at the same time when their requests overlap, or when they are steps of one batch and neither depends on
the other. `Overlap` keeps the list of the requests that are under way. The dispatcher asks it for every request, and
passes the answer on as `RequestFacts.contended`.

Another writer, who changes the same delegated grant as a client: just before the client's write, or just after it.
`before`: they add scopes between the client's read and its write, which replaces the whole string without them.
`after`: they write what they had read before the client's write, and so undo it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import FaultKind, FaultSettings, RequestFacts, Trouble
from lockstep.emulator.store import Object

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant

_GRANTS = "oauth2PermissionGrants"


@dataclass(frozen=True)
class Conflicts(FaultSettings):
    """Which share of such writes is refused."""

    share: Annotated[float, Ge(0), Le(1)] = 1.0


class ConflictsKind(FaultKind[Conflicts]):
    """Refuses a write while another to the same principal is under way."""

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Refuse the later one of two such writes."""
        if not (request.contended and self.dice.happens(self.settings.share, "conflict", request.method, request.path)):
            return None
        message = "The object was changed by another request at the same time. Retry the request."
        return Trouble("conflicts", 409, message, "Directory_ConcurrencyViolation")


@dataclass(frozen=True)
class Writer(FaultSettings):
    """When they write, the scopes that they add, and how often they do it to one grant."""

    when: Literal["before", "after"] = "after"
    add: list[str] = field(default_factory=lambda: ["Calendars.Read"])
    times: Annotated[int, Ge(1)] = 1


@dataclass(eq=False)
class WriterKind(FaultKind[Writer]):
    """Edits the grants that a client is about to change, or has just changed."""

    _edits: Counter[str] = field(init=False, default_factory=Counter)

    def around(self, request: RequestFacts) -> Callable[[], None] | None:
        """Write just before, or return the function that writes just after."""
        head, _, ident = request.path.rpartition("/")
        row = self.tenant.store[_GRANTS].rows.get(ident)
        if not request.writes or request.method != "PATCH" or not head.endswith(f"/{_GRANTS}") or row is None:
            return None
        if self._edits[ident] >= self.settings.times:
            return None
        self._edits[ident] += 1
        if self.settings.when == "before":
            self._edit(row)
            return None
        return lambda: self._edit(row)

    def _edit(self, earlier: Object) -> None:
        """Write an earlier state of the grant, with their scopes added."""
        now = self.tenant.store[_GRANTS].rows.get(earlier["id"])
        if now is None:
            return
        words = dict.fromkeys([*earlier["scope"].split(), *self.settings.add])
        with self.tenant.store.transaction():
            self.tenant.grants.update(now, {"scope": " ".join(words)})


@dataclass(eq=False)
class Overlap:
    """Keeps the list of the requests that are under way, and what they write to."""

    tenant: Tenant
    _numbers: Iterator[int] = field(init=False, default_factory=count)
    _under_way: dict[int, set[str]] = field(init=False, default_factory=dict)

    @contextmanager
    def entered(self, method: str, path: str, raw: bytes) -> Iterator[bool]:
        """Keep a request on the list; tell whether an earlier one writes to the same."""
        number, subjects = next(self._numbers), self._subjects(method, path, raw)
        taken = set[str]().union(*self._under_way.values())
        self._under_way[number] = subjects
        try:
            yield bool(subjects & taken)
        finally:
            del self._under_way[number]

    def _subjects(self, method: str, path: str, raw: bytes) -> set[str]:
        """Return what a request writes to, and what the steps of a batch do."""
        try:
            body = json.loads(raw) if raw else None
        except (ValueError, RecursionError):
            body = None
        subjects = {subject(self.tenant, method, path, body)}
        steps = body.get("requests") if path.lower().endswith("/$batch") and isinstance(body, dict) else None
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, dict):
                where = str(step.get("method", "")).upper(), str(step.get("url", ""))
                subjects.add(subject(self.tenant, *where, step.get("body")))
        return subjects - {""}


def subject(tenant: Tenant, method: str, path: str, body: Any) -> str:
    """Return the id of the principal or application that a write is about: the service locks it while it works.

    Nothing for a read, and for a write about no object that is there.
    """
    if method == "GET":
        return ""
    parts = [part.lower() for part in path.partition("?")[0].split("/") if part]
    parts = parts[1:] if parts and parts[0] in ("v1.0", "beta") else parts
    if not parts:
        return ""
    if parts[0] == "oauth2permissiongrants":
        if len(parts) > 1:
            grant = tenant.store[_GRANTS].rows.get(path.rpartition("/")[2])
            return str(grant["clientId"]) if grant else ""
        return str(body.get("clientId") or "").lower() if isinstance(body, dict) else ""
    if parts[0] in ("serviceprincipals", "applications"):
        table = tenant.store["servicePrincipals" if parts[0] == "serviceprincipals" else "applications"]
        row = table.get(parts[1]) if len(parts) > 1 else None
        return str(row["id"]) if row else ""
    return ""
