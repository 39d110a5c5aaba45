"""The pack of every project is asked in this process, and says what it says in a process of its own, word for word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from lockstep.catalogue import lay_over
from lockstep.emulator import Emulator
from lockstep.rehearsal import Result
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter
from lockstep.rehearsal.policies import OwnPack, Pack
from tests.policy.programs import BAD, Bad, write_project
from tests.policy.test_bad_programs import local, rehearse

__all__ = ["local"]


def previewed(project: Path) -> Result:
    return rehearse(project, Emulator.open()).preview()


def said(result: Result) -> tuple[list[str], list[str]]:
    return sorted(map(repr, result.violations)), sorted(result.errors)


def extended(project: Path) -> None:
    """Make the pack another one, which does the same."""
    main = project / "policy" / "__main__.py"
    main.write_text(main.read_text("utf-8").replace("\nstart(", "\nprint(end='')\nstart("), "utf-8")


@pytest.mark.parametrize("bad", [None, *list(BAD.values())[:3]], ids=["sound", *list(BAD)[:3]])
def test_it_says_the_same_in_this_process_and_in_its_own(
    bad: Bad | None, tmp_path: Path, mocker: MockerFixture
) -> None:
    started = mocker.spy(Pack, "__init__")
    project = write_project(tmp_path, bad)
    here = previewed(project)
    assert started.call_count == 0
    extended(project)
    there = previewed(project)
    assert started.call_count == 1
    assert here.violations
    assert said(here) == said(there)


def test_what_it_cannot_judge_by_is_told_in_the_same_words(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    (project / "policy" / "exceptions.yaml").write_text("exceptions: [", encoding="utf-8")
    here = previewed(project)
    extended(project)
    assert here.errors
    assert said(here) == said(previewed(project))


def _emptied(project: Path) -> None:
    (project / "policy" / "__main__.py").write_text("")


def _broken(project: Path) -> None:
    (project / "policy" / "__main__.py").write_text("start(")


def _without_description(project: Path) -> None:
    (project / "policy" / "PulumiPolicy.yaml").unlink()


def _with_code_beside_it(project: Path) -> None:
    (project / "policy" / "yaml.py").touch()


def _with_compiled_code_beside_it(project: Path) -> None:
    (project / "policy" / "yaml.pyc").touch()


def _with_a_catalogue_that_this_process_does_not_have(project: Path) -> None:
    (project / "catalogue").mkdir()
    lay_over(None)


@pytest.mark.parametrize(
    ("change", "interpreter"),
    [
        (extended, INSTALLED),
        (_emptied, INSTALLED),
        (_broken, INSTALLED),
        (_without_description, INSTALLED),
        (_with_code_beside_it, INSTALLED),
        (_with_compiled_code_beside_it, INSTALLED),
        (_with_a_catalogue_that_this_process_does_not_have, INSTALLED),
        (lambda _: None, Interpreter(library="/elsewhere")),
        (lambda _: None, Interpreter(python="/usr/bin/python3")),
    ],
)
def test_whatever_could_make_a_difference_gets_a_process(
    change: Callable[[Path], None], interpreter: Interpreter, tmp_path: Path
) -> None:
    project = write_project(tmp_path)
    assert OwnPack.is_in(project / "policy", INSTALLED)
    change(project)
    assert not OwnPack.is_in(project / "policy", interpreter)


def test_with_the_catalogue_of_its_project_it_is_asked_here(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    (project / "catalogue").mkdir()
    lay_over(project)
    assert OwnPack.is_in(project / "policy", INSTALLED)
