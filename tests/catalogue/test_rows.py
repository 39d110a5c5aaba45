"""Completeness: every row of the vendors' articles is in the catalogue, and nothing else is.

`data/rows.json` holds the rows without a sentence of the articles; `scripts/article_rows.py` makes it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import Edition, load
from lockstep.catalogue.page_rows import rows_of
from lockstep.catalogue.saved_page import page_from

REPOSITORY = Path(__file__).parents[2]
ROWS = Path(__file__).parent / "data" / "rows.json"
EDITIONS = [("atlas", "2025-03-01"), ("atlas", "2025-02-28"), ("atera", "2026-11-22")]
ENTRA_WORDS = {"Scope": "delegated", "Role": "application"}


def document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(ROWS.read_text(encoding="utf-8"))
    return read


def rows(vendor: str) -> Counter[tuple[object, ...]]:
    """Return the article's rows; how a vendor capitalises an API's name does not matter."""
    return Counter((section, api.casefold(), *rest) for section, api, *rest in document()[vendor]["rows"])


def catalogue_rows(edition: Edition) -> Counter[tuple[object, ...]]:
    """Return the rows that an edition says it was taken from; a twin that is only possible has no row of its own."""
    sources = [entry.row for app in edition.apps for entry in app.permissions if entry.certain]
    return Counter((row.section, row.api.casefold(), row.name, row.type, row.has_purpose) for row in sources)


@pytest.mark.parametrize(("vendor", "date"), EDITIONS)
def test_every_row_is_in_the_catalogue_and_the_other_way_round(vendor: str, date: str) -> None:
    assert catalogue_rows(load().edition(vendor, date)) == rows(vendor)


def test_every_twin_belongs_to_a_row() -> None:
    edition = load().edition("atera", "2026-11-22")
    twins = [entry for app in edition.apps for entry in app.permissions if not entry.certain]
    known = {(section, name) for section, _, name, *_ in rows("atera")}
    assert twins
    assert {(entry.row.section, entry.row.name) for entry in twins} <= known


def test_every_shipped_edition_is_checked_for_completeness() -> None:
    assert {(vendor, date) for vendor in load().vendors for date in load().dates(vendor)} == set(EDITIONS)


@pytest.mark.parametrize(("vendor", "date"), EDITIONS)
def test_edition_and_rows_come_from_one_text(vendor: str, date: str) -> None:
    assert load().edition(vendor, date).source.sha256 == document()[vendor]["sha256"]


def test_rows_hold_no_sentence() -> None:
    """Sections, APIs and names only: nothing with more than eight words."""
    cells = [
        cell for vendor in load().vendors for row in document()[vendor]["rows"] for cell in row if isinstance(cell, str)
    ]
    assert max(len(cell.split()) for cell in cells) <= 8


def test_rows_are_those_of_the_saved_articles(shared: Path) -> None:
    articles = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in (shared / "seeds").iterdir()}
    arguments = [f"{vendor}={articles[document()[vendor]['sha256']]}" for vendor in load().vendors]
    script = [sys.executable, str(REPOSITORY / "scripts" / "article_rows.py"), *arguments]
    made = subprocess.run(script, capture_output=True, text=True, check=True)
    assert made.stdout == ROWS.read_text(encoding="utf-8"), "run scripts/article_rows.py again, as its docstring says"


def test_catalogue_agrees_with_the_resolved_permissions(shared: Path) -> None:
    """The facts were resolved from the articles apart from this catalogue: (app, API, name, type, id, certainty)."""
    facts = json.loads((shared / "facts" / "seed-permissions.json").read_text(encoding="utf-8"))
    expected = {
        (request["app"], fact["resource"], fact["value"], ENTRA_WORDS[fact["type"]], fact["id"], certain(request))
        for fact in facts
        for request in fact["requested_by"]
    }
    editions = [load().edition("atlas", "2025-03-01"), load().edition("atera", "2026-11-22")]
    found = {
        (app.name, entry.api_name, entry.name, entry.type.value, public_id(entry.api, entry.id), entry.certain)
        for edition in editions
        for app in edition.apps
        for entry in app.permissions
    }
    assert found == expected


def certain(request: dict[str, str]) -> bool:
    return request["basis"] != "possible"


def public_id(api: str, id: str) -> str | None:
    """Return the id, or None for the customer's own API, whose ids the facts do not have."""
    return None if api == "connex-api" else id


TABLE = """\
- Acme.Hub: makes things
Acme.Hub
Delegated Permissions *
API |
Permissions Name |
Description |
Purpose |
Microsoft Graph |
|
|
|
|
Channel.Create |
Create |
Makes channels |
Files.Read.All | Read files | Shows | |
|
Mail.Send
|
Send |
Sends |
Sharepoint |
|
|
|
|
User.Read.All |
Read |
|
* For delegated permissions.
Comments
"""


def test_cells_that_lost_their_rows_are_read_in_every_form() -> None:
    """A plain row, a row in one line, a name whose bar is on the next line, and a row without a purpose."""
    for text in (TABLE, TABLE[: TABLE.index("* For")]):
        read = rows_of(page_from(text))
        assert [(row.section, row.api_label, row.printed, row.stated, row.has_purpose) for row in read] == [
            ("Acme.Hub", "Microsoft Graph", "Channel.Create", "delegated", True),
            ("Acme.Hub", "Microsoft Graph", "Files.Read.All", "delegated", True),
            ("Acme.Hub", "Microsoft Graph", "Mail.Send", "delegated", True),
            ("Acme.Hub", "Sharepoint", "User.Read.All", "delegated", False),
        ]


def test_a_row_whose_last_cell_is_on_a_line_of_its_own() -> None:
    table = "| Permission | Scope | What it does |\n|---|---|---|\n| Send mail | Mail.Send |\nIt sends. |\n"
    (row,) = rows_of(page_from(f"All of it is of Microsoft Graph.\nMail permissions\n{table}"))
    assert (row.section, row.api_label, row.printed) == ("Mail permissions", "Microsoft Graph", "Mail.Send")
    assert (row.stated, row.has_purpose, len(row.choices)) == (None, False, 2)


@pytest.mark.parametrize("arguments", [[], ["atlas"], ["nobody=x.txt"]])
def test_script_refuses_what_is_not_vendor_and_file(arguments: list[str]) -> None:
    script = [sys.executable, str(REPOSITORY / "scripts" / "article_rows.py"), *arguments]
    answer = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "usage: article_rows.py VENDOR=FILE" in answer.stderr
