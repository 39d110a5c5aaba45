"""`lockstep emulator`: serves the emulator, in the foreground or behind a command, and points a shell at it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lockstep.emulator import find_server, resolved, run_server
from lockstep.emulator.faults.reading import read_plan_file
from lockstep.errors import UsageError
from lockstep.local.door import (
    EmulatorDoor,
    open_door,
    refuse_profile,
    refuse_unknown_profile,
    served_door,
    start_server,
    stop_server,
)
from lockstep.local.pulumi_cli import PulumiDriver, copy_stack_file
from lockstep.local.state import LocalState, environment, pulumi_settings, without_callers
from lockstep.local.workplace import find_project, open_workplace, relative
from lockstep.report.screen import Screen

DEV = "dev"


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
    local = local_of(state, cwd)
    refuse_unknown_profile(profile)
    plan = read_plan_file(faults) if faults is not None else None
    local.emulator.parent.mkdir(parents=True, exist_ok=True)
    screen, target = _begin(local)
    with environment(without_callers(os.environ)):
        run_server(
            local.emulator,
            port,
            profile,
            lambda url: print(f"ready {url}", flush=True),
            enforce_permissions=enforce_permissions,
            faults=plan,
        )
    screen.progress(f"{target}: stopped", "bold")
    return 0


def print_env(port: int | None, profile: str | None, state: Path | None, shell: str, cwd: Path) -> int:
    """Serve in the background when nobody does, make the dev stack, and print exports, nothing else, on stdout."""
    local = local_of(state, cwd)
    screen, target = _begin(local)
    server = find_server(local.emulator)
    if server is not None and port not in (None, 0, server.port):
        raise UsageError(
            f"--port {port}: the emulator is served on port {server.port} already; `lockstep emulator stop` ends that"
        )
    if server is not None and profile is not None:
        refuse_profile(local, profile)
    server = server or start_server(local, profile or "fresh", port)
    door = served_door(local, server)
    exports = {name: value for name, value in door.env.items() if os.environ.get(name) != value or _is_ours(name)}
    exports |= pulumi_settings(local) | _stack_ready(local, cwd, door, screen)
    gone = [name for name in os.environ if name not in exports and name not in without_callers(os.environ)]
    for line in _lines(exports, gone, shell):
        print(line)
    screen.progress(f"{target}: served at {server.url}", "bold")
    return 0


def reset_emulator(profile: str, state: Path | None, cwd: Path) -> int:
    """Make the tenant anew; what the stack knew of the old one is put aside with it."""
    local = local_of(state, cwd)
    refuse_unknown_profile(profile)
    screen, target = _begin(local)
    with environment(dict(os.environ)), open_door(local, None) as door:
        door.ask("POST", "/_emulator/reset", {"profile": resolved(profile)})
    aside = _put_aside(local.owner)
    old_state = f"; the stack's old state is in {relative(aside)}" if aside else ""
    screen.result(f"{target}: reset to {profile}{old_state}", "bold")
    return 0


def print_snapshot(state: Path | None, cwd: Path) -> int:
    """Print the tenant."""
    local = local_of(state, cwd)
    screen, target = _begin(local)
    with environment(dict(os.environ)), open_door(local, None) as door:
        print(json.dumps(door.ask("GET", "/_emulator/snapshot"), indent=2, ensure_ascii=False))
    screen.progress(f"{target}: snapshot done", "bold")
    return 0


def stop_emulator(state: Path | None, cwd: Path) -> int:
    """End a background server."""
    local = local_of(state, cwd)
    screen, target = _begin(local)
    server = find_server(local.emulator)
    if server is not None:
        stop_server(local, server)
    screen.result(f"{target}: {'stopped' if server else 'was not served'}", "bold")
    return 0


def local_of(state: Path | None, cwd: Path) -> LocalState:
    """Return where the emulator is that a command means: with a state file of its own, or the stack dev's."""
    return LocalState.beside(state) if state is not None else LocalState.of(find_project(cwd), DEV)


def _begin(local: LocalState) -> tuple[Screen, str]:
    screen, target = Screen(), f"target: local (emulator {relative(local.emulator)})"
    screen.progress(target, "bold")
    return screen, target


def _stack_ready(local: LocalState, cwd: Path, door: EmulatorDoor, screen: Screen) -> dict[str, str]:
    """Make the dev stack for a `pulumi` by hand; return what else has to be exported for it."""
    if shutil.which("pulumi") is None:
        screen.progress("pulumi is not on PATH: the stack dev is made when it is and this runs again")
        return {}
    place = replace(open_workplace(cwd, DEV), at=local)
    with environment(door.env):
        PulumiDriver(place, door).prepare()
    if "\nencryptionsalt:" in f"\n{place.path.read_text(encoding='utf-8-sig')}":
        return {}
    # Pulumi would write its salt into the tracked stack file.
    copy = copy_stack_file(local, place.path, place.project.name)
    screen.progress(f"settings: a copy of {relative(place.path)} as it is now; run this again after changing it")
    return {"PULUMI_OPTION_CONFIG_FILE": str(copy.resolve())}


def _is_ours(name: str) -> bool:
    """Tell whether a variable is exported even where it has its value already: a shell may not have exported it."""
    return name.startswith(("ARM_", "AZURE_")) or name in ("SSL_CERT_FILE", "NO_PROXY", "no_proxy")


def _lines(exports: Mapping[str, str], gone: list[str], shell: str) -> Iterator[str]:
    for name in sorted(gone):
        yield f"unset {name}" if shell == "bash" else f"Remove-Item Env:{name}"
    for name, value in sorted(exports.items()):
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
