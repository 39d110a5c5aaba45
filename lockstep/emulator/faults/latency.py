"""Latency: how long an answer takes, drawn from a log-normal distribution given by its median and 99th percentile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from lockstep.emulator.faults.dice import Dice

_P99 = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True)
class Latency:
    """Seconds. Equal values make every answer take the same time."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    median: Annotated[float, Ge(0)] = 0.0
    p99: Annotated[float, Ge(0)] = 0.0

    def draw(self, dice: Dice, *question: object) -> float:
        """Return the seconds of one answer."""
        if self.median <= 0 or self.p99 <= self.median:
            return self.median
        sigma = math.log(self.p99 / self.median) / _P99
        chance = min(max(dice.roll("latency", *question), 1e-6), 1 - 1e-6)
        return self.median * math.exp(sigma * NormalDist().inv_cdf(chance))
