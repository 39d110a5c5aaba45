"""`lockstep catalogue check`: what came and went on a vendor's page, and the draft of what it means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lockstep.catalogue import load, load_edition
from lockstep.errors import CatalogueError
from tests.catalogue.saved import PAGES, rows_of
from tests.command.conftest import Command


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
    assert "27 rows: 1 gained, 1 lost, 0 changed" in found.out
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
        (("--source", "page.html", "--vendor", "atera"), "has no row of permissions of atera"),
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
