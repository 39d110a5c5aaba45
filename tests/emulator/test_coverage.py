"""The coverage page is what the routes say."""

from __future__ import annotations

from pathlib import Path

from lockstep.emulator.coverage import coverage

PAGE = Path(__file__).parents[2] / "docs" / "emulator-coverage.md"


def test_coverage_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == coverage()
