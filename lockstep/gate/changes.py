"""Which files a pull request changes, and which of them decide what is deployed or how that is judged.

All files do, but for a short list of what no deployment runs and reads. Stack files are on it, because their effect is
in the grant manifest, and so are tests, which only people run. A change of a file that decides is guarded: it needs an
approval. Reads files, runs none.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal

from lockstep.gate.repository import Repository
from lockstep.text_file import MAX_BYTES

_COMPARED = 4_000_000  # pairs of lines
_HARMLESS_FOLDERS = ("docs/", "tests/", "benchmarks/")
# Python, pytest and make read these by themselves, whatever is asked of them.
_READ_UNASKED = re.compile(
    r"(?:.*/)?(?:conftest\.py|(?:site|user)customize\.py|[^/]+\.pth|\.?pytest\.(?:ini|toml)|tox\.ini|setup\.(?:cfg|py)"
    r"|pyproject\.toml|(?:GNU)?[Mm]akefile)"
)
# Nothing runs what is written in one of these. Whatever is not on this list may be run by somebody.
_TEXT = re.compile(
    r".*\.(?:md|rst|txt|json|jsonl|ya?ml|csv|xml|html|css|svg|png|jpe?g|gif|webp|pdf|pem|example)|(?:.*/)?(?:LICENSE|NOTICE)"
)
_HARMLESS_FILES = re.compile(r"[^/]+\.(md|example)|LICENSE|NOTICE")
# Wherever it is, it says who has to look: hosts read it from `docs/` as well.
_OWNERS = "CODEOWNERS"

STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_.-]{1,100})\.yaml")
APPROVALS = "policy/approvals.yaml"
EXCEPTIONS = "policy/exceptions.yaml"
SHIPPED = "lockstep/catalogue/data/editions/"
EDITIONS = (SHIPPED, "catalogue/editions/")
"""Where editions are: those that ship, and those of a project's own."""


def guarded(path: str, reached: Iterable[str] = ()) -> bool:
    """Tell whether a file, by its path from the project's folder with `/`, is guarded.

    `reached` are the paths that a symbolic link leads to: what is there can be run or read under another name.
    """
    if any(target in (".", path) or path.startswith(f"{target}/") for target in reached):
        return True
    if path.rpartition("/")[2] == _OWNERS or _READ_UNASKED.fullmatch(path):
        return True
    harmless = path.startswith(_HARMLESS_FOLDERS) or _HARMLESS_FILES.fullmatch(path) or STACK_FILE.fullmatch(path)
    return not harmless


def runs(path: str) -> bool:
    """Tell whether somebody who works on the project may run a file that is not guarded, such as a test."""
    return path.startswith(_HARMLESS_FOLDERS) and not _TEXT.fullmatch(path)


@dataclass(frozen=True)
class FileChange:
    """One file that differs: the SHA-256 of its content before and after, empty where it is not there.

    `indirect` tells that it is a symbolic link or a submodule: what is read there lies somewhere else.
    """

    path: str
    before: str
    after: str
    indirect: bool = False

    @property
    def verb(self) -> Literal["adds", "removes", "changes"]:
        """What became of the file."""
        return "adds" if not self.before else "removes" if not self.after else "changes"


def changes(
    base: Path, head: Path, submodules: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
) -> list[FileChange]:
    """Return every file that differs between two folders, by path with `/`; `submodules` are those of both."""
    before, after = ({**_digests(folder), **inside} for folder, inside in zip((base, head), submodules, strict=True))

    def indirect(path: str) -> bool:
        links = any((folder / path).is_symlink() for folder in (base, head))
        return links or any(path in inside for inside in submodules)

    return [
        FileChange(path, before.get(path, ""), after.get(path, ""), indirect(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]


def reached(folder: Path) -> set[str]:
    """Return the paths below a folder that its symbolic links lead to."""
    root = folder.resolve()
    links = (path for path in _paths(root) if path.is_symlink())
    return {
        target.relative_to(root).as_posix()
        for link in links
        if (target := Path(os.path.realpath(link))).is_relative_to(root)
    }


def digest_of(stacks: Sequence[object], files: Iterable[FileChange]) -> str:
    """Return SHA-256 over what changes in stacks, as JSON can hold it, and over changed files."""
    changed = [[file.path, file.before, file.after] for file in files]
    text = json.dumps({"stacks": stacks, "files": changed}, sort_keys=True, ensure_ascii=False)
    return f"sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def files_digest(files: Iterable[FileChange]) -> str:
    """Return what an approval has to name of the guarded files alone, nothing without any.

    It is known before a program has run, so no program has a say in it.
    """
    guarded = list(files)
    return digest_of([], guarded) if guarded else ""


def changed_lines(base: Path, head: Path) -> list[int]:
    """Return the lines, from 1, of the head's file that are not in the base's; [1] when lines are only missing."""
    before, after = _lines(base), _lines(head)
    if len(before) * len(after) > _COMPARED:
        # Comparing takes the product of both; from the first line on that differs is near enough.
        same = next((number for number, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
        return [same + 1]
    numbers: list[int] = []
    for tag, _, _, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("replace", "insert"):
            numbers += range(start + 1, end + 1)
        elif tag == "delete":
            numbers.append(min(start + 1, max(len(after), 1)))
    return numbers or [1]


def _digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _digest(path) for path in _paths(folder)}


def _paths(folder: Path) -> Iterator[Path]:
    """Yield every file and every symbolic link below a folder."""
    for root, directories, names in os.walk(folder):
        yield from (Path(root) / name for name in names)
        yield from (path for name in directories if (path := Path(root) / name).is_symlink())


def _digest(path: Path) -> str:
    if path.is_symlink():
        return sha256(b"link\0" + os.fsencode(os.readlink(path))).hexdigest()
    kind = b"program\0" if os.access(path, os.X_OK) else b"file\0"
    with path.open("rb") as stream:
        return file_digest(stream, lambda: sha256(kind)).hexdigest()


def _lines(path: Path) -> list[bytes]:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > MAX_BYTES:
        return []
    return path.read_bytes().splitlines()


@dataclass(frozen=True)
class Comparison:
    """The two copies of a project's folder, and their differences. `commit` is the base's."""

    commit: str
    base: Path
    head: Path
    root: tuple[Path, Path]
    """The root of the base's repository, and where the project is in it."""
    changes: Sequence[FileChange]
    guarded: Sequence[FileChange]

    @classmethod
    def read(cls, repository: Repository, commit: str, base: Path, head: Path) -> Comparison:
        """Compare the copy of a commit with that of the work tree."""
        every = changes(base, head, (repository.submodules(commit), repository.submodules("")))
        links = {*reached(base), *reached(head)}
        # An approval is judged by itself: it cannot be approved before it is there.
        judged = [
            change for change in every if change.indirect or (change.path != APPROVALS and guarded(change.path, links))
        ]
        depth = len(repository.project.parts)
        root = base.parents[depth - 1] if depth else base
        return cls(commit, base, head, (root, repository.project), every, judged)
