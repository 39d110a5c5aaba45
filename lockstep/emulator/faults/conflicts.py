"""Directory_ConcurrencyViolation: two writes to one principal at the same time, of which one is refused.

At the same time are requests that overlap, and steps of one batch that do not depend on each other. Which these
are, the doors know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from lockstep.emulator.faults.kind import Asked, Kind, Scene, Trouble


@dataclass(frozen=True)
class Conflicts:
    """Which share of such writes is refused."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    share: Annotated[float, Ge(0), Le(1)] = 1.0


class ConflictsKind(Kind):
    """Refuses a write while another to the same principal is under way."""

    name = "conflicts"

    def __init__(self, settings: Conflicts, scene: Scene) -> None:
        self._settings = settings
        self._dice = scene.dice

    def strike(self, asked: Asked) -> Trouble | None:
        """Refuse the later of two."""
        if not (asked.contended and self._dice.happens(self._settings.share, "conflict", asked.method, asked.path)):
            return None
        message = "The object was changed by another request at the same time. Retry the request."
        return Trouble(self.name, 409, message, "Directory_ConcurrencyViolation")
