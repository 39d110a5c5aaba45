"""`lockstep emulator`: serves the emulator, in the foreground or behind a command, and points a shell at it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lockstep.emulator import PORT, Server, check_profile, find_server, resolved, run_server
from lockstep.emulator.faults.reading import read_plan_file
from lockstep.errors import StateError, TenantError, UsageError
from lockstep.local.door import Door, open_door, refuse_profile, served_door
from lockstep.local.state import LocalState, environment, pulumi_settings, without_callers
from lockstep.local.workplace import Workplace, find_project, open_workplace, relative
from lockstep.report.screen import Screen

_PATIENCE = 30.0  # seconds for a background server to answer
DEV = "dev"
_STARTED: list[subprocess.Popen[bytes]] = []
"""Servers that shall outlive this process: nobody waits for them."""


def serve_emulator(
    port: int,
    profile: str,
    state: Path | None,
    cwd: Path,
    *,
    enforce_permissions: bool = False,
    faults: Path | None = None,
) -> int:
    """Serve in the foreground."""
    local = _local(state, cwd)
    _check_profile(profile)
    plan = read_plan_file(faults) if faults is not None else None
    local.emulator.parent.mkdir(parents=True, exist_ok=True)
    screen = Screen()
    screen.progress(f"target: local (emulator {relative(local.emulator)})", "bold")
    with environment(without_callers(os.environ)):
        run_server(
            local.emulator,
            port,
            profile,
            lambda url: print(f"ready {url}", flush=True),
            enforce_permissions=enforce_permissions,
            faults=plan,
        )
    screen.progress(f"target: local (emulator {relative(local.emulator)}): stopped", "bold")
    return 0


def print_env(port: int | None, profile: str | None, state: Path | None, shell: str, cwd: Path) -> int:
    """Serve in the background when nobody does, make the dev stack, and print exports, nothing else, on stdout."""
    local = _local(state, cwd)
    screen = Screen()
    screen.progress(f"target: local (emulator {relative(local.emulator)})", "bold")
    server = find_server(local.emulator)
    if server is not None and port not in (None, 0, server.port):
        raise UsageError(
            f"--port {port}: the emulator is served on port {server.port} already; `lockstep emulator stop` ends that"
        )
    if server is not None and profile is not None:
        refuse_profile(local, profile)
    server = server or start_server(local, profile or "fresh", port)
    door = served_door(local, server)
    wanted = {name: value for name, value in door.env.items() if os.environ.get(name) != value}
    wanted |= {name: door.env[name] for name in _always(door)} | pulumi_settings(local)
    wanted |= _stack_ready(local, cwd, door, screen)
    gone = [name for name in os.environ if name not in wanted and name not in without_callers(os.environ)]
    for line in _lines(wanted, gone, shell):
        print(line)
    screen.progress(f"target: local (emulator {relative(local.emulator)}): served at {server.url}", "bold")
    return 0


def reset_emulator(profile: str, state: Path | None, cwd: Path) -> int:
    """Make the tenant anew; what the stack knew of the old one is put aside with it."""
    local = _local(state, cwd)
    _check_profile(profile)
    screen = Screen()
    screen.progress(f"target: local (emulator {relative(local.emulator)})", "bold")
    with environment(dict(os.environ)), open_door(local, None) as door:
        door.ask("POST", "/_emulator/reset", {"profile": resolved(profile)})
    aside = _put_aside(local)
    told = f"; the stack's old state is in {relative(aside)}" if aside else ""
    screen.result(f"target: local (emulator {relative(local.emulator)}): reset to {profile}{told}", "bold")
    return 0


def print_snapshot(state: Path | None, cwd: Path) -> int:
    """Print the tenant."""
    local = _local(state, cwd)
    screen = Screen()
    screen.progress(f"target: local (emulator {relative(local.emulator)})", "bold")
    with environment(dict(os.environ)), open_door(local, None) as door:
        print(json.dumps(door.ask("GET", "/_emulator/snapshot"), indent=2, ensure_ascii=False))
    screen.progress(f"target: local (emulator {relative(local.emulator)}): snapshot done", "bold")
    return 0


def stop_emulator(state: Path | None, cwd: Path) -> int:
    """End a background server."""
    local = _local(state, cwd)
    screen = Screen()
    screen.progress(f"target: local (emulator {relative(local.emulator)})", "bold")
    server = find_server(local.emulator)
    if server is not None:
        _end(local, server)
    screen.result(
        f"target: local (emulator {relative(local.emulator)}): {'stopped' if server else 'was not served'}", "bold"
    )
    return 0


@contextmanager
def served(local: LocalState, profile: str | None) -> Iterator[Door]:
    """Have the emulator served over TLS for a while; a server that was there before stays."""
    local.prepare()
    found = find_server(local.emulator)
    if found is not None:
        if profile is not None:
            refuse_profile(local, profile)
        yield served_door(local, found)
        return
    if profile is not None:
        with open_door(local, profile):  # says what is wrong with the profile, or makes the emulator with it
            pass
    server = start_server(local, profile or "fresh", None)
    try:
        yield served_door(local, server)
    finally:
        if find_server(local.emulator) == server:
            _end(local, server)


def _end(local: LocalState, server: Server) -> None:
    os.kill(server.pid, signal.SIGTERM)
    _wait(lambda: find_server(local.emulator) is None, "the emulator's server did not end")
    for process in _STARTED:
        if process.pid == server.pid:
            process.wait(_PATIENCE)


def start_server(local: LocalState, profile: str, port: int | None) -> Server:
    """Serve the emulator in a process of its own and return it once it answers."""
    _check_profile(profile)
    local.prepare()
    log = local.directory / "server.log"
    chosen = port if port is not None else PORT if _is_free(PORT) else 0
    words = [
        "emulator",
        "serve",
        "--port",
        str(chosen),
        "--profile",
        profile,
        "--state",
        str(local.emulator.absolute()),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  (our own words, no shell)
            [sys.executable, "-m", "lockstep.cli", *words],
            env=without_callers(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _STARTED.append(process)

    def ready() -> bool:
        found = find_server(local.emulator)
        if process.poll() is not None and found is None:
            raise StateError(f"the emulator could not be served: {_last_line(log)}")
        return found is not None

    _wait(ready, f"the emulator did not answer within {_PATIENCE:.0f} s; see {log}")
    found = find_server(local.emulator)
    if found is None:
        raise TenantError(f"the emulator's server ended at once; see {log}")
    return found


def _stack_ready(local: LocalState, cwd: Path, door: Door, screen: Screen) -> dict[str, str]:
    """Make the dev stack for a `pulumi` by hand; return what else has to be exported for it."""
    if shutil.which("pulumi") is None:
        screen.progress("pulumi is not on PATH: the stack dev is made when it is and this runs again")
        return {}
    from lockstep.local.pulumi_cli import PulumiCli, copy_stack_file

    found = open_workplace(cwd, DEV)
    place = Workplace(found.project, DEV, found.path, found.config, found.settings, at=local)
    with environment(door.env):
        PulumiCli(place, door).prepare()
    if "\nencryptionsalt:" in f"\n{place.path.read_text(encoding='utf-8-sig')}":
        return {}
    # Pulumi would write its salt into the tracked stack file.
    copy = copy_stack_file(local, place.path, place.project.name)
    screen.progress(f"settings: a copy of {relative(place.path)} as it is now; run this again after changing it")
    return {"PULUMI_OPTION_CONFIG_FILE": str(copy.resolve())}


def _local(state: Path | None, cwd: Path) -> LocalState:
    return LocalState.beside(state) if state is not None else LocalState.of(find_project(cwd), DEV)


def _always(door: Door) -> list[str]:
    return [name for name in door.env if name.startswith(("ARM_", "AZURE_"))] + [
        "SSL_CERT_FILE",
        "NO_PROXY",
        "no_proxy",
    ]


def _lines(wanted: Mapping[str, str], gone: list[str], shell: str) -> Iterator[str]:
    for name in sorted(gone):
        yield f"unset {name}" if shell == "bash" else f"Remove-Item Env:{name}"
    for name, value in sorted(wanted.items()):
        quoted = "'" + value.replace("'", "''") + "'"
        yield f"export {name}={shlex.quote(value)}" if shell == "bash" else f"$env:{name} = {quoted}"


def _put_aside(local: LocalState) -> Path | None:
    kept = [path for path in (local.state, local.backend, local.directory / "handover.json") if path.exists()]
    if not kept:
        return None
    aside = local.directory / "before-reset"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in kept:
        path.replace(aside / path.name)
    local.adopted.unlink(missing_ok=True)
    return aside


def _check_profile(profile: str) -> None:
    try:
        check_profile(profile)
    except UsageError as error:
        raise UsageError(f"--profile {profile}: {error}") from None


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _wait(done: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > until:
            raise TenantError(otherwise)
        time.sleep(0.05)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("lockstep: ") if lines else f"it said nothing; see {log}"
