"""`lockstep gate`: what a pull request runs. The base's code judges the head's tree; nobody signs in anywhere.

Order: copy base and head out of git, hand over to the base's own gate, and there run both (`gate_run`).
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lockstep import __version__
from lockstep.gate import approvals as approving
from lockstep.gate.compared import Compared
from lockstep.gate.difference import files_digest
from lockstep.gate.guarded import APPROVALS
from lockstep.gate.options import GateOptions
from lockstep.gate.run import GateRun
from lockstep.gate.trees import Repository
from lockstep.local.state import environment, without_callers
from lockstep.local.workplace import find_project
from lockstep.report.screen import Screen

_TARGET = "target: none (each stack runs on an emulator that is thrown away; nobody signs in)"
_DISTURBED = "gate: refused: guarded files are changed and not approved, and the judge was kept from saying so"


def gate(options: GateOptions, words: Sequence[str]) -> int:
    """Judge the work tree against a base; return the exit code. `words` are the command's own, to hand over."""
    screen = Screen(as_json=options.outputs.as_json)
    repository = Repository.find(find_project(options.cwd))
    commit = repository.commit(options.base)
    with tempfile.TemporaryDirectory(prefix="lockstep-gate-") as folder:
        base = repository.copy_commit(commit, Path(folder).resolve() / "base")
        has_gate = (base / "lockstep" / "gate" / "__init__.py").is_file()
        trees = Compared.read(repository, commit, base, repository.copy_work_tree(Path(folder).resolve() / "head"))
        if not options.judge:
            least = _least(options, trees)
            code = _hand_over(base if has_gate else Path(__file__).resolve().parent.parent.parent, words)
            if least and not code:
                screen.progress(_DISTURBED, "red")
            return code or least
        screen.progress(_TARGET, "bold")
        whose = f"the base's, {commit[:12]}" if has_gate else f"Lockstep {__version__}: the base has none"
        screen.progress(f"judge: {whose}")
        with environment(without_callers(os.environ)):
            code = GateRun(options, trees, screen).run()
    screen.progress(f"{_TARGET}: gate done", "bold")
    return code


def _least(options: GateOptions, trees: Compared) -> int:
    """Return the least exit code that a change can have, known before anything of the head runs.

    The head's program runs as the same user as its judge, and could change the judge's files. So a program that nobody
    approved is judged by a process of its own, and this one, which loads nothing any more, never lets it pass.
    """
    files = files_digest(trees.guarded)
    if not files or options.approve:
        return 0
    today = datetime.datetime.now(datetime.UTC).date()
    held = approving.read_approvals(trees.base / APPROVALS)
    return 0 if any(each.files == files and each.holds(today) for each in held) else 1


def _hand_over(base: Path, words: Sequence[str]) -> int:
    """Run the gate in a folder, the base's own where it has one: its code, its pack, its approvals."""
    environment = {**without_callers(os.environ), "PYTHONPATH": str(base)}
    done = subprocess.run(  # noqa: S603 (our own interpreter on the base's code)
        [sys.executable, "-P", "-s", "-m", "lockstep.cli", "gate", *words, "--judge"], env=environment, check=False
    )
    return done.returncode if done.returncode >= 0 else 1
