"""The pages under docs/permissions are those of the catalogue, one for each edition."""

from __future__ import annotations

from pathlib import Path

from lockstep.catalogue import load
from scripts.permission_pages import FOLDER, pages


def test_pages_are_up_to_date() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    assert kept == pages(), "run `make docs` and commit what it changes"


def test_every_edition_has_its_page() -> None:
    editions = {f"{vendor}-{date}.md" for vendor in load().vendors for date in load().dates(vendor)}
    assert {Path(name).name for name in pages()} == {"README.md", *editions}
