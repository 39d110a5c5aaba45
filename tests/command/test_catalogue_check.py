"""`lockstep catalogue check`: what came and went on a vendor's page, and the draft of what it means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lockstep.catalogue import Catalogue, load, load_edition, page_rows
from lockstep.catalogue.model import PageText
from lockstep.catalogue.page_check import own_apis, texts_of
from lockstep.catalogue.saved_page import page_from
from lockstep.errors import CatalogueError
from tests.catalogue.saved import PAGES, rows_of
from tests.command.conftest import Command


@pytest.fixture(autouse=True)
def recorded_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages that these tests make be the ones that the editions were taken from: no vendor's text is here."""

    def texts(_: Catalogue, vendor: str, date: str) -> tuple[PageText, ...]:
        page = page_from(PAGES[vendor](rows_of(vendor)))
        return texts_of(page, page_rows.rows_of(page, own_apis(load().edition(vendor, date))))

    monkeypatch.setattr(Catalogue, "texts", texts)


def test_d4_a_sentence_that_changed_ends_with_1_and_says_what_rests_on_it(lockstep: Command, project: Path) -> None:
    page = PAGES["atlas"](rows_of("atlas"))
    before = "<p>What the app asks for.</p>"
    assert before in page
    (project / "page.html").write_text(page.replace(before, "<p>What the app takes.</p>"), encoding="utf-8")
    found = lockstep("catalogue", "check", "--source", "page.html", "--draft", "draft.yaml", "--json")
    assert found.code == 1
    assert (len(found.document["textsGone"]), len(found.document["textsNew"])) == (1, 1)
    assert not (project / "draft.yaml").exists()
    cell = "<td>What it is called</td>"
    (project / "page.html").write_text(page.replace(cell, "<td>Something else</td>", 1), encoding="utf-8")
    found = lockstep("catalogue", "check", "--source", "page.html")
    assert found.code == 1
    assert f"rows/{rows_of('atlas')[0].name} rests on a text that is not there any more" in found.out
    assert "57 rows: 0 gained, 0 lost, 0 changed; texts: 1 gone, 1 new" in found.out


def test_a_page_as_documented_is_fine_and_drafts_nothing(lockstep: Command, project: Path) -> None:
    (project / "page.html").write_text(PAGES["atlas"](rows_of("atlas")), encoding="utf-8")
    found = lockstep("catalogue", "check", "--source", "page.html", "--draft", "draft.yaml")
    assert found.code == 0
    assert "57 rows, all as documented; another text with the same rows" in found.out
    assert found.err.splitlines()[0] == "target: none, page.html against atlas 2025-03-01"
    assert not (project / "draft.yaml").exists()


def test_a_changed_page_ends_with_1_and_names_rows_and_draft(lockstep: Command, project: Path) -> None:
    first, *rest = rows_of("atera")
    (project / "page.html").write_text(PAGES["atera"]([replace(first, name="Chat.Read"), *rest]), encoding="utf-8")
    found = lockstep("catalogue", "check", "--source", "page.html")
    assert found.code == 1
    assert f"+ {first.section} · Microsoft Graph · Chat.Read" in found.out
    assert f"- {first.section} · Microsoft Graph · {first.name}" in found.out
    assert "27 rows: 1 gained, 1 lost, 0 changed; texts: 3 gone, 3 new" in found.out
    as_json = lockstep("catalogue", "check", "--source", "page.html", "--draft", "draft.yaml", "--json")
    assert as_json.code == 1
    assert [row["name"] for row in as_json.document["gained"]] == ["Chat.Read"]
    assert as_json.document["draft"]["todo"] > 2
    with pytest.raises(CatalogueError, match="TODO"):
        load_edition(project / "draft.yaml")
    kept = (project / "draft.yaml").read_text(encoding="utf-8")
    again = lockstep("catalogue", "check", "--source", "page.html", "--draft", "draft.yaml")
    assert again.code == 2
    assert "draft.yaml: is there already" in again.err
    assert (project / "draft.yaml").read_text(encoding="utf-8") == kept


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--source", "no.html"), "no.html: cannot be read"),
        (("--source", "empty.txt"), "has no row of permissions"),
        (("--source", "page.html", "--vendor", "atera"), "names 57 permissions in other places than atera 2026-11-22"),
        (("--source", "page.html", "--vendor", "atlass"), "did you mean 'atlas'?"),
        (("--source", "page.html", "--edition", "1999-01-01"), "no edition of atlas was in force"),
        ((), "Missing option '--source'"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    lockstep: Command, project: Path, words: tuple[str, ...], expected: str
) -> None:
    (project / "empty.txt").write_text("", encoding="utf-8")
    (project / "page.html").write_text(PAGES["atlas"](rows_of("atlas")), encoding="utf-8")
    refused = lockstep("catalogue", "check", *words)
    assert refused.code == 2
    assert expected in refused.err
    assert refused.out == ""


def test_text_on_a_page_cannot_write_to_the_terminal(lockstep: Command, project: Path) -> None:
    first, *rest = rows_of("atera")
    hostile = replace(first, section="Mail\x1b[31m \u202egroup", name="Chat.Read")
    (project / "page.html").write_text(PAGES["atera"]([hostile, *rest]), encoding="utf-8")
    found = lockstep("catalogue", "check", "--source", "page.html")
    assert found.code == 1
    assert "\x1b" not in found.out + found.err
    assert "\u202e" not in found.out + found.err


def test_a_table_in_a_pipe_is_whole(lockstep: Command) -> None:
    shown = lockstep("catalogue", "show", "atlas", "connex-api")
    for entry in load().edition_as_of("atlas", "current").app("connex-api").permissions:
        assert any(entry.title in line and entry.id in line for line in shown.out.splitlines())
