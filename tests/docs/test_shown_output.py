"""What the pages show of the audit and the doctor is what they print, line by line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from lockstep.cli import run
from tests.docs.pages import REPOSITORY, code, read


@pytest.mark.parametrize(
    ("page", "command"),
    [("docs/audit.md", ("audit", "--stack", "dev")), ("docs/first-hour.md", ("doctor",))],
)
def test_every_line_shown_is_printed(
    page: str,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PATH", "/nowhere")  # the pages were made where there is no Pulumi CLI
    assert run(["emulator", "reset", "--profile", "brownfield"]) == 0
    capsys.readouterr()
    assert run(command) == 1
    said = capsys.readouterr()
    printed = {_steady(line) for line in [*said.out.splitlines(), *said.err.splitlines()]}
    shown = next(body for body in code(read(page), "") if f"$ lockstep {' '.join(command)}" in body)
    lines = [line for line in shown.splitlines() if not line.startswith("$ ") and "…" not in line]
    assert len(lines) > 10
    assert [line for line in lines if _steady(line) not in printed] == []


def test_d12_the_readme_shows_a_first_and_a_second_run_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PATH", "/nowhere")  # the page was made where there is no Pulumi CLI
    capsys.readouterr()
    assert run(["up"]) == 0
    first = capsys.readouterr()
    shown = next(body for body in code(read("README.md"), "") if body.startswith("target: "))
    printed = {line.rstrip() for line in [*first.out.splitlines(), *first.err.splitlines()]}
    assert [line for line in shown.splitlines() if "…" not in line and line not in printed] == []
    planned = first.out[: first.out.index("up: changed")]
    assert planned.startswith("up: will change 29 create\n")
    resources, consents = (len(re.findall(sign, planned, re.MULTILINE)) for sign in (r"^  \+ ", r"^      \+ "))
    assert f"{resources} resources and {consents} consents by name before anything is written" in read("README.md")
    assert len(re.findall(r"^  \+ create ", first.err, re.MULTILINE)) >= resources

    assert run(["up"]) == 0
    second = capsys.readouterr()
    *apps, last = second.out.splitlines()
    assert len(apps) == len(re.findall(r" (?:present|absent)$", shown, re.MULTILINE)) == 8
    assert last.partition(": up: ")[2] in read("README.md")
    assert second.err.splitlines() == [last.partition(": up: ")[0]]


def _steady(line: str) -> str:
    """Return a line without what differs by day and machine: ages, versions, the name of the system."""
    line = re.sub(r"\d+ days", "N days", line.rstrip())
    return re.sub(r"lockstep +[\d.]+, Python .*", "lockstep V", line)
