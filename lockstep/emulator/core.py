"""The emulator as users of this package open it: its state, and the applications that answer requests on it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from lockstep.emulator.dispatch import Dispatcher

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Emulator(Dispatcher):
    """A local Entra, in memory or in a state file."""

    @cached_property
    def app(self) -> ASGIApp:
        """The ASGI application, for a transport in process."""
        return self.app_behind("process")

    def app_behind(self, door: str) -> ASGIApp:
        """Return an ASGI application whose requests the log and the faults know by this name, such as `tls`."""
        from lockstep.emulator.app import make_app

        return make_app(self, door)
