"""The way to a local stack's emulator: in process when nobody serves its state, over TLS when somebody does.

Both ways look the same from outside: an environment to sign in with, and an HTTP client. Where an engine needs TLS and
nobody serves the emulator, a server is started in the background and ended afterwards.
"""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

import httpx

from lockstep.directory import Graph, open_graph
from lockstep.directory.retry import Waiting
from lockstep.emulator import PORT, Emulator, Server, check_profile, find_server, resolved
from lockstep.errors import StateError, TenantError, UsageError
from lockstep.event_loop import Value, run_to_end
from lockstep.local.state import LocalState, sign_in, trust, without_callers
from lockstep.local.workplace import emulator_command
from lockstep.settings.project import project_at
from lockstep.text_file import read_bytes, write_bytes

_PATIENCE = 30.0  # seconds for a background server to answer
_STARTED: list[subprocess.Popen[bytes]] = []
"""Servers that shall outlive this process: nobody waits for them."""


@dataclass(frozen=True)
class EmulatorDoor:
    """An open emulator. `served` tells whether it answers over TLS."""

    port: int
    served: bool
    env: dict[str, str]
    transport: Callable[[], httpx.AsyncBaseTransport | None]
    """Makes the transport of a client, or None for the ordinary one."""
    waiting: Waiting = field(default_factory=Waiting)
    """By which clock clients wait: an emulator in process has its own."""

    @property
    def url(self) -> str:
        """The address of the emulator; in process it is only a name."""
        return f"https://localhost:{self.port}"

    def client(self) -> httpx.AsyncClient:
        """Return a plain client; it knows nothing of Lockstep."""
        if (transport := self.transport()) is not None:
            return httpx.AsyncClient(transport=transport, base_url=self.url)
        context = ssl.create_default_context(cafile=self.env["SSL_CERT_FILE"])
        return httpx.AsyncClient(verify=context, base_url=self.url, timeout=60, trust_env=False)

    async def graph(self, tenant_id: str) -> Graph:
        """Return the directory client, which waits by the emulator's clock."""
        clock, sleep = self.waiting.clock, self.waiting.sleep
        return await open_graph(self.env, tenant_id, transport=self.transport(), clock=clock, sleep=sleep)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request of the emulator's own and return its JSON."""

        async def send() -> Any:
            async with self.client() as client:
                answer = await client.request(method, path, json=body)
            if answer.status_code >= 400:
                raise TenantError(f"the emulator answered {answer.status_code} to {method} {path}: {_message(answer)}")
            return answer.json() if answer.content else None

        return run(send())

    def log(self) -> list[dict[str, Any]]:
        """Return the request log."""
        log = self.ask("GET", "/_emulator/log")
        return list(log["entries"] if isinstance(log, dict) else log)


@dataclass(frozen=True)
class Traffic:
    """What went through Graph between two moments: requests, and those of them that changed something."""

    requests: int
    writes: int

    def __str__(self) -> str:
        """Return both numbers in words."""
        return f"{self.requests} requests to Graph, {self.writes} writes"


class Meter:
    """Counts requests to Graph, and writes, since it was made. A batch is one request, and the writes that it holds."""

    def __init__(self, door: EmulatorDoor) -> None:
        self._door = door
        self._since = max((int(entry.get("number", 0)) for entry in door.log()), default=0)

    def read(self) -> Traffic:
        """Return the traffic so far."""
        graph = [
            entry
            for entry in self._door.log()
            if int(entry.get("number", 0)) > self._since
            and str(entry["path"]).lstrip("/").startswith(("v1.0/", "beta/"))
        ]
        return Traffic(sum(not entry.get("batch") for entry in graph), sum(bool(entry["write"]) for entry in graph))


@contextmanager
def open_door(local: LocalState, profile: str | None) -> Iterator[EmulatorDoor]:
    """Open the emulator of a local stack, in process or where it is served."""
    running = _served_already(local, profile)
    if running is not None:
        yield running
        return
    emulator = Emulator.open(local.emulator, profile=profile or "fresh")
    try:
        if profile is not None and resolved(profile) != emulator.profile:
            refuse_profile(local, str(profile), emulator.profile)
        yield process_door(emulator)
    finally:
        emulator.close()


@contextmanager
def served(local: LocalState, profile: str | None) -> Iterator[EmulatorDoor]:
    """Have the emulator served over TLS for a while; a server that was there before stays."""
    running = _served_already(local, profile)
    if running is not None:
        yield running
        return
    if profile is not None:
        with open_door(local, profile):  # says what is wrong with the profile, or makes the emulator with it
            pass
    server = start_server(local, profile or "fresh", None)
    try:
        yield served_door(local, server)
    finally:
        if find_server(local.emulator) == server:
            stop_server(local, server)


def _served_already(local: LocalState, profile: str | None) -> EmulatorDoor | None:
    """Make the folders of a local stack, and return the door to its server if one is running: it keeps its profile."""
    local.prepare()
    server = find_server(local.emulator)
    if server is not None and profile is not None:
        refuse_profile(local, profile)
    return served_door(local, server) if server is not None else None


def process_door(emulator: Emulator) -> EmulatorDoor:
    """Return the door to an emulator in this process. Its address is never connected to."""
    env = {**without_callers(os.environ), **sign_in(PORT)}
    env.pop("SSL_CERT_FILE", None)
    waiting = Waiting(clock=emulator.clock, sleep=emulator.clock.sleep)
    return EmulatorDoor(PORT, False, env, lambda: httpx.ASGITransport(app=emulator.app), waiting)


def refuse_profile(local: LocalState, profile: str, has: str = "") -> None:
    """Raise: a profile fills a new emulator only."""
    why = f"was made with the profile {has}" if has else "is being served already, with the profile that it has"
    again = "" if has else ", then this again without --profile"
    anew = emulator_command(f"reset --profile {quote(profile)}", local)
    raise UsageError(f"--profile {profile}: the emulator {local.emulator} {why}; to make it anew: `{anew}`{again}")


def served_door(local: LocalState, server: Server) -> EmulatorDoor:
    """Return the door to an emulator that is served on this machine."""
    base = without_callers(os.environ)
    env = {**base, **sign_in(server.port), **trust(bundle(local, Path(server.ca)), base)}
    return EmulatorDoor(server.port, True, env, lambda: None)


def start_server(local: LocalState, profile: str, port: int | None) -> Server:
    """Serve the emulator in a process of its own and return it once it answers."""
    refuse_unknown_profile(profile)
    local.prepare()
    log = local.directory / "server.log"
    # The project's private catalogue says which vendors' apps can be instantiated, wherever this process stands.
    project = project_at(local.directory)
    words = ["emulator", "serve", *([] if port is None else ["--port", str(port)]), "--profile", profile]
    words += [*(["--cwd", str(project)] if project else []), "--state"]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  (our own words, no shell)
            [sys.executable, "-P", "-m", "lockstep.cli", *words, str(local.emulator.absolute())],
            env=without_callers(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _STARTED.append(process)

    def ready() -> bool:
        running = find_server(local.emulator) is not None
        if process.poll() is not None and not running:
            raise StateError(f"the emulator could not be served: {_last_line(log)}")
        return running

    _wait(ready, f"the emulator did not answer within {_PATIENCE:.0f} s; see {log}")
    server = find_server(local.emulator)
    if server is None:
        raise TenantError(f"the emulator's server ended at once; see {log}")
    return server


def stop_server(local: LocalState, server: Server) -> None:
    """End a server, and wait until it has ended."""
    os.kill(server.pid, signal.SIGTERM)
    _wait(lambda: find_server(local.emulator) is None, "the emulator's server did not end")
    for process in _STARTED:
        if process.pid == server.pid:
            process.wait(_PATIENCE)


def refuse_unknown_profile(profile: str) -> None:
    """Raise UsageError for a profile that there is not."""
    try:
        check_profile(profile)
    except UsageError as error:
        raise UsageError(f"--profile {profile}: {error}") from None


def bundle(local: LocalState, ca: Path) -> Path:
    """Write the certificates to trust: this machine's own, so that nothing else breaks, and the emulator's."""
    path = (local.directory / "trust.pem").resolve()
    system = [os.environ.get("SSL_CERT_FILE", ""), ssl.get_default_verify_paths().openssl_cafile]
    own = next((Path(name) for name in system if name and Path(name).is_file() and Path(name).resolve() != path), None)
    # Whole or not at all: another command, or a pulumi beside this one, may be reading it.
    write_bytes(path, read_bytes(ca) + (read_bytes(own) if own else b""))
    return path


def run(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine to its end; what the network does to it becomes one line."""
    try:
        return run_to_end(coroutine)
    except httpx.HTTPError as error:
        raise TenantError(f"the emulator cannot be reached: {type(error).__name__}: {error}") from None


def _wait(done: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > until:
            raise TenantError(otherwise)
        time.sleep(0.05)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("lockstep: ") if lines else f"it said nothing; see {log}"


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
