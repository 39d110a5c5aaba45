"""Which engine runs: the Pulumi CLI where it can, else the rehearsal; and why."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import UsageError

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


def _missing(environ: Mapping[str, str], platform: str) -> str:
    """Return what keeps the Pulumi CLI from running here, or nothing."""
    if shutil.which("pulumi", path=environ.get("PATH", "")) is None:
        return "pulumi is not on PATH"
    if not platform.startswith("linux"):
        return "plugins written in Go trust the emulator's certificate (SSL_CERT_FILE) on Linux only"
    if not _has_azuread(environ):
        home = _home(environ)
        return f"the azuread plugin is neither in {home / 'plugins'} nor on PATH"
    return ""


def _has_azuread(environ: Mapping[str, str]) -> bool:
    installed = (_home(environ) / "plugins").glob("resource-azuread-v*")
    on_path = shutil.which("pulumi-resource-azuread", path=environ.get("PATH", ""))
    return on_path is not None or any(found.is_dir() for found in installed)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PULUMI_HOME") or Path(environ.get("HOME") or os.path.expanduser("~")) / ".pulumi")
