"""Fixtures for every part, and the promise that the whole suite's requests are held to."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from lockstep.catalogue import lay_over
from lockstep.emulator import Clock, Emulator
from lockstep.emulator.faults.reading import read_plan

SOAK = bool(os.environ.get("LOCKSTEP_SOAK"))
# How fast examples come depends on what else the machine does; no test here is about that. The examples are the same in
# every run, as the order of the tests is, so that what fails once fails again; `make soak` takes others each time.
settings.register_profile(
    "lockstep",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not SOAK,
)
settings.load_profile("lockstep")


def pytest_collection_finish() -> None:
    """Spare the collector of cycles what all tests share: looking through it again and again takes long.

    What one test leaves is still looked for: each event loop that closes goes through every task that is left over.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    # Pulumi's SDK takes down the stack of every resource. Below pytest it is long, and nobody looks at the far end.
    sys.tracebacklimit = 15


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the random histories did, whichever process they ran in."""
    for name in ("histories", "histories of the whole program"):
        totals: Counter[str] = Counter()
        for report in terminalreporter.stats.get("passed", ()):
            for of, figures in getattr(report, "user_properties", ()):
                totals.update(figures if of == name else {})
        if totals:
            number = totals.pop("histories")
            done = ", ".join(f"{count:,} {what}" for what, count in sorted(totals.items()))
            terminalreporter.write_line(f"{number:,} {name}: {done}")


REPOSITORY = Path(__file__).parent.parent
BY_HAND = "hand"
"""The door of requests that a test makes itself, standing for other people in the tenant."""

UNKIND = {
    "seed": 1,
    "stopped_clock": True,
    "latency": {"median": 0.03, "p99": 0.3},
    "throttling": {"units": 40, "per": 10},
    "replication": {"delay": [0.2, 4.0], "by_id": False, "writes": False},
}
"""Late replicas for lists and filters only: reads by id and writes are left alone, since the azuread provider gives up
at the first "not found" of what it has just made."""

_UNKIND_TO = ("scenarios", "command", "provider", "components", "stacks")

_PRINCIPAL = re.compile(r"/(?:v1\.0|beta)?/?servicePrincipals(?:/([0-9a-f-]{36})|\(appId='([^']+)'\))$")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of material beside the repository: saved articles, facts, recordings. Skips where it is not there."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder `shared` beside the repository, which is not there")
    return folder


@pytest.fixture(autouse=True)
def no_private_catalogue_stays() -> Iterator[None]:
    """What one test laid over the shipped catalogue, the next one does not have."""
    yield
    lay_over(None)


@pytest.fixture(autouse=True)
def entra_is_unkind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LOCKSTEP_UNKIND=1 every tenant in memory throttles and replicates late; time passes by waiting.

    Tests of the emulator itself, and those marked `kind`, which count requests or set faults of their own, do without.
    """
    place = request.path.relative_to(REPOSITORY / "tests").parts[0]
    if os.environ.get("LOCKSTEP_UNKIND") != "1" or place not in _UNKIND_TO or "kind" in request.keywords:
        return
    ordinary = Emulator.open

    def unkind(path: Path | None = None, **options: Any) -> Emulator:
        emulator = ordinary(path, **{"clock": Clock(stopped=True), **options})
        emulator.faults.set(read_plan(UNKIND))
        emulator.faults.spared = {BY_HAND}
        return emulator

    monkeypatch.setattr(Emulator, "open", unkind)


@pytest.fixture(autouse=True)
def nothing_foreign_is_written_to(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No DELETE and no PATCH ever goes to a principal that was in the tenant before us, over the whole suite.

    Tests of the emulator itself are left out: they delete such principals to show that the emulator lets them.
    """
    if "tests/emulator" in str(request.path):
        yield
        return
    opened: list[Emulator] = []
    before: dict[str, set[str]] = {}
    ordinary = Emulator.open

    def watched(path: Path | None = None, **options: Any) -> Emulator:
        emulator = ordinary(path, **options)
        opened.append(emulator)
        before.setdefault(str(path or id(emulator)), _principals(emulator))
        return emulator

    monkeypatch.setattr(Emulator, "open", watched)
    yield
    foreign = set().union(*before.values()) if before else set()
    wrong = [line for emulator in opened for line in _writes_to(emulator, foreign)]
    assert not wrong, f"requests to principals that are not ours: {wrong}"


def _principals(emulator: Emulator) -> set[str]:
    rows = emulator.tenant.store["servicePrincipals"].rows.values()
    return {row[key] for row in rows for key in ("id", "appId")}


def _writes_to(emulator: Emulator, foreign: set[str]) -> list[str]:
    wrong = []
    for entry in emulator.log:
        match = _PRINCIPAL.search(entry["path"])
        if match is None or entry["method"] not in ("DELETE", "PATCH", "PUT") or entry["door"] == BY_HAND:
            continue
        if (match[1] or match[2]) in foreign:
            wrong.append(f"{entry['method']} {entry['path']}")
    return wrong
