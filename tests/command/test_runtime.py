"""What Pulumi would refuse in the runtime of Pulumi.yaml, the doctor says beforehand."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lockstep.local.runtime import obstacles
from tests.command.conftest import Command


def _set(project: Path, runtime: str) -> None:
    path = project / "Pulumi.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("runtime:")
    end = next(at for at in (text.find("\n" + letter, start) for letter in "abcdefghijklmnopqrstuvwxyz#") if at > 0)
    path.write_text(f"{text[:start]}runtime: {runtime}{text[end:]}", encoding="utf-8")


def _tool(project: Path, name: str) -> str:
    path = project / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path.parent)


def _venv(project: Path, name: str, *packages: str, outside: bool = False) -> None:
    (project / name / "bin").mkdir(parents=True)
    (project / name / "bin" / "python").symlink_to(sys.executable)
    (project / name / "pyvenv.cfg").write_text(f"include-system-site-packages = {str(outside).lower()}\n")
    for package in packages:
        (project / name / "lib" / "python3.11" / "site-packages" / package).mkdir(parents=True)


PYTHON = "{{name: python, options: {{{}}}}}"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("toolchain: uv", "toolchain uv: uv is not on PATH"),
        ("toolchain: poetry", "toolchain poetry: poetry is not on PATH"),
        ("toolchain: uw", "toolchain 'uw' is none that Pulumi has"),
        ("virtualenv: venv", "virtualenv venv: is not there"),
        ("virtualenv: Pulumi.yaml", "virtualenv Pulumi.yaml: is a file"),
        ("virtualenv: policy", "virtualenv policy: is no virtual environment"),
        ("virtualEnv: venv", "Pulumi reads no option 'virtualEnv'; did you mean 'virtualenv'?"),
        ("typechecker: mypi", "typechecker 'mypi' is none that Pulumi has"),
    ],
)
def test_b20_the_doctor_says_what_pulumi_would_fail_on(
    project: Path, lockstep: Command, monkeypatch: pytest.MonkeyPatch, options: str, problem: str
) -> None:
    monkeypatch.setenv("PATH", "")
    (project / "policy").mkdir()
    (project / "policy" / "file").touch()
    _set(project, PYTHON.format(options))
    assert problem in obstacles(project, os.environ)[0].problem
    assert f"`pulumi up` would fail: {problem}" in lockstep("doctor").out


@pytest.mark.parametrize(
    ("tool", "files"), [("uv", ["uv.lock"]), ("uv", ["pyproject.toml"]), ("poetry", ["pyproject.toml"])]
)
def test_b20_a_toolchain_needs_one_of_its_files(project: Path, tool: str, files: list[str]) -> None:
    _set(project, PYTHON.format(f"toolchain: {tool}"))
    environ = {"PATH": _tool(project, tool)}
    (missing,) = obstacles(project, environ)
    assert missing.problem.startswith(f"toolchain {tool}: there is no ")
    for name in files:
        (project / name).touch()
    assert obstacles(project, environ) == []


@pytest.mark.parametrize("runtime", ["python", "{name: python}", PYTHON.format("toolchain: pip, typechecker: none")])
def test_b20_a_plain_runtime_stands_in_nobodys_way(project: Path, runtime: str) -> None:
    _set(project, runtime)
    assert obstacles(project, {"PATH": ""}) == []


@pytest.mark.parametrize("runtime", ["nodejs", "{name: go, options: {}}"])
def test_b20_another_language_is_said(project: Path, runtime: str) -> None:
    _set(project, runtime)
    (wrong,) = obstacles(project, {"PATH": ""})
    assert "the program is in Python" in wrong.problem


def test_b20_a_virtual_environment_is_looked_into(project: Path) -> None:
    _set(project, PYTHON.format("virtualenv: venv, typechecker: mypy"))
    (project / "requirements.txt").touch()
    assert obstacles(project, {}) == []  # Pulumi makes it from that
    _venv(project, "venv")
    assert [each.problem.partition(": ")[0] for each in obstacles(project, {})] == [
        "virtualenv venv",
        "typechecker mypy",
    ]
    for package in ("pulumi", "mypy"):
        (project / "venv" / "lib" / "python3.11" / "site-packages" / package).mkdir(parents=True)
    assert obstacles(project, {}) == []


def test_b20_what_may_come_from_outside_is_not_missed(project: Path) -> None:
    _set(project, PYTHON.format("virtualenv: venv, typechecker: pyright"))
    _venv(project, "venv", outside=True)
    assert obstacles(project, {}) == []
