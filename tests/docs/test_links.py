"""Links resolve, every page can be reached, and the README stays short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, REPOSITORY, anchors, inline, links, pages, read

FILE = re.compile(r"(?:lockstep|tests|benchmarks|scripts|pipelines)/[\w./-]+\.\w+")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_files_that_a_page_names_exist(page: Path) -> None:
    named = [word for word in inline(page.read_text(encoding="utf-8")) if FILE.fullmatch(word)]
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, todo = set(), [REPOSITORY / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        found = [link.partition("#")[0] for link in links(page.read_text(encoding="utf-8"))]
        todo += [(page.parent / name).resolve() for name in found if name and "://" not in name]
    assert set(DOCS.glob("*.md")) <= seen


def test_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) < 120
