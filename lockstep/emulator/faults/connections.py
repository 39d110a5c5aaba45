"""Lost connections: a share of the requests gets no whole answer, the work done or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import Asked, Kind, Scene, Trouble


@dataclass(frozen=True)
class Connections:
    """In which share of requests, and in which share of those the work was done."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    share: Annotated[float, Ge(0), Le(1)] = 0.05
    done: Annotated[float, Ge(0), Le(1)] = 0.5


class ConnectionsKind(Kind):
    """Strikes by chance. A request inside a batch has no connection of its own."""

    name = "connections"

    def __init__(self, settings: Connections, scene: Scene) -> None:
        self._settings = settings
        self._dice = scene.dice

    def strike(self, asked: Asked) -> Trouble | None:
        """Drop a share of the connections."""
        where = (asked.method, asked.path)
        if asked.batch or not asked.graph or not self._dice.happens(self._settings.share, "lost", *where):
            return None
        done = self._dice.happens(self._settings.done, "lost after", *where)
        return Trouble("connections", done=done, drop=True)
