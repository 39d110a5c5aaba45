"""One command, one module of the same name; and no command imports what it does not need."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

import lockstep.cli
from lockstep.cli.commands import NAMES
from tests.command.conftest import Command

FOLDER = Path(lockstep.cli.__file__).parent
SLOW = ("pulumi", "httpx", "grpc", "yaml", "pydantic", "rich", "lockstep.emulator", "lockstep.settings.model")
PULUMI = ("pulumi", "pulumi_azuread", "grpc")


def test_every_command_has_its_module_and_every_module_its_command() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "__main__", "commands", "options"}
    assert modules == set(NAMES)
    for name in NAMES:
        command = getattr(import_module(f"lockstep.cli.{name}"), name)
        assert isinstance(command, click.Command)
        assert command.name == name


def test_help_imports_nothing_slow() -> None:
    assert _loaded(SLOW, "--help") == (0, [])


def test_the_catalogue_is_reported_without_stack_or_tenant() -> None:
    assert _loaded((*PULUMI, "httpx", "lockstep.emulator", "lockstep.local.workplace"), "report") == (0, [])


@pytest.mark.parametrize("command", ["show", "diff"])
def test_the_catalogue_is_shown_without_pulumi_or_graph(command: str) -> None:
    words = ("atlas", "connex-api") if command == "show" else ("atlas", "2025-02-28", "2025-03-01")
    assert _loaded((*PULUMI, "httpx"), "catalogue", command, *words) == (int(command == "diff"), [])


@pytest.mark.parametrize(
    "words",
    [
        ("adopt",),
        ("audit", "--stack", "dev"),
        ("capture",),
        ("doctor",),
        ("emulator", "snapshot"),
        ("report", "--stack", "dev"),
        ("show",),
    ],
    ids=lambda words: words[0],
)
def test_a_command_that_needs_no_pulumi_imports_none(words: tuple[str, ...], lockstep: Command) -> None:
    assert lockstep("emulator", "reset", "--profile", "brownfield").code == 0
    code, loaded = _loaded(PULUMI, *words)
    assert code in (0, 1)  # findings, and a stack that has nothing to hand over yet
    assert loaded == []


def _loaded(modules: tuple[str, ...], *words: str) -> tuple[int, list[str]]:
    """Run a command in a fresh interpreter; return its exit code and which of these modules it has imported."""
    program = (
        "import sys; from lockstep.cli import run; code = run(sys.argv[2:]);"
        "print(code, *(name for name in sys.argv[1].split() if name in sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, " ".join(modules), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, *loaded = done.stderr.splitlines()[-1].split()
    return int(code), loaded
