"""Writes a dossier as Markdown. Every value is escaped, so that a name from a tenant is only ever text.

No value begins a line, so what would only act there (a list's mark, a number, an indent) is left as it is, and the
pages read well as text too.
"""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

import lockstep.dossier.wording as wording
from lockstep.dossier.model import Dossier
from lockstep.dossier.templates import names, values
from lockstep.report.text import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$&!])")
# GitHub looks for these in the finished text, so a backslash does not stop them.
_CALLS = re.compile(r"([@#]|(?<=[a-z]):(?=//)|(?<=\bwww)\.)", re.IGNORECASE)


class _Code(str):
    """A text that is written as code and has been made safe for that."""

    __slots__ = ()


def markdown(dossier: Dossier) -> str:
    """Return the whole page."""
    template = _environment().get_template("dossier.md.j2")
    text = template.render(values(dossier))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escaped(text: str) -> str:
    """Return a text as Markdown that shows it: no markup, no link, no mention, one line."""
    return _CALLS.sub("\\1\N{ZERO WIDTH SPACE}", _SPECIAL.sub(r"\\\1", visible(text).strip()))


def code(text: str) -> _Code:
    """Return a text in code style where it is a plain word, else as escaped text."""
    return _Code(f"`{text}`" if re.fullmatch(r"[\w.:/{}-]+", text) else escaped(text))


def _finalize(value: object) -> object:
    return escaped(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    # Markdown has an escaping of its own, which _finalize does to every value.
    environment = Environment(
        loader=PackageLoader("lockstep.dossier", "page"),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = code
    environment.filters["facts"] = wording.facts
    environment.globals.update(names())
    return environment
