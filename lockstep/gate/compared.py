"""What differs between the two trees of a project, and which of it is guarded. Reads files; runs nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lockstep.gate.guarded import APPROVALS, guarded
from lockstep.gate.trees import FileChange, Repository, changes, reached


@dataclass(frozen=True)
class Compared:
    """The two copies of a project's folder, and their differences."""

    base: Path
    head: Path
    root: tuple[Path, Path]
    """The root of the base's repository, and where the project is in it."""
    changes: Sequence[FileChange]
    guarded: Sequence[FileChange]

    @classmethod
    def read(cls, repository: Repository, commit: str, base: Path, head: Path) -> Compared:
        """Compare the copy of a commit with that of the work tree."""
        found = changes(base, head, (repository.submodules(commit), repository.submodules("")))
        links = {*reached(base), *reached(head)}
        # An approval is judged by itself: it cannot be approved before it is there.
        judged = [each for each in found if each.indirect or (each.path != APPROVALS and guarded(each.path, links))]
        depth = len(repository.project.parts)
        root = base.parents[depth - 1] if depth else base
        return cls(base, head, (root, repository.project), found, judged)
