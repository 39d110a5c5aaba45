"""The emulator as users of this package open it: its state, and the applications that answer requests on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from lockstep.emulator.dispatch import Dispatcher
from lockstep.emulator.state import EmulatorState
from lockstep.emulator.statefile import StateFile

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Emulator(EmulatorState):
    """A local Entra, in memory or in a state file."""

    def __init__(self, file: StateFile | None, clock: Callable[[], float]) -> None:
        super().__init__(file, clock)
        self._dispatcher = Dispatcher(self)

    @cached_property
    def app(self) -> ASGIApp:
        """The ASGI application, for a transport in process."""
        return self.app_behind("process")

    def app_behind(self, door: str) -> ASGIApp:
        """Return an ASGI application whose requests the log and the faults know by this name, such as `tls`."""
        from lockstep.emulator.app import make_app

        return make_app(self._dispatcher, door)
