"""How long it takes to start: our imports over the bare SDK's, and the plugin until it names its port.

Every figure is the median of several fresh processes, taken in turns so that a busy machine slows all alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.phases import REPOSITORY, BenchmarkError

_BARE = "import pulumi, pulumi_azuread"
_OURS = f"{_BARE}; import components, lockstep.program, lockstep.provider"
_EMPTY = "pass"


@dataclass(frozen=True)
class Imports:
    """Seconds of an interpreter that imports nothing, the bare SDK, and the SDK with our packages."""

    empty: float
    bare: float
    ours: float

    @property
    def difference(self) -> float:
        """What our imports add."""
        return self.ours - self.bare

    @property
    def ratio(self) -> float:
        """Ours to bare."""
        return self.ours / self.bare


def imports(times: int = 7) -> Imports:
    """Measure imports."""
    scripts = (_EMPTY, _BARE, _OURS)
    for script in scripts:  # once, so that bytecode is written and files are in memory
        _python(script)
    seconds = [[_python(script) for script in scripts] for _ in range(times)]
    return Imports(*(median(column) for column in zip(*seconds, strict=True)))


def plugin(times: int = 5) -> float:
    """Measure the start of `plugins/entraconsent`, as the engine starts it, until it prints its port."""
    _plugin()
    return median(_plugin() for _ in range(times))


def until_port(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Measure a program in `folder` from its start until it prints its port, and end it; BenchmarkError if it does not.

    `environment` adds to ours.
    """
    begun = time.perf_counter()
    with subprocess.Popen(  # noqa: S603  (a program of our own)
        command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        seconds = time.perf_counter() - begun
        process.terminate()
    if not port.isdigit():
        raise BenchmarkError(f"{' '.join(command)} printed {port!r} in place of its port")
    return seconds


def _python(script: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True)  # noqa: S603  (our own words)
    return time.perf_counter() - begun


def _plugin() -> float:
    command = [sys.executable, str(REPOSITORY / "plugins" / "entraconsent")]
    return until_port(command, REPOSITORY, {"PYTHONUNBUFFERED": "1"})
