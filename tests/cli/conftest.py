"""A project of its own under git, and `lockstep` and `pulumi` as programs of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from lockstep.local.engine import choose
from tests.scaffold.installed import installed, private, written

__all__ = ["installed", "private", "written"]

REPOSITORY = Path(__file__).parent.parent.parent
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py")
_KEPT = ("PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")

Done = subprocess.CompletedProcess[str]
Program = Callable[..., Done]


@pytest.fixture(scope="session", autouse=True)
def _real_engine() -> None:
    engine = choose("auto", os.environ)
    if engine.name != "pulumi":
        pytest.skip(f"needs the Pulumi CLI and its azuread plugin: {engine.why}")


@pytest.fixture
def environ() -> dict[str, str]:
    """The caller's environment without a sign-in or Pulumi options of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("ARM_", "AZURE_", "PULUMI_"))
    }
    return {**kept, "NO_COLOR": "1"}


@pytest.fixture
def project(tmp_path: Path, environ: dict[str, str]) -> Iterator[Path]:
    """A copy of the project's program, tracked by git; its emulator is ended afterwards."""
    for name in PROGRAM:
        shutil.copy(REPOSITORY / name, tmp_path / name)
    for name in ("components", "plugins", "policy", "stacks"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".gitignore").write_text(".venv\n.lockstep/\n__pycache__/\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S607
    yield tmp_path
    words = [sys.executable, "-m", "lockstep.cli", "emulator", "stop"]
    subprocess.run(words, cwd=tmp_path, env=environ, check=True, capture_output=True)


@pytest.fixture
def lockstep(project: Path, environ: dict[str, str]) -> Program:
    """Run `lockstep` with these words in the project."""

    def command(*words: str) -> Done:
        return _run(project, environ, sys.executable, "-m", "lockstep.cli", *words)

    return command


def by_exports(project: Path, environ: Mapping[str, str], exports: str, words: str) -> Done:
    """Run plain Pulumi as a user does who has taken over what `lockstep emulator env` prints."""
    script = f"{exports}pulumi {words} --non-interactive\n"
    return _run(project, environ, "bash", "-ec", script)


def plain_pulumi(project: Path, environ: Mapping[str, str], *words: str) -> str:
    """Run plain Pulumi, and return what it printed; what does not end with 0 fails the test."""
    done = _run(project, environ, "pulumi", *words, "--non-interactive")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _run(project: Path, environ: Mapping[str, str], *words: str) -> Done:
    return subprocess.run(
        words, cwd=project, env=dict(environ), capture_output=True, text=True, timeout=600, check=False
    )


def changed_files(project: Path) -> str:
    """Return what git sees as changed or new."""
    words = ["git", "status", "--short"]
    return subprocess.run(words, cwd=project, check=True, capture_output=True, text=True).stdout
