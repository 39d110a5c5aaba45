"""Answers that do not show the present state: late replicas, and a "not found" for a thing that is there.

Replication delay: for a while after a change, answers come from replicas that have it and from ones that have not. Each
object settles on its own; until then its reads go back and forth. A write that names an object which a replica does not
have yet is refused as the service refuses an unknown one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import unquote

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import FaultKind, FaultSettings, Past, RequestFacts
from lockstep.emulator.store import Object, ObjectChange

_WORD = re.compile(r"[A-Za-z0-9_-]{20,}")
Replicated = Literal["applications", "servicePrincipals", "oauth2PermissionGrants", "appRoleAssignments"]
_KEYS: dict[Replicated, str] = {
    "applications": "appId",
    "servicePrincipals": "appId",
    "oauth2PermissionGrants": "clientId",
    "appRoleAssignments": "principalId",
}


@dataclass(frozen=True)
class Replication(FaultSettings):
    """How long a change takes to settle (seconds, drawn from a range), and which share of reads is stale until then.

    `by_id` and `writes`: whether reads of an object by its id, and writes that name a new one, meet a stale replica
    too, or only lists and filters.
    """

    delay: tuple[Annotated[float, Ge(0)], Annotated[float, Ge(0)]] = (0.5, 5.0)
    stale: Annotated[float, Ge(0), Le(1)] = 0.5
    objects: list[Replicated] = field(default_factory=lambda: list(_KEYS))
    by_id: bool = True
    writes: bool = True


@dataclass(frozen=True)
class _Version:
    settles: float
    row: Object | None
    sequence: int


@dataclass(eq=False)
class ReplicationKind(FaultKind[Replication]):
    """Keeps what each object was, until its change has reached every replica."""

    _versions: dict[tuple[str, str], list[_Version]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.tenant.store.watchers.append(self._changed)

    def close(self) -> None:
        """Stop watching."""
        self.tenant.store.watchers.remove(self._changed)

    def past(self, request: RequestFacts) -> Iterable[Past]:
        """Return what this request finds as it was: decided for each object that has not settled."""
        if not request.graph or request.whole_batch or (request.writes and not self.settings.writes):
            return []
        now = self.clock()
        past: list[Past] = []
        for (table, ident), versions in list(self._versions.items()):
            versions[:] = [version for version in versions if version.settles > now]
            if not versions:
                del self._versions[table, ident]
                continue
            if not self.settings.by_id and self._is_named(request, table, ident):
                continue
            if self.dice.happens(self.settings.stale, "stale", table, ident):
                past.append((table, ident, versions[0].row, versions[0].sequence))
        return past

    def _is_named(self, request: RequestFacts, table: str, ident: str) -> bool:
        """Tell whether the path itself names the object, by id or by app id."""
        row = self.tenant.store[table].rows.get(ident)
        return ident in request.path or bool(row and row.get("appId") and row["appId"] in request.path)

    def _changed(self, changes: list[ObjectChange]) -> None:
        now, (low, high) = self.clock(), self.settings.delay
        for change in changes:
            if change.table in self.settings.objects:
                settles = now + self.dice.between(low, high, "settles", change.table, change.ident)
                version = _Version(settles, change.before, change.sequence)
                self._versions.setdefault((change.table, change.ident), []).append(version)


@dataclass(frozen=True)
class Absent(FaultSettings):
    """Which share of reads misses an object that it names, and how often that happens to one object."""

    share: Annotated[float, Ge(0), Le(1)] = 0.2
    times: Annotated[int, Ge(1)] = 1


@dataclass(eq=False)
class AbsentKind(FaultKind[Absent]):
    """Hides what a read names: by id, by app id, or as the client of a consent."""

    _hidden: Counter[tuple[str, str]] = field(init=False, default_factory=Counter)

    def past(self, request: RequestFacts) -> Iterable[Past]:
        """Return the named objects that are not found this time."""
        if not request.graph or request.writes or request.whole_batch:
            return []
        past: list[Past] = []
        for table, ident in dict.fromkeys(self._named(request)):
            if self._hidden[table, ident] >= self.settings.times:
                continue
            if self.dice.happens(self.settings.share, "absent", table, ident):
                self._hidden[table, ident] += 1
                past.append((table, ident, None, 0))
        return past

    def _named(self, request: RequestFacts) -> Iterator[tuple[str, str]]:
        for word in dict.fromkeys(_WORD.findall(unquote(f"{request.path}?{request.query}"))):
            for name, key in _KEYS.items():
                table = self.tenant.store[name]
                row = table.get(word)
                for named in [*([] if row is None else [row]), *table.by(key, word)]:
                    yield name, named["id"]
