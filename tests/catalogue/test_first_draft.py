"""The draft of a first edition: what a page leaves open is asked, what a person decided or wrote is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.catalogue import Edition, load_edition
from lockstep.catalogue.first_draft import FirstDraft, Origin, draft_first, read_decisions
from lockstep.catalogue.page_rows import rows_of
from lockstep.catalogue.saved_page import page_from
from lockstep.errors import CatalogueError
from lockstep.yaml_file import parse_yaml
from tests.catalogue.pages import PAGES

ORIGIN = Origin("Permissions", "2026-11-26", "0" * 64, "contoso")
ANSWERS = {
    "TODO what the vendor's product is called": "Contoso",
    "TODO the first day on which this holds": '"2026-11-01"',
    "TODO the publisher": "Contoso",
    "TODO a key of the app, such as contoso-backup": "contoso-app",
    "TODO the name of the app": "Contoso App",
    "TODO registration, enterprise-app or shared-principal": "registration",
    "TODO what the app is for, in our own words": "Does what it does.",
    "TODO what the vendor needs it for, in our own words": "Needs it.",
    "TODO read or write": "read",
}


def drafted(page: str, earlier: str = "", decisions: str = "") -> FirstDraft:
    old = parse_yaml(earlier, "draft.yaml") if earlier else None
    return draft_first(
        rows_of(page_from(page)), ORIGIN, earlier=old, decided=read_decisions(decisions, "draft.decisions.yaml")
    )


def written_out(text: str) -> str:
    """Return a draft with an answer of a person's in place of each TODO."""
    for question, answer in ANSWERS.items():
        text = text.replace(f'"{question}"', answer).replace(question, answer)
    return text


def loaded(text: str, folder: Path) -> Edition:
    path = folder / "contoso" / "2026-11-01.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_edition(path)


@pytest.mark.parametrize("shape", PAGES)
def test_a_draft_is_refused_until_a_person_has_decided_and_then_loads(shape: str, tmp_path: Path) -> None:
    page, expected = PAGES[shape]
    first = drafted(page)
    with pytest.raises(CatalogueError, match=r"2026-11-01\.yaml:\d+:\d+: "):
        loaded(first.text, tmp_path)
    decisions = first.decisions.replace("decision: TODO", 'decision: "leave out: not asked for"')
    again = drafted(page, written_out(first.text), decisions)
    taken = [row for row in expected if row[0] == "taken"]
    if not taken:
        assert again.todo
        return
    assert again.todo == 0
    edition = loaded(again.text, tmp_path)
    names = [f"{entry.api} {entry.type.value} {entry.name}" for app in edition.apps for entry in app.permissions]
    assert sorted(names) == sorted(what for _, _, what in taken)


def test_what_a_person_wrote_is_kept_when_the_page_is_read_again() -> None:
    page = PAGES["several names in a cell"][0]
    text = written_out(drafted(page).text)
    mine = text.replace("purpose: not-stated", "purpose: Signs people in.", 1).replace(
        "capability: write", 'capability: read\n        notes: ["Asked twice."]', 1
    )
    again = drafted(page + "| Microsoft Graph | Mail.Read (delegated) | |\n", mine).text
    assert "purpose: Signs people in." in again
    assert 'notes: ["Asked twice."]' in again
    assert "name: Mail.Read" in again
    assert "Contoso App" in again


def test_a_decision_takes_another_permission_and_goes_on_to_hold() -> None:
    page = PAGES["a paragraph a permission"][0]
    first = drafted(page)
    assert "Mail.Snd" in first.decisions
    decided = first.decisions.replace("decision: TODO", "decision: graph · delegated · Mail.Send")
    again = drafted(page.replace("Mail.Send - since version 4.1 it sends its reports.\n", ""), "", decided)
    assert "name: Mail.Send" in again.text
    assert 'written_as": "Mail.Snd"' in again.text
    assert "decision: graph · delegated · Mail.Send" in again.decisions.replace('"', "")
    gone = drafted("Microsoft Graph, delegated\nUser.Read\n", "", decided)
    assert "Mail.Snd" in gone.decisions
    assert "not on the page any more" in gone.decisions


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ("perhaps", "'perhaps' is no decision; write API · type · name"),
        ("grahp · delegated · Mail.Send", "'grahp' is no API; there are graph, sharepoint"),
        ("graph · delegate · Mail.Send", "'delegate' is no type; write delegated or application"),
        (
            "graph · delegated · Mail.Snd",
            "Microsoft Graph has no delegated permission 'Mail.Snd'; did you mean 'Mail.Send'?",
        ),
        ('"leave out:"', "says why behind the colon"),
    ],
)
def test_a_wrong_decision_is_refused_with_its_place(decision: str, expected: str) -> None:
    text = f"rows:\n  - row: 0123456789abcdef\n    decision: {decision}\n"
    with pytest.raises(CatalogueError, match=r"draft\.decisions\.yaml:3:\d+: ") as refused:
        read_decisions(text, "draft.decisions.yaml")
    assert expected in str(refused.value)


def test_a_page_that_asks_for_one_permission_in_two_sections_has_two_apps(tmp_path: Path) -> None:
    page = """<h1>Microsoft Graph</h1><h2>Reader permissions</h2><p>Delegated permissions</p><ul><li>User.Read</li></ul>
    <h2>Writer permissions</h2><p>Delegated permissions</p><ul><li>User.Read</li><li>Mail.Send</li></ul>"""
    text = written_out(drafted(page).text)
    assert [app.key for app in loaded(text, tmp_path).apps] == ["reader", "writer"]


def test_words_of_a_page_cannot_break_out_of_a_draft(tmp_path: Path) -> None:
    page = "<h1>Microsoft Graph</h1><h2>a: [\"b\u2028c\u0085d#'\x07</h2><p>delegated</p><ul><li>User.Read</li></ul>"
    assert [app.key for app in loaded(written_out(drafted(page).text), tmp_path).apps] == ["contoso-app"]
