"""A page saved from a vendor's site, as text or HTML, against an edition: every row that came, went or changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue import Edition, EditionBasis, PermissionType, load, load_edition
from lockstep.catalogue.drafting import draft
from lockstep.catalogue.model import ArticleRow
from lockstep.catalogue.page_check import PageCheck, check_page, documented_rows, text_digest, vendor_of
from lockstep.catalogue.saved_page import page_from, read_page
from lockstep.errors import CatalogueError, UsageError
from tests.catalogue.saved import PAGES, rows_of

VENDORS = sorted(PAGES)
vendors = pytest.mark.parametrize("vendor", VENDORS)


def newest(vendor: str) -> Edition:
    return load().edition_as_of(vendor, "current")


def checked(vendor: str, rows: Sequence[ArticleRow], **how: Any) -> PageCheck:
    return check_page(newest(vendor), page_from(PAGES[vendor](rows, **how)))


@vendors
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_the_rows_in_html_are_those_of_the_edition(vendor: str, closed: bool, wrapped: bool) -> None:
    found = checked(vendor, rows_of(vendor), closed=closed, wrapped=wrapped)
    assert (found.gained, found.lost, found.changed) == ((), (), ())
    assert found.rows == len(rows_of(vendor))
    assert not found.differs
    assert not found.same_text


@vendors
def test_the_vendor_is_known_by_the_rows(vendor: str) -> None:
    assert vendor_of(page_from(PAGES[vendor](rows_of(vendor))), map(newest, VENDORS)) == vendor


@given(st.data())
def test_whatever_is_taken_out_of_a_page_is_lost_and_nothing_else(data: st.DataObject) -> None:
    vendor = data.draw(st.sampled_from(VENDORS))
    rows = rows_of(vendor)
    gone = data.draw(st.sets(st.integers(0, len(rows) - 1), max_size=len(rows) - 1))
    found = checked(vendor, [row for number, row in enumerate(rows) if number not in gone])
    assert sorted(row.name for row in found.lost) == sorted(rows[number].name for number in gone)
    assert (found.gained, found.changed) == ((), ())


def test_gained_changed_and_lost_are_told_apart() -> None:
    rows = rows_of("atlas")
    rows[0] = replace(rows[0], has_purpose=False)
    taken = rows.pop(5)
    rows.insert(5, replace(taken, name="Chat.Create"))
    found = checked("atlas", rows)
    assert [row.name for row in found.gained] == ["Chat.Create"]
    assert [row.name for row in found.lost] == [taken.name]
    assert [(change.before.name, change.after.has_purpose) for change in found.changed] == [(rows[0].name, False)]


def test_saved_articles_are_the_ones_that_the_editions_were_taken_from(shared: Path) -> None:
    for path in (shared / "seeds").iterdir():
        page = read_page(path)
        edition = newest(vendor_of(page, map(newest, VENDORS)))
        found = check_page(edition, page, load().texts(edition.vendor, edition.id))
        assert (found.same_text, found.compared, found.differs) == (True, True, False)


def test_d4_a_promise_that_is_reversed_is_seen_with_what_rests_on_it(shared: Path) -> None:
    """Each text that a statement, a feature or a footnote rests on, in turn: one word more, and it is missed."""
    for path in (shared / "seeds").iterdir():
        page = read_page(path)
        edition = newest(vendor_of(page, map(newest, VENDORS)))
        recorded = load().texts(edition.vendor, edition.id) or ()
        resting = {text.digest: text for text in recorded if text.supports}
        for number, block in enumerate(page.blocks):
            text = resting.get(text_digest(block.text))
            if not block.text or text is None:
                continue
            reversed_one = replace(block, text=f"{block.text} Not.")
            changed = replace(page, blocks=(*page.blocks[:number], reversed_one, *page.blocks[number + 1 :]))
            found = check_page(edition, changed, recorded)
            assert found.differs
            assert [gone.digest for gone in found.silenced] == [text.digest]
            assert found.silenced[0].supports == text.supports


@pytest.mark.parametrize(
    "edition",
    [edition for vendor in VENDORS for edition in load().editions(vendor)],
    ids=lambda each: f"{each.vendor}-{each.id}",
)
def test_what_rests_on_a_text_is_there_and_everything_rests_on_one(edition: Edition) -> None:
    texts = load().texts(edition.vendor, edition.id)
    if texts is None:
        assert edition.basis is EditionBasis.RECONSTRUCTED
        return
    names = {support for text in texts for support in text.supports}
    expected = {f"statements/{statement.key}" for statement in edition.statements}
    expected |= {f"features/{feature.key}" for feature in edition.features}
    expected |= {f"footnotes/{kind.value}" for kind in edition.footnotes}
    assert expected <= names
    rows = {f"rows/{row.name}" for row in documented_rows(edition)}
    assert rows <= names
    assert names <= expected | rows | {f"apps/{app.key}" for app in edition.apps}


def test_no_text_is_kept_but_headings_and_digests() -> None:
    for vendor in VENDORS:
        for text in load().texts(vendor, newest(vendor).id) or ():
            assert re.fullmatch("[0-9a-f]{16}", text.digest)
            assert len(text.section.split()) <= 12


@pytest.mark.parametrize(
    "text", ["", "Nothing here", "<html><body><p>Sign in</p></body></html>", "<table><tr><td>Mail.Send</table>"]
)
def test_a_page_without_rows_is_refused_and_never_called_unchanged(text: str) -> None:
    with pytest.raises(UsageError, match=r"has no row of permissions|of no vendor in the catalogue"):
        vendor_of(page_from(text), map(newest, VENDORS))
    with pytest.raises(UsageError, match=r"has no row of permissions of atlas|in other places than atlas"):
        check_page(newest("atlas"), page_from(text))


def test_the_page_of_another_vendor_is_refused() -> None:
    page = page_from(PAGES["atera"](rows_of("atera")))
    with pytest.raises(UsageError, match="the page names 27 permissions in other places than atlas 2025-03-01"):
        check_page(newest("atlas"), page)


def test_a_page_in_another_encoding_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes("<html>caf\xe9".encode("latin-1"))
    with pytest.raises(
        UsageError, match=r"page\.html: cannot be read: not UTF-8 text at byte 9; save the file as UTF-8"
    ):
        read_page(path)


@given(st.text(alphabet="<>/tdrhableps \n|*-'\"=!&;#x", max_size=200))
def test_any_markup_at_all_is_read_without_a_fault(text: str) -> None:
    assert all(block.text or block.rows for block in page_from(text).blocks)


def drafted(found: PageCheck) -> str:
    return draft(
        found, load().text(found.edition.vendor, found.edition.id), retrieved="2026-12-01", sha256="f" * 64
    ).text


def decided(text: str, tmp_path: Path, decisions: Sequence[tuple[str, str]]) -> Edition:
    """Return the edition that a draft becomes once a person has decided each TODO, one after the other."""
    for question, answer in decisions:
        assert question in text, question
        text = text.replace(question, answer)
    assert "TODO" not in text
    path = tmp_path / "2026-12-01.yaml"
    path.write_text(text, encoding="utf-8")
    return load_edition(path)


_DATE = ("TODO the first day on which this holds, such as 2026-12-01", '"2026-12-01"')


def test_a_new_row_is_drafted_with_what_could_be_resolved(tmp_path: Path) -> None:
    rows = rows_of("atlas")
    new = replace(rows[0], name="Chat.Create", type=PermissionType.DELEGATED)
    text = drafted(checked("atlas", [rows[0], new, *rows[1:]]))
    path = tmp_path / "draft.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError):
        load_edition(path)
    made = decided(
        text,
        tmp_path,
        [
            _DATE,
            ("TODO read or write", "write"),
            ("TODO the title that the vendor gives it", "Create chats"),
            ("TODO what the vendor needs it for, in our own words", "Makes a chat."),
        ],
    )
    entry = made.app("connex-api").find("graph", PermissionType.DELEGATED, "Chat.Create")
    assert entry is not None
    assert entry.id == "38826093-1258-4dea-98f0-00003be2b8d0"
    assert made.source.sha256 == "f" * 64
    assert made.source.retrieved == "2026-12-01"
    before = newest("atlas")
    assert [len(app.permissions) for app in made.apps] == [
        len(app.permissions) + (app.key == "connex-api") for app in before.apps
    ]


@pytest.mark.parametrize("vendor", ["atera", "atlas"])
def test_a_lost_row_leaves_the_draft_with_its_twin_and_nothing_else_does(vendor: str, tmp_path: Path) -> None:
    rows = rows_of(vendor)
    gone = next(row for row in rows if row.name == "Mail.Send")
    made = decided(drafted(checked(vendor, [row for row in rows if row is not gone])), tmp_path, [_DATE])
    before, after = newest(vendor), made
    lost = {
        (app.key, entry.type.value, entry.name)
        for app in before.apps
        for entry in app.permissions
        if after.app(app.key).find(entry.api, entry.type, entry.name) is None
    }
    if vendor == "atera":
        assert lost == {("atera", "application", "Mail.Send"), ("atera", "delegated", "Mail.Send")}
    else:
        assert lost == {("connex-api", "delegated", "Mail.Send")}
    comments = [line for line in load().text(vendor, before.id).splitlines() if line.startswith("#")]
    assert set(comments) <= set((tmp_path / "2026-12-01.yaml").read_text(encoding="utf-8").splitlines())


def test_a_row_without_a_type_asks_which_and_gives_the_ids() -> None:
    rows = rows_of("atera")
    text = drafted(checked("atera", [*rows, replace(rows[-1], name="Chat.Read.All")]))
    assert "type: application" in text  # it exists as an application permission only, so that is the type
    assert "when_used: TODO only-with-robin or not-stated" in text
    both = drafted(checked("atera", [*rows, replace(rows[-1], name="Device.Read.All")]))
    assert "type: TODO delegated or application" in both
    assert "951183d1-1a61-466f-a6d1-1fde911bfd95 (delegated) or 7438b122-aefc-4978-80ed-43db9fcc7715 (applic" in both
    assert f'group: "{rows[-1].section}"' in both


def test_a_name_that_no_api_has_and_a_section_that_no_app_has_are_left_to_a_person(tmp_path: Path) -> None:
    rows = rows_of("atlas")
    misspelt = replace(rows[0], name="Mail.Sendd")
    elsewhere = replace(rows[0], section="Atlas.New App permissions", name="Mail.Send")
    text = drafted(checked("atlas", [rows[0], misspelt, *rows[1:], elsewhere]))
    assert "TODO Microsoft Graph has no Mail.Sendd; did you mean 'Mail.Send'?" in text
    assert '- "Atlas.New App permissions / Microsoft Graph / delegated / Mail.Send"' in text
    path = tmp_path / "draft.yaml"
    path.write_text(text.replace(*_DATE), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"draft\.yaml:\d+:\d+: "):
        load_edition(path)


def test_a_purpose_that_came_or_went_is_asked_for() -> None:
    rows = rows_of("atlas")
    silent = next(number for number, row in enumerate(rows) if not row.has_purpose)
    rows[0], rows[silent] = replace(rows[0], has_purpose=False), replace(rows[silent], has_purpose=True)
    before, after = load().text("atlas", newest("atlas").id), drafted(checked("atlas", rows))
    asked = "purpose: TODO what the vendor needs it for, in our own words"
    assert (before.count(asked), after.count(asked)) == (0, 1)
    assert after.count("purpose: not-stated") == before.count("purpose: not-stated")


@pytest.mark.parametrize("field", ["label", "purpose", "capability", "type", "name", "id"])
def test_the_loader_refuses_each_todo_with_its_place(tmp_path: Path, field: str) -> None:
    text = load().text("atera", newest("atera").id)
    lines = text.splitlines()
    number = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{field}:"))
    lines[number] = lines[number].split(":")[0] + ": TODO decide"
    path = tmp_path / "2026-11-22.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"2026-11-22\.yaml:{number + 1}:"):
        load_edition(path)
