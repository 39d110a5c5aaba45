"""The two doors of an emulator: in process, or over TLS with LOCKSTEP_DOOR=tls (`make tls`).

Over TLS one server in a thread of this process stands before every emulator of the suite, so that a test may look at
the emulator behind either door. Requests keep the host that they name; only the port that is dialled differs.
"""

from __future__ import annotations

import atexit
import os
import ssl
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from lockstep.emulator import Emulator
from lockstep.emulator.server import certificates
from lockstep.emulator.testing import serving

_LIMITS = httpx.Limits(keepalive_expiry=1)
"""Shorter than the server's, so that a request never goes out on a connection that is just being closed."""


def chosen() -> str:
    """Return the door that the suite goes through: `process` or `tls`."""
    door = os.environ.get("LOCKSTEP_DOOR") or "process"
    if door not in ("process", "tls"):
        raise pytest.UsageError(f"LOCKSTEP_DOOR={door!r} is no door; allowed: process, tls")
    return door


def in_process(why: str) -> pytest.MarkDecorator:
    """Mark what can be seen through the door in process alone."""
    return pytest.mark.skipif(chosen() == "tls", reason=f"only in process: {why}")


def transport(emulator: Emulator) -> httpx.AsyncBaseTransport:
    """Return the way to an emulator through the chosen door."""
    return _Tls(emulator) if chosen() == "tls" else httpx.ASGITransport(app=emulator.app)


class _Switch:
    """The application behind the one server: that of whichever emulator was asked last."""

    def __init__(self) -> None:
        self.now: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.now is not None
        await self.now(scope, receive, send)


class _Served:
    """The server, started when it is first needed and ended with the process."""

    def __init__(self) -> None:
        ending = ExitStack()
        atexit.register(ending.close)
        state = Path(ending.enter_context(tempfile.TemporaryDirectory())) / "entra.sqlite"
        self.switch = _Switch()
        self.switch.now = ending.enter_context(Emulator.open()).app_behind("tls")
        self.port = httpx.URL(ending.enter_context(serving(self.switch, state))).port
        self.trust = ssl.create_default_context(cafile=str(certificates(state).ca))


_served = cache(_Served)


class _Tls(httpx.AsyncBaseTransport):
    """Sends each request over TLS to the server, and has it answered by this emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._server = _served()
        self._app = emulator.app_behind("tls")
        self._http = httpx.AsyncHTTPTransport(verify=self._server.trust, limits=_LIMITS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._server.switch.now = self._app
        dialled = httpx.Request(
            request.method,
            request.url.copy_with(port=self._server.port),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "target": request.url.raw_path},
        )
        return await self._http.handle_async_request(dialled)

    async def aclose(self) -> None:
        await self._http.aclose()
