"""A TLS server in a thread of this process, for tests that speak through a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from lockstep.emulator.core import Emulator
from lockstep.emulator.faults import FaultPlan
from lockstep.emulator.server import certificates, serve_app

_PATIENCE = 30


@dataclass(frozen=True)
class RunningServer:
    """Where the server answers, whom to trust, and the emulator behind it."""

    url: str
    ca: str
    emulator: Emulator


@contextmanager
def running(
    state: Path, *, profile: str = "fresh", port: int | None = 0, faults: FaultPlan | None = None
) -> Iterator[RunningServer]:
    """Serve a state file in a thread until the block ends."""
    with (
        Emulator.open(state, profile=profile, faults=faults) as emulator,
        serving(emulator.app_behind("tls"), state, port) as url,
    ):
        yield RunningServer(url=url, ca=str(certificates(state).ca.absolute()), emulator=emulator)


@contextmanager
def serving(app: ASGIApp, state: Path, port: int | None = 0) -> Iterator[str]:
    """Serve an application of `Emulator.app_behind` in a thread until the block ends; gives its address.

    Certificates and record go beside `state`, which need not exist.
    """
    address: Future[str] = Future()
    stop = threading.Event()

    def work() -> None:
        try:
            serve_app(app, state, port, address.set_result, stop=stop)
        except BaseException as error:
            if not address.done():
                address.set_exception(error)

    thread = threading.Thread(target=work, name="entra-server", daemon=True)
    thread.start()
    try:
        if not wait([address], _PATIENCE).done:
            raise TimeoutError("the emulator's server did not start")
        yield address.result()
    finally:
        stop.set()
        thread.join(_PATIENCE)
