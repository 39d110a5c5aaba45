"""Which Python speaks for base and head, and which Lockstep it sees.

A tree that holds Lockstep itself, as Lockstep's own repository does, is run with that. Any other is run with what its
lock names: the base with the packages of this Python, which the pipeline installed from the base's lock; the head with
the same, unless its lock is another. Then its packages are installed apart, and only the head's program and pack run
with them. Installing runs no code of theirs: it takes wheels only, each by its hash, and reads no option of the lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from lockstep import __version__
from lockstep.errors import UsageError
from lockstep.gate.changes import Comparison
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter
from lockstep.scaffold.lock import NAMES, LockError, find_lock, read_lock

_PATIENCE = 600.0  # seconds for pip


def base_python(base: Path) -> Interpreter:
    """Return what runs the base; UsageError where its lock names another Lockstep than the one that judges."""
    own = _own_library(base)
    lock = find_lock(base)
    if own or lock is None:
        return Interpreter(library=own)
    where = lock.relative_to(base).as_posix()
    try:
        pins = read_lock(lock, where)
    except LockError:
        return INSTALLED  # of the base only Lockstep's version is asked; a change of the file is judged by the head's
    locked = next((pin.version for pin in pins if pin.name == "lockstep"), __version__)
    if locked != __version__:
        raise UsageError(
            f"the base's {where} names lockstep {locked}, and this is {__version__}: install from the base's lock, and"
            " run the gate of that"
        )
    return INSTALLED


def head_python(trees: Comparison, cleanup: ExitStack) -> Interpreter:
    """Return what runs the head; LockError where its packages cannot be installed. `cleanup` takes them away again."""
    lock = find_lock(trees.head)
    changed = any(change.path in NAMES or change.path.endswith(".whl") for change in trees.changes)
    if lock is None or not changed:
        return Interpreter(library=_own_library(trees.head))
    folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="lockstep-lock-"))).resolve()
    return Interpreter(_install(trees.head, lock, folder), _own_library(trees.head))


def _own_library(tree: Path) -> str:
    return str(tree) if (tree / "lockstep" / "__init__.py").is_file() else ""


def _install(project: Path, lock: Path, folder: Path) -> str:
    """Install the packages of a lock into a virtual environment below `folder`; return its Python."""
    where = lock.relative_to(project).as_posix()
    # Written anew from what was understood, so that pip cannot understand the lock in another way.
    listed = folder / "lock.txt"
    listed.write_text("\n".join(pin.requirement(project) for pin in read_lock(lock, where)), "utf-8")
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "--python", str(python), "install"]
    for words in (
        ["-m", "venv", "--without-pip", str(folder / "venv")],
        [*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(listed)],
    ):
        try:
            done = subprocess.run(  # noqa: S603 (our own interpreter and words)
                [sys.executable, "-P", "-s", *words],
                cwd=folder,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LockError(where, 1, f"its packages could not be installed in {_PATIENCE:.0f} seconds") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it does not say why"])[-1].replace(f"{project}{os.sep}", "")
            raise LockError(where, 1, f"its packages cannot be installed: {last}")
    return str(python)
