"""The dossier in a real browser: complete, quiet, and usable by mouse, by keyboard and without a script."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lockstep.catalogue import CURRENT, load
from tests.browser.conftest import Open
from tests.catalogue.test_rows import document
from tests.dossier.making import everything, stack, tenant
from tests.dossier.test_hostile import HOSTILE

ROWS = {vendor: list(document()[vendor]["rows"]) for vendor in ("atlas", "atera")}
EVERYTHING = "98 of 98 permissions shown"


def read_rows(page: Any) -> Counter[tuple[str, ...]]:
    """Return section, API and name of every permission as the page shows its row, leaving out what is only possible."""
    lines = page.eval_on_selector_all(
        ".entry:not(.possible) .evidence dd", "all => all.map(each => each.innerText.match(/Row: (.*)\\. Id: /)[1])"
    )
    return Counter(tuple(line.split(" \u203a ")[:3]) for line in lines)


def test_every_row_of_both_articles_is_there(open_page: Open) -> None:
    found = read_rows(open_page().page)
    wanted = Counter((section, api, name) for rows in ROWS.values() for section, api, name, *_ in rows)
    assert sum(wanted.values()) == 84
    assert Counter({(a, b.casefold(), c): n for (a, b, c), n in found.items()}) == Counter(
        {(a, b.casefold(), c): n for (a, b, c), n in wanted.items()}
    )


def test_the_page_is_quiet_and_asks_for_nothing(open_page: Open) -> None:
    opened = open_page(everything(stack(), tenant()))
    opened.page.wait_for_load_state("networkidle")
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert len(opened.requests) == 1


@pytest.mark.parametrize(
    ("label", "option", "expected"),
    [
        ("Vendor", "Atera", lambda it, vendor: vendor == "atera"),
        ("API", "Microsoft Graph", lambda it, vendor: it.api == "graph"),
        ("Type", "application", lambda it, vendor: it.type.value == "application"),
        ("Access", "write", lambda it, vendor: it.capability.value == "write"),
        ("Standing", "possible", lambda it, vendor: not it.certain),
    ],
)
def test_each_filter_shows_what_it_says(open_page: Open, label: str, option: str, expected: Any) -> None:
    opened = open_page()
    opened.page.get_by_label(label, exact=True).select_option(label=option)
    wanted = [
        entry.anchor
        for part in everything().parts
        for app in part.apps
        for entry in app.entries
        if expected(entry.documented, part.edition.vendor)
    ]
    assert opened.shown == wanted
    assert opened.count == f"{len(wanted)} of 98 permissions shown"
    opened.page.get_by_role("button", name="Show all").click()
    expect(opened.page.locator("#count")).to_have_text(EVERYTHING)
    assert len(opened.shown) == 98


def test_filters_add_up_and_search_narrows_further(open_page: Open) -> None:
    opened = open_page()
    opened.page.get_by_label("Risk", exact=True).select_option(label="tier 0")
    opened.page.get_by_label("Type", exact=True).select_option(label="application")
    assert opened.count == "7 of 98 permissions shown"
    opened.page.get_by_label("Search").fill("takeover")
    assert opened.count.startswith("4 of 98")
    assert opened.page.locator("#atlas--pnp").is_hidden()
    assert opened.page.locator("#atera").is_visible()
    opened.page.get_by_label("Vendor", exact=True).select_option(label="Atera")
    assert opened.page.locator("#atlas").is_hidden()


def test_filters_work_by_keyboard_alone(open_page: Open) -> None:
    opened = open_page()
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "words"
    page.keyboard.type("mail.send")
    assert opened.count.endswith("of 98 permissions shown")
    by_search = len(opened.shown)
    assert 0 < by_search < 20
    for name in ("vendor", "api", "type"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == name
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Type", exact=True).input_value() == "application"
    assert all("--graph-application-" in anchor for anchor in opened.shown)
    while page.evaluate("document.activeElement.type") != "reset":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text(EVERYTHING)


def test_the_number_shown_is_announced(open_page: Open) -> None:
    count = open_page().page.locator("#count")
    assert count.get_attribute("aria-live") == "polite"
    assert count.get_attribute("role") == "status"


def test_comparison_is_chosen_by_mouse_and_by_keyboard(open_page: Open) -> None:
    editions = [*load().editions("atlas")[:-1], load().edition_as_of("atera", CURRENT)]
    opened = open_page()
    panel = opened.page.locator(f"#comparison--atlas--{editions[0].id}")
    assert panel.is_visible()
    assert "Moved from SharePoint Online Client Extensibility Web Application Principal to" in panel.inner_text()
    choice = opened.page.get_by_label("Compare", exact=True)
    choice.select_option(index=1)
    assert panel.is_visible()
    assert opened.page.locator("#compared").inner_text() == "1 of 1 comparisons shown"
    choice.focus()
    opened.page.keyboard.press("ArrowUp")
    assert choice.input_value() == ""
    assert panel.is_visible()


def test_deep_links_reach_apps_and_permissions_filtered_or_not(open_page: Open) -> None:
    where = "#atlas--connex-api--graph-delegated-group-readwrite-all"
    opened = open_page(fragment=where)
    assert opened.page.evaluate(f"document.querySelector('{where}').matches(':target')")
    opened.page.get_by_label("Vendor", exact=True).select_option(label="Atera")
    assert opened.page.locator(where).is_hidden()
    opened.page.evaluate("location.hash = '#atlas--spfx'")
    expect(opened.page.locator("#atlas--spfx")).to_be_visible()
    opened.page.evaluate(f"location.hash = '{where}'")
    expect(opened.page.locator(where)).to_be_visible()


def test_without_a_script_the_whole_list_is_there(open_page: Open) -> None:
    opened = open_page(java_script_enabled=False)
    assert opened.page.locator(".entry:visible").count() == 98
    assert opened.page.locator("#filter").is_hidden()


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_run_nothing(open_page: Open, name: str) -> None:
    opened = open_page(everything(stack(name, name, name), tenant(name)))
    opened.page.wait_for_load_state("networkidle")
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("img, svg, iframe, object").count() == 0


def test_rows_file_is_the_one_that_the_catalogue_is_checked_by() -> None:
    path = Path(__file__).parents[1] / "catalogue" / "data" / "rows.json"
    assert {key for key in json.loads(path.read_text(encoding="utf-8")) if key != "fields"} == set(ROWS)
