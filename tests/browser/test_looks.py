"""The dossier for everybody's eyes: contrast and structure by axe, narrow screens, and paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open
from tests.dossier.making import everything, sample, stack, tenant

WIDTHS = [320, 390, 768, 1280]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_up_to_level_aa(open_page: Open, scheme: str, width: int) -> None:
    dossier = sample(stack(), tenant())
    shown = {entry.standing for entry in dossier.entries}, {entry.tier for entry in dossier.entries}
    assert [len(each) for each in shown] == [4, 4]
    opened = open_page(dossier, color_scheme=scheme, viewport={"width": width, "height": 900})
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = Axe().run(opened.page, options={"runOnly": {"type": "tag", "values": tags}})
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in result.response["violations"]] == []
    assert len(result.response["passes"]) > 20


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(open_page: Open, width: int) -> None:
    opened = open_page(everything(stack(), tenant("x" * 300)), viewport={"width": width, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_is_dark_and_light_is_light(open_page: Open) -> None:
    def background(scheme: str) -> int:
        page = open_page(color_scheme=scheme).page
        shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", shown)[:3])

    assert background("light") > 700
    assert background("dark") < 150


def test_paper_has_every_permission_whole_and_no_controls(open_page: Open, tmp_path: Path) -> None:
    """No entry is cut by the end of a page: its first and its last words stand on the same one."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext on PATH (apt-get install poppler-utils), which is not there")
    dossier = everything()
    opened = open_page(dossier)
    opened.page.get_by_label("Vendor", exact=True).select_option(label="Atera")
    opened.page.get_by_role("button", name="Show all").click()
    # A form is reset only after the event that says so: the page shows everything one turn later.
    opened.page.wait_for_function("!document.querySelector('.entry[hidden]')")
    target = tmp_path / "dossier.pdf"
    opened.page.pdf(path=str(target), format="A4", print_background=True)
    words = ["pdftotext", "-raw", str(target), "-"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    sheets = ["".join(sheet.split()) for sheet in text.split("\f")]
    assert 15 < len(sheets) < 60
    assert not any("permissionsshown" in sheet for sheet in sheets)
    for entry in dossier.entries:
        first, last = "".join((entry.meaning or "").split()), f"Id:{entry.documented.id}"
        whole = rf"{re.escape(first)}(?:(?!Itallows).)*?{re.escape(last)}"
        assert any(re.search(whole, sheet) for sheet in sheets), f"{entry.anchor} is cut, or missing"
