"""What a run of the real Pulumi CLI on a served emulator needs: environment, backend and a stack of its own.

The tracked stack file is only read.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.phases import STACK, BenchmarkError
from lockstep.emulator.testing import RunningServer
from lockstep.local.engine import PULUMI, choose
from lockstep.local.state import LocalState, pulumi_settings, sign_in, trust, without_callers


def missing() -> str:
    """Return why the real CLI cannot run here, or nothing."""
    engine = choose("auto", os.environ)
    return "" if engine.name == PULUMI else engine.why


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
    run_pulumi(["stack", "init", STACK, "--no-select"], env, bare)
    copy = folder / file.name
    copy.write_text(file.read_text("utf-8"), "utf-8")
    return copy


def run_pulumi(words: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
    """Run pulumi; BenchmarkError with the end of its output where it fails."""
    command = ["pulumi", *words, "--non-interactive", "--color=never"]
    done = subprocess.run(  # noqa: S603  (our own words, no shell)
        command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        output = (done.stdout + done.stderr).strip()[-2000:]
        raise BenchmarkError(f"`pulumi {' '.join(words)}` ended with {done.returncode}:\n{output}")
