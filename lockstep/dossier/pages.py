"""Writes a dossier as a page: as one HTML file that asks for nothing from anywhere, or as Markdown.

In HTML every value is escaped by the template engine, and characters that cannot be seen are shown as codes. Style and
script are in the file; a content security policy lets only these two run, so that a name from a tenant could do nothing
even if it got through.

In Markdown every value is escaped, so that a name from a tenant is only ever text. No value begins a line, so what
would only act there (a list's mark, a number, an indent) is left as it is, and the pages read well as text too.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import lockstep.dossier.wording as wording
from lockstep.catalogue import PermissionType, risk_source
from lockstep.dossier.model import Dossier, Presence, Treatment
from lockstep.dossier.summary import summary
from lockstep.report.text import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$&!])")
# GitHub looks for these in the finished text, so a backslash does not stop them.
_CALLS = re.compile(r"([@#]|(?<=[a-z]):(?=//)|(?<=\bwww)\.)", re.IGNORECASE)


class _Code(str):
    """A text that is written as code and has been made safe for that."""

    __slots__ = ()


def html(dossier: Dossier) -> str:
    """Return the whole page."""
    used = {entry.standing for entry in dossier.entries}
    return _render(
        html_environment(),
        "dossier.html.j2",
        dossier,
        apis=list(dict.fromkeys(entry.documented.api_name for entry in dossier.entries)),
        standings=[standing for standing in Treatment if standing in used],
    )


def markdown(dossier: Dossier) -> str:
    """Return the whole page."""
    text = _render(_markdown_environment(), "dossier.md.j2", dossier)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escaped(text: str) -> str:
    """Return a text as Markdown that shows it: no markup, no link, no mention, one line."""
    return _CALLS.sub("\\1\N{ZERO WIDTH SPACE}", _SPECIAL.sub(r"\\\1", visible(text).strip()))


def code(text: str) -> _Code:
    """Return a text in code style where it is a plain word, else as escaped text."""
    return _Code(f"`{text}`" if re.fullmatch(r"[\w.:/{}-]+", text) else escaped(text))


def _render(environment: Environment, template: str, dossier: Dossier, **more: Any) -> str:
    return environment.get_template(template).render(
        more,
        dossier=dossier,
        titles=" and ".join(part.edition.name for part in dossier.parts),
        summary=summary(dossier),
        comparisons=[comparison for part in dossier.parts for comparison in part.comparisons],
        words=wording,
        types=list(PermissionType),
        presences=list(Presence),
        snapshots=dossier.apis,
        risk_source=risk_source(),
    )


@cache
def html_environment() -> Environment:
    """Return the template engine that escapes for HTML."""
    environment = Environment(
        loader=PackageLoader("lockstep.dossier", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    style, script = _asset("dossier.css"), _asset("dossier.js")
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    # What is marked as safe below is our own: two files of this package, and their checksums.
    environment.globals.update(
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return environment


def _asset(name: str) -> str:
    return files("lockstep.dossier").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> Any:
    # Base64 has characters that would be escaped, and none that could end the attribute.
    return Markup("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())  # noqa: S704


@cache
def _markdown_environment() -> Environment:
    # Markdown has an escaping of its own, which `finalize` does to every value.
    environment = Environment(
        loader=PackageLoader("lockstep.dossier", "page"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        finalize=lambda value: escaped(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = code
    return environment
