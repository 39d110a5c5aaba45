"""The phases of an estate's life that are measured, and what one measurement holds. Plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.traffic import Traffic

REPOSITORY = Path(__file__).resolve().parent.parent
STACK = "dev"
PHASES = ("create", "preview", "refresh", "destroy")
"""In this order: from nothing, without a change, without a change, back to nothing."""
PREVIEWS = 3
"""A preview changes nothing: it is run so often, and its seconds are the median."""


@dataclass(frozen=True)
class Measurement:
    """One phase under one engine, with one latency a request."""

    engine: str
    phase: str
    latency_ms: int
    seconds: float
    traffic: Traffic

    def document(self) -> dict[str, Any]:
        """Return it for `--json`."""
        return asdict(self)


class BenchmarkError(Exception):
    """A phase did not end as it has to; its figures would mean nothing."""
