"""One run of one engine on a local stack: which engine it is, how it reaches the emulator, and what it can do.

The engine is the Pulumi CLI where it can run, else the rehearsal. Either gets the newest state before it starts, and
says what it did in the words of `runs`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.errors import UsageError
from lockstep.local.backend import Handover
from lockstep.local.door import EmulatorDoor, open_door, served
from lockstep.local.pulumi_cli import PulumiDriver
from lockstep.local.workplace import Workplace

if TYPE_CHECKING:  # a rehearsal is slow to import
    from lockstep.local.rehearsing import RehearsalDriver

PULUMI, REHEARSAL = "pulumi", "rehearsal"


@dataclass(frozen=True)
class Engine:
    """The chosen engine and the reason in words."""

    name: str
    why: str

    @property
    def title(self) -> str:
        """The engine for a person."""
        return "the Pulumi CLI" if self.name == PULUMI else "rehearsal"


def choose(using: str, environ: Mapping[str, str], platform: str = sys.platform) -> Engine:
    """Return the engine for `using` (pulumi, rehearsal or auto); UsageError when pulumi is asked for and cannot run."""
    if using == REHEARSAL:
        return Engine(REHEARSAL, "--using rehearsal")
    missing = _missing(environ, platform)
    if using == PULUMI:
        if missing:
            raise UsageError(f"--using pulumi: {missing}; use --using rehearsal, or put that right")
        return Engine(PULUMI, "--using pulumi")
    if missing:
        return Engine(REHEARSAL, missing)
    return Engine(PULUMI, "pulumi and the azuread plugin are installed")


def emulator_for(place: Workplace, engine: Engine, profile: str | None) -> AbstractContextManager[EmulatorDoor]:
    """Open the emulator the way that the engine needs: a program of its own reaches it over TLS only."""
    return (served if engine.name == PULUMI else open_door)(place.local, profile)


def driver_for(
    place: Workplace, door: EmulatorDoor, engine: Engine, watch: Callable[[Any], None]
) -> PulumiDriver | RehearsalDriver:
    """Return the engine on one stack, with the newest state. `watch` is told of each event of a rehearsal."""
    if engine.name == PULUMI:
        pulumi = PulumiDriver(place, door)
        pulumi.prepare()
        return pulumi
    from lockstep.local.rehearsing import RehearsalDriver

    Handover(place.backend).to_file()
    return RehearsalDriver(place, door, watch)


def _missing(environ: Mapping[str, str], platform: str) -> str:
    """Return what keeps the Pulumi CLI from running here, or nothing."""
    if shutil.which("pulumi", path=environ.get("PATH", "")) is None:
        return "pulumi is not on PATH"
    if not platform.startswith("linux"):
        return "plugins written in Go trust the emulator's certificate (SSL_CERT_FILE) on Linux only"
    plugins = pulumi_home(environ) / "plugins"
    on_path = shutil.which("pulumi-resource-azuread", path=environ.get("PATH", ""))
    if on_path is None and not any(plugin.is_dir() for plugin in plugins.glob("resource-azuread-v*")):
        return f"the azuread plugin is neither in {plugins} nor on PATH"
    return ""


def pulumi_home(environ: Mapping[str, str]) -> Path:
    """Return the folder where the Pulumi CLI keeps its plugins and its log-ins."""
    return Path(environ.get("PULUMI_HOME") or Path(environ.get("HOME") or os.path.expanduser("~")) / ".pulumi")
