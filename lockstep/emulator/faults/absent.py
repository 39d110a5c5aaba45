"""One stale "not found" for a thing that is there: some objects are missing from one answer, and never again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import Asked, Kind, Past, Scene
from lockstep.emulator.store import Object, Table

_WORD = re.compile(r"[A-Za-z0-9_-]{20,}")
_KEYS = {
    "applications": ("appId",),
    "servicePrincipals": ("appId",),
    "oauth2PermissionGrants": ("clientId",),
    "appRoleAssignments": ("principalId",),
}


@dataclass(frozen=True)
class Absent:
    """Which share of reads misses an object that it names, and how often that happens to one object."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    share: Annotated[float, Ge(0), Le(1)] = 0.2
    times: Annotated[int, Ge(1)] = 1


class AbsentKind(Kind):
    """Hides what a read names: by id, by app id, or as the client of a consent."""

    name = "absent"

    def __init__(self, settings: Absent, scene: Scene) -> None:
        self._settings = settings
        self._scene = scene
        self._hidden: Counter[tuple[str, str]] = Counter()

    def past(self, asked: Asked) -> Iterable[Past]:
        """Return the named objects that are not found this time."""
        if not asked.graph or asked.writes or asked.whole_batch:
            return []
        found: list[Past] = []
        for table, ident in dict.fromkeys(self._named(asked)):
            if self._hidden[table, ident] >= self._settings.times:
                continue
            if self._scene.dice.happens(self._settings.share, "absent", table, ident):
                self._hidden[table, ident] += 1
                found.append((table, ident, None, 0))
        return found

    def _named(self, asked: Asked) -> Iterator[tuple[str, str]]:
        for word in dict.fromkeys(_WORD.findall(unquote(f"{asked.path}?{asked.query}"))):
            for name, keys in _KEYS.items():
                for row in _by_word(self._scene.tenant.store[name], keys, word):
                    yield name, row["id"]


def _by_word(table: Table, keys: Iterable[str], word: str) -> Iterator[Object]:
    row = table.get(word)
    if row is not None:
        yield row
    for key in keys:
        yield from table.by(key, word)
