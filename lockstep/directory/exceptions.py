"""The errors that belong to this package: a write of which nobody knows whether it happened, and one that did not.

The tree of errors is in `lockstep.errors`; these are leaves of it:

    GraphError                  3
    ├── BusyError               3   surely not done: wait, look, then send again
    └── OutcomeUnknownError     3   look before you send again
"""

from __future__ import annotations

from lockstep.errors import GraphError


class BusyError(GraphError):
    """A request was turned away and the caller had asked for no repetition; `seconds` is what Graph asks to wait."""

    def __init__(self, message: str, *, status: int, seconds: float | None = None) -> None:
        super().__init__(message, status=status)
        self.seconds = seconds


class OutcomeUnknownError(GraphError):
    """A write was sent and its answer is lost: it may be done or not. Never repeated here; the caller looks first.

    `status` is 0 when there was no answer at all.
    """
