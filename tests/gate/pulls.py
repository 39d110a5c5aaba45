"""Pull requests to judge: a clone of this project with a base commit, and a work tree that somebody changed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lockstep.cli import run
from lockstep.gate.document import GateDocument
from tests.conftest import REPOSITORY

# What a gate needs of the project; its tests and pages are not judged.
_LEFT_OUT = ("tests/", "docs/", "benchmarks/")
PROD = "99999999-9999-4999-8999-999999999999"


@dataclass(frozen=True)
class Verdict:
    """What the gate said: its exit code and its JSON document."""

    code: int
    document: dict[str, Any]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """All findings."""
        return list(self.document["findings"])

    def places(self, rule: str, severity: str = "error") -> list[tuple[str, int | None]]:
        """Return file and line of each finding of a rule."""
        found = [each for each in self.findings if each["rule"] == rule and each["severity"] == severity]
        return [(each["location"]["file"], each["location"]["line"]) for each in found]

    def messages(self, rule: str) -> list[str]:
        """Return what the findings of a rule say."""
        return [str(each["message"]) for each in self.findings if each["rule"] == rule]

    @property
    def errors(self) -> set[str]:
        """The rules that refuse."""
        return {str(each["rule"]) for each in self.findings if each["severity"] == "error"}

    def added(self, stack: str = "dev") -> list[str]:
        """Return the lines that a stack's manifest gains."""
        return [line for each in self.document["stacks"] if each["stack"] == stack for line in each["added"]]


class Pull:
    """One clone: commit a base, change files, judge."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capture = capture

    def write(self, path: str, text: str) -> Pull:
        """Write a whole file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return self

    def edit(self, path: str, old: str, new: str) -> int:
        """Replace a text that stands once in a file; return the line of the first difference."""
        text = (self.root / path).read_text("utf-8")
        assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
        changed = text.replace(old, new)
        (self.root / path).write_text(changed, "utf-8")
        pairs = zip(changed.splitlines(), text.splitlines(), strict=False)
        return next(number for number, (one, other) in enumerate(pairs, start=1) if one != other)

    def line(self, path: str, text: str) -> int:
        """Return the line in which a text stands first."""
        lines = (self.root / path).read_text("utf-8").splitlines()
        return next(number for number, line in enumerate(lines, start=1) if text in line)

    def commit(self) -> Pull:
        """Make what is there the base."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "base")
        return self

    def judge(self, *words: str, stack: str = "dev", hand_over: bool = False) -> Verdict:
        """Run the gate of this process, or with `hand_over` the base's own, on the work tree."""
        stacks = ["--stack", stack] if stack else []
        direct = [] if hand_over else ["--judge"]
        self._capture.readouterr()
        code = run(["gate", "--base", "main", "--cwd", str(self.root), "--json", *stacks, *direct, *words])
        said = self._capture.readouterr()
        assert said.out, said.err
        document = json.loads(said.out)
        GateDocument.model_validate(document, strict=False)
        return Verdict(code, document)


def git(root: Path, *words: str) -> str:
    """Run git in a clone."""
    person = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *person, *words], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout


def make_clone(root: Path, *, library: bool) -> Path:
    """Copy the project as it lies here, with a production stack, into a repository of its own with one commit.

    Without its `library` it is as the projects of users are, which have the Lockstep that is installed.
    """
    left_out = _LEFT_OUT if library else (*_LEFT_OUT, "lockstep/")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if not name.startswith(left_out) and (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / name)
    shutil.copy2(REPOSITORY / "Pulumi.prod.yaml.example", root / "Pulumi.prod.yaml")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")
    return root


MakePull = Callable[[], Pull]
