"""Which writes overlap: the requests that are under way, and the principals and applications that they write to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from lockstep.emulator.faults.subject import subject

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant


class Overlap:
    """Keeps the list of what is under way."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
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
        found = {subject(self._tenant, method, path, body)}
        steps = body.get("requests") if path.lower().endswith("/$batch") and isinstance(body, dict) else None
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, dict):
                where = str(step.get("method", "")).upper(), str(step.get("url", ""))
                found.add(subject(self._tenant, *where, step.get("body")))
        return found - {""}
