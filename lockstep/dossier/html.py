"""Writes a dossier as one HTML file that asks for nothing from anywhere: style and script are in it.

Every value is escaped by the template engine, and characters that cannot be seen are shown as codes. A content security
policy lets only this style and this script run, so that a name from a tenant could do nothing even if it got through.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import lockstep.dossier.wording as wording
from lockstep.dossier.model import Dossier, Treatment
from lockstep.dossier.templates import names, values
from lockstep.report.text import visible


def html(dossier: Dossier) -> str:
    """Return the whole page."""
    used = {entry.standing for entry in dossier.entries}
    template = _environment().get_template("dossier.html.j2")
    return template.render(
        values(dossier),
        apis=list(dict.fromkeys(entry.documented.api_name for entry in dossier.entries)),
        standings=[standing for standing in Treatment if standing in used],
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lockstep.dossier", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    style, script = _asset("dossier.css"), _asset("dossier.js")
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["facts"] = wording.facts
    # What is marked as safe below is our own: two files of this package, and their checksums.
    environment.globals.update(
        names(),
        tier_words=_tier_words,
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


def _tier_words(tier: int | None) -> str:
    return wording.NOT_CLASSIFIED if tier is None else f"Tier {tier}, {wording.TIERS[tier]}"
