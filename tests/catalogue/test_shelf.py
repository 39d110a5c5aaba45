"""Finding an edition: by its date, as of a day, or the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.catalogue import Catalogue, load
from lockstep.catalogue.api import DATA
from lockstep.errors import CatalogueError

from .sample import EDITION


@pytest.fixture
def shelf(tmp_path: Path) -> Catalogue:
    folder = tmp_path / "acme"
    folder.mkdir()
    for day in ("2026-01-31", "2026-06-30"):
        text = EDITION.replace("valid_from: 2026-01-31", f"valid_from: {day}")
        (folder / f"{day}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "README").write_text("not a vendor", encoding="utf-8")
    return Catalogue(tmp_path)


def test_load_is_the_shipped_catalogue_once() -> None:
    assert load() is load()
    assert load().vendors == tuple(sorted(folder.name for folder in (DATA / "editions").iterdir()))
    assert {"atera", "atlas"} <= set(load().vendors)


def test_editions_are_oldest_first(shelf: Catalogue) -> None:
    assert shelf.vendors == ("acme",)
    assert [edition.id for edition in shelf.editions("acme")] == ["2026-01-31", "2026-06-30"]


def test_edition_is_read_once(shelf: Catalogue) -> None:
    assert shelf.edition("acme", "2026-01-31") is shelf.edition("acme", "2026-01-31")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-02-01", "2026-01-31"),
        ("2026-06-29", "2026-01-31"),
        ("2026-06-30", "2026-06-30"),
        ("2030-01-01", "2026-06-30"),
        ("current", "2026-06-30"),
    ],
)
def test_edition_as_of_is_the_one_in_force(shelf: Catalogue, day: str, expected: str) -> None:
    assert shelf.edition_as_of("acme", day).id == expected


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-01-30", "no edition of acme was in force on 2026-01-30; the oldest is 2026-01-31"),
        ("latest", "'latest' is neither 'current' nor a date; write it like 2026-06-30"),
        ("2026-02-30", "'2026-02-30' is neither 'current' nor a date"),
    ],
)
def test_edition_as_of_refuses(shelf: Catalogue, day: str, message: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        shelf.edition_as_of("acme", day)
    assert message in str(refused.value)


def test_edition_refuses_a_date_between_editions(shelf: Catalogue) -> None:
    with pytest.raises(
        CatalogueError, match="acme has no edition '2026-01-30'; it has 2026-01-31, 2026-06-30; did you"
    ):
        shelf.edition("acme", "2026-01-30")


def test_edition_refuses_current(shelf: Catalogue) -> None:
    """`current` is a wish, not a date: only `edition_as_of` grants it."""
    with pytest.raises(CatalogueError, match="no edition 'current'"):
        shelf.edition("acme", "current")


def test_unknown_vendor_names_the_nearest(shelf: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="unknown vendor 'acne'; the catalogue has acme; did you mean 'acme'"):
        shelf.editions("acne")


def test_unknown_app_names_the_nearest(shelf: Catalogue) -> None:
    with pytest.raises(
        CatalogueError, match="acme 2026-01-31 has no app 'hubb'; it has hub, shared; did you mean 'hub'"
    ):
        shelf.edition("acme", "2026-01-31").app("hubb")


def test_unknown_principal_names_the_nearest(shelf: Catalogue) -> None:
    with pytest.raises(
        CatalogueError, match="Microsoft Thing has no principal 'olde'; it has new, old; did you mean 'old'"
    ):
        shelf.edition("acme", "2026-01-31").app("shared").principal("olde")


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none: not a folder; name one that holds"):
        assert Catalogue(tmp_path / "none").vendors


def test_file_under_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "2026-02-01.yaml").write_text(EDITION, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"holds acme 2026-01-31; keep it as acme/2026-01-31\.yaml"):
        Catalogue(tmp_path).editions("acme")
