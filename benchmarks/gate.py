"""What `lockstep gate` costs on the stack dev: an unchanged tree, and one whose program is changed.

The whole command, as a pull request runs it: from its start, by way of the base's own gate, to its end. A changed
program makes the base's stacks run too.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.phases import REPOSITORY, BenchmarkError

_PROGRAM = ("lockstep", "policy", "components", "stacks", "plugins")
_FILES = (".gitignore", "Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "pyproject.toml")


def measure(folder: Path) -> Mapping[str, tuple[float, float]]:
    """Return the seconds of each run, and those of processor time, in a repository of its own below `folder`."""
    root = folder / "gate"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in _PROGRAM:
        shutil.copytree(REPOSITORY / name, root / name, ignore=ignored)
    for name in _FILES:
        shutil.copy2(REPOSITORY / name, root / name)
    person = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", "--all"), (*person, "commit", "--quiet", "--message", "base")):
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)  # noqa: S603, S607
    unchanged = _run(root, 0)
    program = root / "__main__.py"
    program.write_text(f"{program.read_text(encoding='utf-8')}\n# changed\n", encoding="utf-8")
    return {"unchanged tree": unchanged, "changed program": _run(root, 1)}


def _run(root: Path, code: int) -> tuple[float, float]:
    words = [sys.executable, "-m", "lockstep.cli", "gate", "--base", "HEAD", "--stack", "dev"]
    start, used = time.perf_counter(), _processor()
    done = subprocess.run(words, cwd=root, env=dict(os.environ), capture_output=True, text=True, check=False)  # noqa: S603
    seconds = time.perf_counter() - start
    if done.returncode != code:
        raise BenchmarkError(f"the gate ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    return seconds, _processor() - used


def _processor() -> float:
    """Return the processor time of all children so far: what a busy machine does not change much."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime
