"""Any vendor's page: each row is taken, asked about or refused, never with a wrong id, and none is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue.api import apis
from lockstep.catalogue.page_rows import Outcome, PageRow, rows_of
from lockstep.catalogue.saved_page import page_from
from tests.catalogue.pages import PAGES, Expected


def found(text: str) -> Expected:
    return [(row.outcome.value, row.printed, _what(row)) for row in rows_of(page_from(text))]


def _what(row: PageRow) -> str:
    return f"{row.api.key} {row.permission.type.value} {row.permission.name}" if row.api and row.permission else row.why


@pytest.mark.parametrize("shape", PAGES)
def test_every_row_becomes_what_it_has_to(shape: str) -> None:
    text, expected = PAGES[shape]
    rows = found(text)
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    for (outcome, _, what), (_, _, wanted) in zip(rows, expected, strict=True):
        assert what == wanted if outcome == "taken" else wanted in what


@pytest.mark.parametrize("shape", PAGES)
def test_what_is_taken_has_the_id_of_its_api_and_a_proof(shape: str) -> None:
    for row in rows_of(page_from(PAGES[shape][0])):
        if row.outcome is Outcome.TAKEN:
            assert row.api is not None
            assert row.permission is apis()[row.api.key].find(row.permission.name, row.permission.type)  # type: ignore[union-attr]
            assert row.why
        else:
            assert (row.api, row.permission) == (None, None)


def test_a_title_that_another_permission_has_is_seen() -> None:
    page = """<h1>Microsoft Graph</h1><h2>Delegated permissions</h2><table><tr><th>Permission</th><th>Title</th></tr>
    <tr><td>Mail.Read</td><td>Send mail as a user</td></tr><tr><td>User.Read</td><td>Reads a user</td></tr></table>"""
    assert [row.misdescribed for row in rows_of(page_from(page))] == ["Send mail as a user", ""]


def test_the_nearest_evidence_counts() -> None:
    page = """<h1>Microsoft Graph</h1><h2>Application permissions</h2><table><tr><th>Permission</th><th>Type</th></tr>
    <tr><td>Mail.Read</td><td>Delegated</td></tr><tr><td>Mail.Send</td><td></td></tr></table>"""
    assert [(what) for _, _, what in found(page)] == ["graph delegated Mail.Read", "graph application Mail.Send"]


NAMES = st.sampled_from(["Mail.Read", "User.Read.All", "Sites.FullControl.All", "openid", "Mail.Raed"])
TYPES = st.sampled_from(["Delegated", "Application", "", "both"])
LABELS = st.sampled_from(["Microsoft Graph", "SharePoint", "", "Contoso API"])
FORMS = {
    "html": (
        "<table><tr><th>API</th><th>Permission</th><th>Type</th></tr>{}</table>",
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
    ),
    "markdown": ("# Page\n\n| API | Permission | Type |\n|---|---|---|\n{}", "| {} | {} | {} |\n"),
    "text": ("API\tPermission\tType\n{}", "{}\t{}\t{}\n"),
}


@given(rows=st.lists(st.tuples(LABELS, NAMES, TYPES), min_size=1, max_size=6), form=st.sampled_from(sorted(FORMS)))
def test_no_row_is_lost_in_any_form_and_no_id_is_wrong(rows: list[tuple[str, str, str]], form: str) -> None:
    page, line = FORMS[form]
    read = rows_of(page_from(page.format("".join(line.format(*row) for row in rows))))
    assert {row.printed for row in read} == {name for _, name, _ in rows}
    for row in read:
        if row.permission is not None and row.api is not None:
            assert row.permission.name == row.printed
            said = {(label, kind) for label, name, kind in rows if name == row.printed}
            assert any(kind in ("", "both") or kind.casefold() == row.permission.type.value for _, kind in said)


@given(st.text(alphabet="<>/tdrhableps \n|*-'\"=!&;#xMail.Read()", max_size=200))
def test_any_text_at_all_is_read_without_a_fault(text: str) -> None:
    for row in rows_of(page_from(text)):
        assert row.why
