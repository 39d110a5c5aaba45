"""The TLS server on loopback: uvicorn over the same application, its certificates, and a record to find it by.

Prints nothing; `on_ready` is called once it answers. SIGTERM and SIGINT end it with every answer given.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.emulator.constants import PORT
from lockstep.emulator.core import Emulator
from lockstep.emulator.faults import FaultPlan
from lockstep.errors import UsageError
from lockstep.file_lock import holder
from lockstep.text_file import write_bytes, write_text

if TYPE_CHECKING:
    from starlette.types import ASGIApp


_KEEP_ALIVE = 120
"""Seconds for which an idle connection stays open: longer than clients keep one, so that they close it and not we. What
is sent at the moment of our closing would be reset, and a client does not repeat a PATCH by itself. Go's, and with them
azuread's, keep one for 90 seconds (https://pkg.go.dev/net/http#DefaultTransport); uvicorn would close after 5."""


@dataclass(frozen=True)
class Server:
    """A running server, as its record describes it."""

    pid: int
    port: int
    ca: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"https://localhost:{self.port}"


@dataclass(frozen=True)
class Certificates:
    """Where the authority's certificate is, and the server's key with its chain."""

    ca: Path
    leaf: Path


def certificates(state: Path) -> Certificates:
    """Return the certificates of a state file, made now when there are none yet."""
    paths = Certificates(ca=state.with_name(state.name + ".ca.pem"), leaf=state.with_name(state.name + ".leaf.pem"))
    if not (_is_whole(paths.ca) and _is_whole(paths.leaf)):
        import trustme

        authority = trustme.CA(organization_name="Lockstep emulator")
        leaf = authority.issue_cert("localhost", "127.0.0.1", "::1")
        write_bytes(paths.leaf, leaf.private_key_and_cert_chain_pem.bytes(), mode=0o600)
        write_bytes(paths.ca, authority.cert_pem.bytes())
    return paths


def _is_whole(path: Path) -> bool:
    return path.is_file() and path.read_bytes().rstrip().endswith(b"-----END CERTIFICATE-----")


def record_path(state: Path) -> Path:
    """Return where the record of a state's server is."""
    return state.with_name(state.name + ".server.json")


def find_server(state: Path) -> Server | None:
    """Return the server that holds this state file, or None; a record that was left behind counts as none."""
    try:
        data = json.loads(record_path(state).read_text("utf-8"))
        server = Server(pid=int(data["pid"]), port=int(data["port"]), ca=str(data["ca"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return server if state.exists() and holder(state) else None


def run_server(
    state: Path,
    port: int | None = None,
    profile: str = "fresh",
    on_ready: Callable[[str], None] | None = None,
    *,
    stop: threading.Event | None = None,
    enforce_permissions: bool = False,
    faults: FaultPlan | None = None,
) -> None:
    """Serve a state file until told to end, by a signal or by `stop`.

    Port 0 takes a free one; none at all is 8443, or a free one where that is taken.
    """
    with Emulator.open(state, profile=profile, enforce_permissions=enforce_permissions, faults=faults) as emulator:
        serve_app(emulator.app_behind("tls"), state, port, on_ready, stop=stop)


def serve_app(
    app: ASGIApp,
    state: Path,
    port: int | None,
    on_ready: Callable[[str], None] | None = None,
    *,
    stop: threading.Event | None = None,
) -> None:
    """Serve the application of `Emulator.app_behind("tls")`, or one that chooses among several of them.

    Certificates and record go beside `state`.
    """
    import uvicorn

    from lockstep.emulator.tls import LoopbackServer

    sockets = _listen(port)
    record = record_path(state)
    try:
        certificate = certificates(state)
        server = Server(pid=os.getpid(), port=sockets[0].getsockname()[1], ca=str(certificate.ca.absolute()))
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            ssl_certfile=certificate.leaf,
            ssl_keyfile=certificate.leaf,
            log_level="critical",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=_KEEP_ALIVE,
        )

        def ready() -> None:
            write_text(record, json.dumps(asdict(server), sort_keys=True) + "\n")
            if on_ready is not None:
                on_ready(server.url)

        asyncio.run(LoopbackServer(config, ready, stop).serve(sockets))
    finally:
        record.unlink(missing_ok=True)
        for listener in sockets:
            listener.close()


def _listen(port: int | None) -> list[socket.socket]:
    try:
        first = _bind(port)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise UsageError(
            f"port {port} on 127.0.0.1 cannot be served ({why}); end what uses it or give another --port"
        ) from None
    sockets = [first]
    with contextlib.suppress(OSError):
        # "localhost" may mean either; a machine without IPv6 goes without.
        sockets.append(socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6))
    for listener in sockets:
        # What is accepted inherits it. asyncio sets it on sockets of its own making only, and without it every answer
        # in two parts waits 40 ms for the client's acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sockets


def _bind(port: int | None) -> socket.socket:
    """Take a port as the server's own. Nobody asks beforehand whether it is free: another one may take it meanwhile."""
    if port is None:
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", PORT))
    return socket.create_server(("127.0.0.1", port or 0))
