"""Names and reasons that others wrote do nothing, neither as HTML nor as Markdown, wherever they stand."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lockstep.dossier import html, markdown
from tests.dossier.making import everything, stack, tenant

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "single quote": "' autofocus onfocus='alert(1)",
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "end of style": "</style></script><svg onload=alert(1)>",
    "comment": "<!-- --> ]]> <![CDATA[",
    "link": "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "table": "a | b | c\n|---|---|",
    "heading": "x\n# Approved\n\n- [x] done\n\n```\ncode\n```",
    "mention": "@everybody #1 https://evil.example www.evil.example",
    "emphasis": "**bold** _it_ ~~gone~~ `code` $x$",
    "entity": "&lt;script&gt; &#x3c;b&#x3e;",
    "escape": "\x1b[31mred\x1b[0m \x07 \x9b2J",
    "direction": "safe\u202eexe.cod \u2066x\u2069 zero\u200bwidth",
    "null": "a\x00b \ud800 \ufffe",
}
PLAIN = "Plain"


class _Shape(HTMLParser):
    """Elements and the names of their attributes, in order: all that a page can do hangs on these."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _value in attrs)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", ()))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", ()))


@cache
def page(name: str) -> str:
    return html(everything(stack(name, name, name), tenant(name)))


@cache
def text(name: str) -> str:
    return markdown(everything(stack(name, name, name), tenant(name)))


def tokens(source: str) -> list[str]:
    """Return what a Markdown reader makes of a text, without the text itself."""
    reader = MarkdownIt("gfm-like", {"linkify": False})
    found = []
    for token in reader.parse(source):
        found.append(token.type)
        found += [inner.type for inner in token.children or () if inner.type not in ("text", "softbreak")]
    return found


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_changes_no_element_of_the_page(name: str) -> None:
    assert _Shape(page(name)).found == _Shape(page(PLAIN)).found


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_changes_no_part_of_the_markdown(name: str) -> None:
    assert tokens(text(name)) == tokens(text(PLAIN))


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_nothing_invisible_gets_through(name: str) -> None:
    for written in (page(name), text(name)):
        left = set(written) - set("\n\t\N{ZERO WIDTH SPACE}")
        assert not {letter for letter in left if not letter.isprintable()}
        written.encode("utf-8")


def test_the_test_sees_markup() -> None:
    """The measure works: unescaped names would have changed both shapes."""
    assert _Shape(page(PLAIN) + HOSTILE["script"]).found != _Shape(page(PLAIN)).found
    assert tokens(text(PLAIN) + HOSTILE["link"]) != tokens(text(PLAIN))


def test_nobody_is_mentioned_and_nothing_becomes_a_link() -> None:
    written = text(HOSTILE["mention"])
    assert "@everybody" not in written
    assert "https://evil.example" not in written
    assert "www.evil" not in written


@given(st.text(max_size=40))
def test_any_name_at_all(name: str) -> None:
    from lockstep.dossier.pages import escaped, html_environment

    shown = html_environment().from_string("<p title='{{ name }}'>{{ name }}</p>").render(name=name)
    assert _Shape(shown).found == [("p", ("title",))]
    assert set(tokens(f"- x: {escaped(name)}")) <= set(tokens("- x: y")) | {"inline"}
