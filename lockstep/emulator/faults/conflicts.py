"""Directory_ConcurrencyViolation: two writes to one principal at the same time, of which one is refused.

Two writes are at the same time when their requests overlap, or when they are steps of one batch and neither depends on
the other. `Overlap` keeps the list of the requests that are under way. The dispatcher asks it for every request, and
passes the answer on as `RequestFacts.contended`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import STRICT, FaultKind, RequestFacts, Trouble

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant


@dataclass(frozen=True)
class Conflicts:
    """Which share of such writes is refused."""

    __pydantic_config__ = STRICT

    share: Annotated[float, Ge(0), Le(1)] = 1.0


class ConflictsKind(FaultKind[Conflicts]):
    """Refuses a write while another to the same principal is under way."""

    name = "conflicts"

    def strike(self, request: RequestFacts) -> Trouble | None:
        """Refuse the later one of two such writes."""
        if not (
            request.contended and self.scene.dice.happens(self.settings.share, "conflict", request.method, request.path)
        ):
            return None
        message = "The object was changed by another request at the same time. Retry the request."
        return Trouble(self.name, 409, message, "Directory_ConcurrencyViolation")


class Overlap:
    """Keeps the list of the requests that are under way, and what they write to."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._numbers = count()
        self._under_way: dict[int, set[str]] = {}

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
            grant = tenant.store["oauth2PermissionGrants"].rows.get(path.rpartition("/")[2])
            return str(grant["clientId"]) if grant else ""
        return str(body.get("clientId") or "").lower() if isinstance(body, dict) else ""
    if parts[0] in ("serviceprincipals", "applications"):
        table = tenant.store["servicePrincipals" if parts[0] == "serviceprincipals" else "applications"]
        row = table.get(parts[1]) if len(parts) > 1 else None
        return str(row["id"]) if row else ""
    return ""
