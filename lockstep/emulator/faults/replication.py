"""Replication delay: for a while after a change, answers come from replicas that have it and from ones that have not.

Each object settles on its own; until then its reads go back and forth. A write that names an object which a replica
does not have yet is refused as the service refuses an unknown one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import Asked, Kind, Past, Scene
from lockstep.emulator.store import Change, Object

Replicated = Literal["applications", "servicePrincipals", "oauth2PermissionGrants", "appRoleAssignments"]
_ALL: tuple[Replicated, ...] = ("applications", "servicePrincipals", "oauth2PermissionGrants", "appRoleAssignments")


@dataclass(frozen=True)
class Replication:
    """How long a change takes to settle (seconds, drawn from a range), and which share of reads is stale until then.

    `by_id` and `writes`: whether reads of an object by its id, and writes that name a new one, meet a stale replica
    too, or only lists and filters.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    delay: tuple[Annotated[float, Ge(0)], Annotated[float, Ge(0)]] = (0.5, 5.0)
    stale: Annotated[float, Ge(0), Le(1)] = 0.5
    objects: list[Replicated] = field(default_factory=lambda: list(_ALL))
    by_id: bool = True
    writes: bool = True


@dataclass(frozen=True)
class _Version:
    settles: float
    row: Object | None
    sequence: int


class ReplicationKind(Kind):
    """Keeps what each object was, until its change has reached every replica."""

    name = "replication"

    def __init__(self, settings: Replication, scene: Scene) -> None:
        self._settings = settings
        self._scene = scene
        self._versions: dict[tuple[str, str], list[_Version]] = {}
        scene.tenant.store.watchers.append(self._changed)

    def close(self) -> None:
        """Stop watching."""
        self._scene.tenant.store.watchers.remove(self._changed)

    def past(self, asked: Asked) -> Iterable[Past]:
        """Return what this request finds as it was: decided for each object that has not settled."""
        if not asked.graph or asked.whole_batch or (asked.writes and not self._settings.writes):
            return []
        now = self._scene.clock()
        found: list[Past] = []
        for (table, ident), versions in list(self._versions.items()):
            versions[:] = [version for version in versions if version.settles > now]
            if not versions:
                del self._versions[table, ident]
                continue
            if not self._settings.by_id and self._is_named(asked, table, ident):
                continue
            if self._scene.dice.happens(self._settings.stale, "stale", table, ident):
                found.append((table, ident, versions[0].row, versions[0].sequence))
        return found

    def _is_named(self, asked: Asked, table: str, ident: str) -> bool:
        """Tell whether the path itself names the object, by id or by app id."""
        row = self._scene.tenant.store[table].rows.get(ident)
        return ident in asked.path or bool(row and row.get("appId") and row["appId"] in asked.path)

    def _changed(self, changes: list[Change]) -> None:
        now, (low, high) = self._scene.clock(), self._settings.delay
        for change in changes:
            if change.table in self._settings.objects:
                settles = now + self._scene.dice.between(low, high, "settles", change.table, change.ident)
                version = _Version(settles, change.before, change.sequence)
                self._versions.setdefault((change.table, change.ident), []).append(version)
