"""Vendors' pages as a browser saves them, made from the rows of the articles with sentences of no vendor's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from lockstep.catalogue import PermissionType, load
from lockstep.catalogue.model import ArticleRow
from lockstep.catalogue.page_check import documented_rows

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Permissions | Help | Delegated Permissions *</title>
<style>table { color: red }</style><script>var rows = "<tr><td>Mail.Send</td></tr>";</script></head>
<body><nav><ul><li><a href="#">Start</a><li><a href="#">Atlas.ConneX API permissions</a></ul></nav><main>
<h1>Permissions</h1><p>What the app asks for.</p>
"""
FOOT = "</main><footer><p>Was this helpful? Yes | No</p></footer></body></html>\n"


def rows_of(vendor: str) -> list[ArticleRow]:
    """Return the rows of a vendor's newest edition, in its order."""
    return documented_rows(load().edition_as_of(vendor, "current"))


def atlas_html(rows: Sequence[ArticleRow], *, closed: bool = True, wrapped: bool = False) -> str:
    """Return the Atlas article: a heading a section, a table a type. Cells may be left unclosed, or wrap blocks."""
    apps = load().edition_as_of("atlas", "current").apps
    page = HEAD + "<ul>" + "".join(f"<li><b>{escape(app.name)}</b>: what it is for.</li>" for app in apps) + "</ul>"
    for section, within in groupby(rows, key=lambda row: row.section):
        page += f"<h2>{escape(section)}</h2>\n"
        for type, table in groupby(within, key=lambda row: row.type):
            assert isinstance(type, PermissionType)
            page += f"<h3>{type.value.capitalize()}&nbsp;Permissions <sup>*</sup></h3>\n"
            page += _table(("API", "Permissions Name", "Description", "Purpose"), _cells(table), closed, wrapped)
            page += "<p>* How such permissions work.</p>\n"
    return page + FOOT


def _cells(rows: Iterable[ArticleRow]) -> list[tuple[str, ...]]:
    last = ""
    cells: list[tuple[str, ...]] = []
    for row in rows:
        cells.append(
            ("" if row.api == last else row.api, row.name, "What it is called", "Why" if row.has_purpose else "")
        )
        last = row.api
    return cells


def atera_html(rows: Sequence[ArticleRow], *, closed: bool = True, wrapped: bool = False) -> str:
    """Return the Atera article: a heading and a table a group."""
    page = HEAD + "<ul><li>The scope of Microsoft Graph</li><li>Delegated permissions are used with a user.</li></ul>"
    for section, within in groupby(rows, key=lambda row: row.section):
        page += f"<h3 id='x'><span>{escape(section)}</span></h3>\n"
        cells = [("Its title", row.name, "What it does: reads | writes") for row in within]
        page += _table(("Permission", "Scope", "What it does"), cells, closed, wrapped)
    return page + FOOT


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], closed: bool, wrapped: bool) -> str:
    def cell(tag: str, text: str) -> str:
        inner = f"<div><p><strong>{escape(text)}</strong><br></p>\n</div>" if wrapped else escape(text)
        return f"<{tag}>{inner}</{tag}>" if closed else f"<{tag}>{inner}"

    def line(tag: str, cells: Sequence[str]) -> str:
        return "<tr>" + "".join(cell(tag, text) for text in cells) + ("</tr>\n" if closed else "\n")

    return (
        f"<table><thead>{line('th', head)}</thead><tbody>{''.join(line('td', row) for row in rows)}</tbody></table>\n"
    )


PAGES = {"atlas": atlas_html, "atera": atera_html}
