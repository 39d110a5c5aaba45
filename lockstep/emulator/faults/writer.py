"""Another writer, who edits a delegated grant while we do: just before our write, or from a read that is older than it.

`before`: scopes come in between our read and our write, which replaces the whole string without having seen them.
`after`: the other one's write undoes ours, since it was made from what was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from lockstep.emulator.faults.kind import Asked, Kind, Scene
from lockstep.emulator.store import Object

_GRANTS = "oauth2PermissionGrants"


@dataclass(frozen=True)
class Writer:
    """When they write, the scopes that they add, and how often they do it to one grant."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    when: Literal["before", "after"] = "after"
    add: list[str] = field(default_factory=lambda: ["Calendars.Read"])
    times: Annotated[int, Ge(1)] = 1


class WriterKind(Kind):
    """Edits the grants that a client is about to change, or has just changed."""

    name = "writer"

    def __init__(self, settings: Writer, scene: Scene) -> None:
        self._settings = settings
        self._tenant = scene.tenant
        self._edits: dict[str, int] = {}

    def around(self, asked: Asked) -> Callable[[], None] | None:
        """Write just before, or return what to write just after."""
        head, _, ident = asked.path.rpartition("/")
        row = self._tenant.store[_GRANTS].rows.get(ident)
        if not asked.writes or asked.method != "PATCH" or not head.endswith(f"/{_GRANTS}") or row is None:
            return None
        if self._edits.get(ident, 0) >= self._settings.times:
            return None
        self._edits[ident] = self._edits.get(ident, 0) + 1
        if self._settings.when == "before":
            self._edit(row)
            return None
        return lambda: self._edit(row)

    def _edit(self, seen: Object) -> None:
        """Write what was seen with their scopes added."""
        now = self._tenant.store[_GRANTS].rows.get(seen["id"])
        if now is None:
            return
        words = dict.fromkeys([*seen["scope"].split(), *self._settings.add])
        with self._tenant.store.transaction():
            self._tenant.grants.update(now, {"scope": " ".join(words)})
