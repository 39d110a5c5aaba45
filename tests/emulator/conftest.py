"""A client that is signed in to an emulator in process; and what each test has made the emulator answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator import Emulator
from tests.emulator import operations
from tests.emulator.client import Client


@pytest.fixture
def graph(entra: Emulator) -> Iterator[Client]:
    """The deployer, signed in."""
    with Client(entra) as client:
        yield client


@pytest.fixture(autouse=True)
def coverage_page_is_true(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that the coverage page names for an operation really has it answered."""
    opened: list[Emulator] = []
    ordinary = Emulator.open

    def watched(path: Path | None = None, **options: Any) -> Emulator:
        opened.append(ordinary(path, **options))
        return opened[-1]

    monkeypatch.setattr(Emulator, "open", watched)
    failed = request.session.testsfailed
    yield
    name = operations.test_name(request.node.nodeid)
    operations.ANSWERED.setdefault(name, set()).update(operations.answered(opened))
    if "[" in request.node.name:
        operations.PARAMETRIZED.add(name)
    claims = {operation for operation, test in operations.claimed().items() if test == name}
    if not operations.noting() and request.session.testsfailed == failed and "[" not in request.node.name:
        assert claims <= operations.ANSWERED[name], "the coverage page names this test for what it does not send"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down which test sends what, where that is asked for; else hold what is written against what was sent."""
    if session.testsfailed:
        return
    if operations.noting():
        operations.write()
    wrong = operations.wrong()
    if wrong:
        print("\nthe coverage page is not true:", "; ".join(wrong))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
