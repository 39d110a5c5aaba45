"""A project of its own for each test, and the command line in this process."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lockstep.cli import run
from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, Clock, Emulator
from lockstep.emulator.testing import running
from tests.components.certificates import certificate

__all__ = ["certificate"]

REPOSITORY = Path(__file__).parent.parent.parent
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py")


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Command = Callable[..., Outcome]


@pytest.fixture
def clock() -> Clock:
    """The tenant's clock, on which time passes by waiting: nobody has to sit out what a late replica is given."""
    return Clock(stopped=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Path:
    """A copy of the project's program in a folder of its own, with an environment that has no sign-in in it."""
    ordinary = Emulator.open

    def by_the_clock(path: Path | None = None, **options: Any) -> Emulator:
        return ordinary(path, **{"clock": clock, **options})

    monkeypatch.setattr(Emulator, "open", by_the_clock)
    for name in PROGRAM:
        shutil.copy(REPOSITORY / name, tmp_path / name)
    for name in [name for name in os.environ if name.startswith(("ARM_", "AZURE_", "PULUMI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def lockstep(project: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `lockstep` with these words in the project."""

    def command(*words: str) -> Outcome:
        capsys.readouterr()
        code = run(words)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return command


def set_app(project: Path, key: str, entry: Mapping[str, Any], stack: str = "dev") -> None:
    """Set what a stack file says of one app, beside the others."""
    set_setting(project, "  lockstep:apps:\n", f"  lockstep:apps:\n    {key}: {json.dumps(entry)}\n", stack)


def set_setting(project: Path, old: str, new: str, stack: str = "dev") -> None:
    """Change a line of a stack file."""
    path = project / f"Pulumi.{stack}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def served(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve a tenant over TLS, and have the environment point at it as at a real one."""
    with running(project / "tenant.sqlite", profile="brownfield") as server:
        port = server.url.rpartition(":")[2]
        for name, value in {
            "ARM_METADATA_HOSTNAME": f"localhost:{port}",
            "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
            "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
            "ARM_USE_CLI": "false",
            "SSL_CERT_FILE": server.ca,
        }.items():
            monkeypatch.setenv(name, value)
        yield server.emulator
