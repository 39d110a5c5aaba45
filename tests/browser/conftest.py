"""A real browser, and the dossier opened in it from a file. Skips, saying so, where there is no Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lockstep.dossier import Dossier, html
from tests.dossier.making import everything

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


# For a module and no longer: while it is open an event loop runs in this thread, and no other test could start its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium on PATH (apt-get install chromium), which is not there")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


class Opened:
    """One page, and everything that it complained about or asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request.url))

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    @property
    def shown(self) -> list[str]:
        """The ids of the permissions that can be seen."""
        found: list[str] = self.page.eval_on_selector_all(
            ".entry", "all => all.filter(each => each.checkVisibility()).map(each => each.id)"
        )
        return found

    @property
    def count(self) -> str:
        """What the page says of how many are shown."""
        return self.page.locator("#count").inner_text()


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a dossier. `path` is the file of one that is written already; options go to the page."""
    contexts: list[BrowserContext] = []

    def opened(dossier: Dossier | None = None, *, fragment: str = "", **options: Any) -> Opened:
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(html(dossier or everything()), encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(5_000)
        found = Opened(context.new_page())
        found.page.goto(path.as_uri() + fragment)
        return found

    yield opened
    for context in contexts:
        context.close()
