"""The page on error codes is made from the table that decides every fix."""

from __future__ import annotations

from lockstep.directory.error_codes import ErrorCode, error_codes
from scripts.error_codes_page import PAGE, page


def test_b8_b10_the_page_is_up_to_date_and_shows_every_code_with_its_source() -> None:
    kept = PAGE.read_text(encoding="utf-8")
    assert kept == page(), "run `make docs` and commit what it changes"
    rows = [line for line in kept.splitlines() if line.startswith("| `")]
    assert len(rows) == len(error_codes()) > 60
    assert all(f"`{row.code}`" in line and line.endswith(f"{row.source} |") for row, line in _paired(rows))


def _paired(lines: list[str]) -> list[tuple[ErrorCode, str]]:
    by_code = {(row.code, row.says): row for row in error_codes()}
    paired = []
    for line in lines:
        code = line.split("`")[1]
        says = next(
            (says for known, says in by_code if known == code and says and says.replace("|", "\\|") in line), ""
        )
        paired.append((by_code[code, says], line))
    return paired
