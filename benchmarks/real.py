"""The same estate with the real Pulumi CLI and the real azuread provider, where both are installed.

The emulator answers over TLS from a thread of this process; backend and stack are in a folder of their own, and the
tracked stack file is only read.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.phases import PHASES, PREVIEWS, REPOSITORY, STACK, BenchmarkError, Measurement
from benchmarks.program import write_empty_project
from benchmarks.traffic import count
from lockstep.emulator.testing import RunningServer, running
from lockstep.local.engine import PULUMI, choose
from lockstep.local.state import LocalState, pulumi_settings, sign_in, trust, without_callers

NAME = "pulumi"
_WORDS = {
    "create": ["up", "--yes", "--skip-preview", "--policy-pack", "policy"],
    "preview": ["preview", "--expect-no-changes", "--policy-pack", "policy"],
    "refresh": ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
    "destroy": ["destroy", "--yes", "--skip-preview"],
}


def missing() -> str:
    """Return why the real CLI cannot run here, or nothing."""
    engine = choose("auto", os.environ)
    return "" if engine.name == PULUMI else engine.why


def measure(latencies_ms: Sequence[int], folder: Path) -> list[Measurement]:
    """Take the estate through its life, once for each latency."""
    phases = []
    with running(folder / "emulator.sqlite") as server:
        env = environment(folder, server)
        config = stack(folder, env, REPOSITORY / f"Pulumi.{STACK}.yaml", "lockstep")
        for latency in latencies_ms:
            server.emulator.reset("fresh")
            server.emulator.faults.latency = latency / 1000
            phases += [_phase(phase, latency, server, env, config) for phase in PHASES]
    return phases


def empty_program(folder: Path) -> float:
    """Return the seconds of a preview of a program without resources."""
    write_empty_project(folder)
    env = {**without_callers(os.environ), **pulumi_settings(LocalState(folder))}
    (folder / "backend").mkdir(exist_ok=True)
    _pulumi(["stack", "init", STACK], env, folder)
    return median(_pulumi(["preview"], env, folder) for _ in range(PREVIEWS))


def environment(folder: Path, server: RunningServer) -> dict[str, str]:
    """Return what a run of the CLI on the emulator needs, with its backend in a folder of its own."""
    port = int(server.url.rpartition(":")[2])
    base = without_callers(os.environ)
    return {**base, **sign_in(port), **trust(Path(server.ca), base), **pulumi_settings(LocalState(folder))}


def stack(folder: Path, env: Mapping[str, str], file: Path, project: str) -> Path:
    """Make the stack from a bare project, and return the copy of the stack file that the runs read."""
    bare = folder / "project"
    bare.mkdir()
    (folder / "backend").mkdir()
    (bare / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n", "utf-8")
    _pulumi(["stack", "init", STACK, "--no-select"], env, bare)
    copy = folder / file.name
    copy.write_text(file.read_text("utf-8"), "utf-8")
    return copy


def _phase(phase: str, latency: int, server: RunningServer, env: Mapping[str, str], config: Path) -> Measurement:
    server.emulator.log.clear()
    words = [*_WORDS[phase], "--stack", STACK, "--config-file", str(config)]
    seconds, traffic = _pulumi(words, env, REPOSITORY), count(server.emulator.log)
    if phase == "preview":
        seconds = median([seconds, *(_pulumi(words, env, REPOSITORY) for _ in range(PREVIEWS - 1))])
    return Measurement(NAME, phase, latency, seconds, traffic)


def _pulumi(words: Sequence[str], env: Mapping[str, str], cwd: Path) -> float:
    """Run pulumi; return its seconds."""
    command = ["pulumi", *words, "--non-interactive", "--color=never"]
    begun = time.perf_counter()
    done = subprocess.run(  # noqa: S603  (our own words, no shell)
        command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        output = (done.stdout + done.stderr).strip()[-2000:]
        raise BenchmarkError(f"`pulumi {' '.join(words)}` ended with {done.returncode}:\n{output}")
    return seconds
