"""The emulator's clock. It follows the machine's clock, can be moved on, and can be stopped.

On a stopped clock time passes only when something in this process waits by it, so that a test can wait for hours in no
time. Knows no tenant.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio


class Clock:
    """Seconds since 1970, as the tenant sees them."""

    def __init__(self, source: Callable[[], float] = time.time, *, stopped: bool = False) -> None:
        self._source = source
        self._offset = 0.0
        self._stands: float | None = source() if stopped else None

    def __call__(self) -> float:
        """Return the time."""
        return (self._source() if self._stands is None else self._stands) + self._offset

    @property
    def stopped(self) -> bool:
        """Whether time passes only by waiting."""
        return self._stands is not None

    def advance(self, seconds: float) -> None:
        """Let time pass at once; it never goes back."""
        if seconds < 0:
            raise ValueError(f"time does not go back by {-seconds:g} s")
        self._offset += seconds

    def stop(self) -> None:
        """Let time pass only by waiting, or by `advance`."""
        if self._stands is None:
            self._stands = self._source()

    def go(self) -> None:
        """Let time pass by itself again, from where it is."""
        if self._stands is not None:
            now = self()
            self._stands = None
            self._offset = now - self._source()

    async def sleep(self, seconds: float) -> None:
        """Wait; on a stopped clock, move it on instead."""
        if self.stopped:
            self.advance(max(0.0, seconds))
            await anyio.sleep(0)
        else:
            await anyio.sleep(seconds)
