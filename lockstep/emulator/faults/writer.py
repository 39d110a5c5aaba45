"""Another writer, who changes the same delegated grant as a client: just before the client's write, or just after it.

`before`: they add scopes between the client's read and its write, which replaces the whole string without them.
`after`: they write what they had read before the client's write, and so undo it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge

from lockstep.emulator.faults.kind import STRICT, FaultKind, RequestFacts, Scene
from lockstep.emulator.store import Object

_GRANTS = "oauth2PermissionGrants"


@dataclass(frozen=True)
class Writer:
    """When they write, the scopes that they add, and how often they do it to one grant."""

    __pydantic_config__ = STRICT

    when: Literal["before", "after"] = "after"
    add: list[str] = field(default_factory=lambda: ["Calendars.Read"])
    times: Annotated[int, Ge(1)] = 1


class WriterKind(FaultKind[Writer]):
    """Edits the grants that a client is about to change, or has just changed."""

    name = "writer"

    def __init__(self, settings: Writer, scene: Scene) -> None:
        super().__init__(settings, scene)
        self._edits: dict[str, int] = {}

    def around(self, request: RequestFacts) -> Callable[[], None] | None:
        """Write just before, or return the function that writes just after."""
        head, _, ident = request.path.rpartition("/")
        row = self.scene.tenant.store[_GRANTS].rows.get(ident)
        if not request.writes or request.method != "PATCH" or not head.endswith(f"/{_GRANTS}") or row is None:
            return None
        if self._edits.get(ident, 0) >= self.settings.times:
            return None
        self._edits[ident] = self._edits.get(ident, 0) + 1
        if self.settings.when == "before":
            self._edit(row)
            return None
        return lambda: self._edit(row)

    def _edit(self, earlier: Object) -> None:
        """Write an earlier state of the grant, with their scopes added."""
        now = self.scene.tenant.store[_GRANTS].rows.get(earlier["id"])
        if now is None:
            return
        words = dict.fromkeys([*earlier["scope"].split(), *self.settings.add])
        with self.scene.tenant.store.transaction():
            self.scene.tenant.grants.update(now, {"scope": " ".join(words)})
