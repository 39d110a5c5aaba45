"""Errors of the service: 500, 502, 503 and 504 in a share of all requests, before the work or after it was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, MinLen

from lockstep.emulator.faults.kind import Asked, Kind, Scene, Trouble


@dataclass(frozen=True)
class Errors:
    """In which share of requests, with which statuses, and in which share of those the work is done all the same."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    share: Annotated[float, Ge(0), Le(1)] = 0.05
    statuses: Annotated[list[Annotated[int, Ge(500), Le(599)]], MinLen(1)] = field(
        default_factory=lambda: [500, 502, 503, 504]
    )
    done: Annotated[float, Ge(0), Le(1)] = 0.5


class ErrorsKind(Kind):
    """Strikes by chance."""

    name = "errors"

    def __init__(self, settings: Errors, scene: Scene) -> None:
        self._settings = settings
        self._dice = scene.dice

    def strike(self, asked: Asked) -> Trouble | None:
        """Fail a share of the requests."""
        settings, where = self._settings, (asked.method, asked.path)
        if not asked.graph or not self._dice.happens(settings.share, "errors", *where):
            return None
        status = settings.statuses[int(self._dice.roll("error", *where) * len(settings.statuses))]
        done = self._dice.happens(settings.done, "error after", *where)
        return Trouble("errors", status, "An internal server error has occurred.", done=done)
