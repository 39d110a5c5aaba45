"""`lockstep gate`: what a pull request runs. The base's code judges the head's tree; nobody signs in anywhere.

Order: copy base and head out of git, hand over to the base's own gate, and there run both (`run`).
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lockstep import __version__
from lockstep.gate import approvals as approving
from lockstep.gate.bare import bare
from lockstep.gate.changes import APPROVALS, Comparison, files_digest
from lockstep.gate.options import GateOptions
from lockstep.gate.repository import Repository, plain
from lockstep.report.screen import Screen
from lockstep.settings.project import find_project

_TARGET = "target: none (each stack runs on an emulator that is thrown away; nobody signs in)"
_DISTURBED = "the gate refuses: guarded files are changed and not approved, and the judge was kept from saying so"


def gate(options: GateOptions) -> int:
    """Judge the work tree against a base; return the exit code."""
    screen = Screen(as_json=options.outputs.as_json)
    repository = Repository.find(find_project(options.cwd))
    commit = repository.commit(options.base)
    with tempfile.TemporaryDirectory(prefix="lockstep-gate-") as folder:
        base = repository.copy_commit(commit, Path(folder).resolve() / "base")
        has_gate = (base / "lockstep" / "gate" / "__init__.py").is_file()
        trees = Comparison.read(repository, commit, base, repository.copy_work_tree(Path(folder).resolve() / "head"))
        if not options.judge:
            least = _least(options, trees)
            code = _hand_over(options, base if has_gate else None)
            if code < 0:
                screen.progress(
                    f"the gate refuses: its judge was ended by signal {-code}, before its verdict", "bold red"
                )
                return 1
            if least and not code:
                screen.progress(_DISTURBED, "bold red")
            return code or least
        # Only the judge needs these, and they take longer to load than everything that comes before it.
        from lockstep.gate.run import GateRun
        from lockstep.local.state import environment

        screen.progress(_TARGET, "bold")
        whose = f"the base's, {commit[:12]}" if has_gate else f"Lockstep {__version__}: the base has none"
        screen.progress(f"judge: {whose}")
        with environment(bare(os.environ)):
            return GateRun(options, trees, screen).run()


def _least(options: GateOptions, trees: Comparison) -> int:
    """Return the least exit code that a change can have, known before anything of the head runs.

    The head's program runs as the same user as its judge, and could change the judge's files. So a program that nobody
    approved is judged by a process of its own, and this one, which loads nothing any more, never lets it pass.
    """
    files = files_digest(trees.guarded)
    if not files or options.approve:
        return 0
    today = datetime.datetime.now(datetime.UTC).date()
    held = approving.read_approvals(plain(trees.base, APPROVALS))
    return 0 if any(approval.files == files and approval.holds(today) for approval in held) else 1


def _hand_over(options: GateOptions, base: Path | None) -> int:
    """Run the gate of the base's own tree; where that holds none, the one that is installed here. Return its code."""
    own = {"PYTHONPATH": str(base)} if base else {}
    done = subprocess.run(  # noqa: S603 (our own interpreter on the base's code)
        [sys.executable, "-P", "-s", "-m", "lockstep.cli", "gate", *options.words(), "--judge"],
        env={**bare(os.environ), **own},
        check=False,
    )
    return done.returncode
