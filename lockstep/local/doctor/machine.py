"""What this machine has: Python, the Pulumi CLI, the azuread plugin, a backend, and the state of the stack.

Starts `pulumi` to ask it two questions, each for a few seconds at most. Asks no tenant.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockstep import __version__
from lockstep.directory.identification import RecordedIds
from lockstep.errors import LockstepError, UsageError
from lockstep.local.backend import Handover
from lockstep.local.doctor import Check, fail, ok, warn
from lockstep.local.engine import PULUMI, choose, pulumi_home
from lockstep.local.preflight import entries_of, recorded_ids
from lockstep.local.pulumi_cli import run_pulumi
from lockstep.local.workplace import Workplace, relative
from lockstep.scaffold.files import copies_apart

VERSION_PATIENCE, STATE_PATIENCE = 4.0, 8.0  # seconds for what pulumi is asked, while the tenant is
TESTED = (3, 260)


@dataclass(frozen=True)
class StackState:
    """What the stack's state holds. `known` is False where it could not be asked for."""

    known: bool = True
    resources: int = 0
    pending: int = 0
    locked: bool = False
    recorded: Mapping[str, RecordedIds] = field(default_factory=dict)
    """The ids of the applications that are the stack's own, by documented name."""
    why: str = field(default="", compare=False)


def check_python() -> Check:
    """Name Lockstep, Python and the system."""
    return ok("lockstep", f"{__version__}, Python {platform.python_version()}, {platform.system()}")


def check_pulumi(environ: Mapping[str, str], *, local: bool) -> Check:
    """Look for the Pulumi CLI: a local stack can do without it."""
    if shutil.which("pulumi", path=environ.get("PATH", "")) is None:
        if local:
            return warn("pulumi", "not on PATH: a local stack is rehearsed instead")
        return fail("pulumi", "not on PATH", "install the Pulumi CLI: https://www.pulumi.com/docs/install/")
    text = _pulumi(["version"], environ, VERSION_PATIENCE)
    version = re.match(r"v?(\d+)\.(\d+)", text)
    if version is None:
        return warn("pulumi", "on PATH, but it does not say its version", "run `pulumi version` and see why")
    if (int(version[1]), int(version[2])) < TESTED:
        return warn("pulumi", f"{text}; tested with {TESTED[0]}.{TESTED[1]}", "update it when something is odd")
    return ok("pulumi", text)


def check_engine(environ: Mapping[str, str]) -> Check:
    """Say which engine a local stack runs on."""
    engine = choose("auto", environ)
    return ok("engine", f"{engine.title}{'' if engine.name == PULUMI else f' ({engine.why})'}")


def check_copies(place: Workplace) -> list[Check]:
    """Say where the project's copies of plugin and pack are other than this Lockstep has them; nothing when none is."""
    apart = copies_apart(place.project.directory)
    fix = f"lockstep init {relative(place.project.directory)} --update writes them anew, and the lock with them"
    return [warn("copies", f"not as in this Lockstep: {', '.join(apart)}", fix)] if apart else []


def check_backend(place: Workplace, environ: Mapping[str, str]) -> Check:
    """Say where the state goes."""
    if place.settings.is_local:
        return ok("backend", f"of this stack alone, in {relative(place.local.directory)}")
    url = environ.get("PULUMI_BACKEND_URL") or _logged_in(environ)
    if not url:
        return fail("backend", "pulumi is logged in nowhere", "pulumi login: docs/first-real-tenant.md says where to")
    hidden = re.sub(r"//[^/@]*@", "//***@", url)
    return ok(
        "backend", re.sub(r"((?:sig|token|key|secret|password)\w*)=[^&]*", r"\1=***", hidden, flags=re.IGNORECASE)
    )


def read_state(place: Workplace, environ: Mapping[str, str]) -> StackState:
    """Return what the stack's state holds; without the Pulumi CLI, that of a real stack is not known."""
    if place.settings.is_local:
        return _local_state(place)
    if shutil.which("pulumi", path=environ.get("PATH", "")) is None:
        return StackState(known=False, why="pulumi is not on PATH")
    text = _pulumi(["stack", "export", "--stack", place.stack], environ, STATE_PATIENCE, place.project.directory)
    try:
        return _state({"deployment": json.loads(text)["deployment"]}, locked=False)
    except (ValueError, KeyError, TypeError):
        return StackState(known=False, why=f"`pulumi stack export --stack {place.stack}` gave no state")


def check_state(state: StackState, place: Workplace) -> Check:
    """Say what the state holds, and whether a run was killed."""
    if not state.known:
        fix = f"pulumi login, then `pulumi stack init {place.stack}` unless the stack is there"
        return warn("state", f"not known: {state.why}", fix)
    if state.pending or state.locked:
        what = "a lock" if state.locked else f"{state.pending} pending operations"
        return fail("state", f"{what} of a run that was cut off", f"lockstep repair {words(place)}")
    if not state.resources:
        return ok("state", "empty: nothing deployed yet")
    return ok("state", f"{state.resources} resources, {len(state.recorded)} applications of its own")


def words(place: Workplace) -> str:
    """Return how a command names this stack."""
    return f"--stack {place.stack}{' --rehearse' if place.rehearses else ''}"


def _local_state(place: Workplace) -> StackState:
    try:
        locked = bool(place.backend.read() and place.backend.locks)
        return _state(Handover(place.backend).latest(), locked=locked)
    except LockstepError as error:
        return StackState(known=False, why=" ".join(str(error).split()))


def _state(document: Mapping[str, Any], *, locked: bool) -> StackState:
    entries = entries_of(document)
    pending = (document.get("deployment") or {}).get("pending_operations") or []
    return StackState(resources=len(entries), pending=len(pending), locked=locked, recorded=recorded_ids(entries))


def _logged_in(environ: Mapping[str, str]) -> str:
    try:
        text = (pulumi_home(environ) / "credentials.json").read_text(encoding="utf-8")
        return str(json.loads(text).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _pulumi(words: list[str], environ: Mapping[str, str], patience: float, cwd: Path | None = None) -> str:
    """Return what pulumi prints, or nothing when it fails or takes too long."""
    try:
        process = run_pulumi(words, cwd, {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}, patience)
    except (OSError, UsageError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""
