"""Which operations each test has answered: noted while the tests run, and held against what the coverage page says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from lockstep.emulator import Emulator

TESTED = Path(__file__).parent / "data" / "tested_operations.json"
_ASIDE = ("test_fault_kinds.py", "test_faults.py", "test_permissions.py", "test_state.py")
PARAMETRIZED: set[str] = set()
ANSWERED: dict[str, set[str]] = {}
"""Test to the operations that it sent and that were not refused."""


def test_name(nodeid: str) -> str:
    """Return `file::function` of a test, without its parameters."""
    return nodeid.partition("tests/emulator/")[2].partition("[")[0]


def answered(emulators: Iterable[Emulator]) -> set[str]:
    """Return the operations that these emulators have answered without refusing."""
    return {
        entry["operation"]
        for emulator in emulators
        for entry in emulator.log
        if "operation" in entry and 200 <= entry["status"] < 300
    }


def claimed() -> dict[str, str]:
    """Return the test that the coverage page names for each operation."""
    tests: dict[str, str] = json.loads(TESTED.read_text("utf-8")) if TESTED.exists() else {}
    return tests


def wrong() -> list[str]:
    """Return what the page claims wrongly, as far as this process has run all the tests that it names."""
    claims = claimed()
    if not set(claims.values()) <= set(ANSWERED):
        return []
    return [f"{test} does not send {name}" for name, test in claims.items() if name not in ANSWERED[test]]


def noting() -> bool:
    """Tell whether this run shall write down which test sends what."""
    return bool(os.environ.get("LOCKSTEP_NOTE_OPERATIONS"))


def _is_aside(test: str) -> bool:
    """Tell whether a test is about something else than what it sends."""
    return test in PARAMETRIZED or test.partition("::")[0] in _ASIDE


def write() -> None:
    """Write for each operation the test that is most about it: the one that sends the fewest others."""
    best: dict[str, str] = {}
    for test, operations in sorted(ANSWERED.items(), key=lambda item: (_is_aside(item[0]), len(item[1]), item[0])):
        for operation in operations:
            best.setdefault(operation, test)
    TESTED.write_text(json.dumps(best, indent=1, sort_keys=True) + "\n", "utf-8")
