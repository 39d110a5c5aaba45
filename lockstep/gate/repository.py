"""Copies the two states of a project that a gate compares: the base as git has it, the head as the work tree has it.

Nothing that a program does to its folder reaches the repository then. Runs git; nothing of the trees is imported or
executed here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import UsageError

# A repository's configuration must not start programs of its own while it is read.
_QUIET = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


@dataclass(frozen=True)
class Repository:
    """A git repository, and where the project is in it (`.` for its root)."""

    root: Path
    project: Path

    @classmethod
    def find(cls, directory: Path) -> Repository:
        """Return the repository of a project's folder; UsageError when it is in none."""
        top = _git(directory, "rev-parse", "--show-toplevel", wrong=f"{directory} is not in a git repository")
        root = Path(top.decode().strip()).resolve()
        return cls(root, directory.resolve().relative_to(root))

    def commit(self, ref: str) -> str:
        """Return the commit that a ref names; UsageError when there is none, or when it could mean several."""
        self._refuse_ambiguous(ref)
        wrong = (
            f"--base {ref}: there is no such commit here; fetch it first (a shallow clone needs `git fetch origin"
            " BRANCH`), or name another"
        )
        return (
            _git(self.root, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}", wrong=wrong)
            .decode()
            .strip()
        )

    def _refuse_ambiguous(self, ref: str) -> None:
        # Git takes a tag of this name before the branch, and whoever may push a tag would choose the judge.
        names = [f"{folder}{ref}" for folder in ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")]
        names = [name for name in names if name.startswith("refs/")]
        wrong = f"--base {ref} cannot be looked up"
        listed = _git(self.root, "for-each-ref", "--format=%(refname)", "--", *names, wrong=wrong).decode().split("\n")
        matching = [name for name in listed if name in names]
        if len(matching) > 1:
            raise UsageError(f"--base {ref} could mean {' or '.join(matching)}; write the one that you mean, in full")

    def copy_commit(self, commit: str, to: Path) -> Path:
        """Write the files of a commit below `to`; return the project's folder there."""
        index = to.with_name(f"{to.name}.index")
        to.mkdir(parents=True)
        # With a work tree of its own: the head's .gitattributes must not say how the base is written.
        environment = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(to)}
        wrong = f"the files of {commit[:12]} cannot be read"
        _git(self.root, "read-tree", commit, env=environment, wrong=wrong)
        _git(self.root, "checkout-index", "--all", "--force", env=environment, wrong=wrong)
        index.unlink(missing_ok=True)
        return to / self.project

    def copy_work_tree(self, to: Path) -> Path:
        """Write the files of the work tree, less the ignored ones, below `to`; return the project's folder there."""
        wrong = f"the files of {self.root} cannot be listed"
        listed = _git(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", wrong=wrong)
        for name in filter(None, os.fsdecode(listed).split("\0")):
            source, target = self.root / name, to / name
            if not source.is_symlink() and not source.is_file():
                continue  # deleted, or another repository inside this one
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
        (to / self.project).mkdir(parents=True, exist_ok=True)
        return to / self.project

    def submodules(self, commit: str) -> dict[str, str]:
        """Return the commit of each submodule of the project by its path, in a commit or, with `""`, in the index."""
        wrong = "the submodules cannot be listed"
        words = ("ls-tree", "-r", "--full-tree", commit) if commit else ("ls-files", "--stage", "--full-name")
        commits = {}
        for entry in filter(None, os.fsdecode(_git(self.root, words[0], "-z", *words[1:], wrong=wrong)).split("\0")):
            facts, _, name = entry.partition("\t")
            if facts.startswith("160000 ") and Path(name).is_relative_to(self.project):
                # `mode type id` in a commit, `mode id stage` in the index.
                commits[Path(name).relative_to(self.project).as_posix()] = facts.split()[2 if commit else 1]
        return commits


def plain(tree: Path, name: str) -> Path:
    """Return the path of a file that the judge reads in a copy; UsageError where a symbolic link leads out of the copy.

    Such a link could lead anywhere on the machine, and what is read there would be judged and printed. What a link
    inside the copy leads to is a file of the change like others, and guarded.
    """
    path = tree / name
    if not path.resolve().is_relative_to(tree.resolve()):
        out = "a symbolic link leads out of the project, and the gate does not follow it"
        raise UsageError(f"{name}:1:1: {out}; put the file itself there")
    return path


def _git(folder: Path, *words: str, wrong: str, env: dict[str, str] | None = None) -> bytes:
    command: Sequence[str] = ["git", *_QUIET, "-C", str(folder), *words]
    try:
        done = subprocess.run(  # noqa: S603 (our own words, no shell)
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
        )
    except FileNotFoundError:
        raise UsageError("git is not on PATH, and the base is read through it; install git") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"{wrong}{f' (git: {lines[-1]})' if lines else ''}")
    return done.stdout
