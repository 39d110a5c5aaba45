"""Every refusal of the emulator has a public source for its edge: what is narrower than Entra would be a trap."""

from __future__ import annotations

import json
from pathlib import Path

from tests.emulator.refusals import refusals

SOURCES = Path(__file__).parent / "data" / "refusal_sources.json"
_PUBLIC = ("https://learn.microsoft.com/", "https://github.com/", "https://registry.terraform.io/", "https://www.rfc-")
_ASSUMED = "assumed: "


def sourced() -> dict[str, list[str]]:
    document: dict[str, list[str]] = json.loads(SOURCES.read_text("utf-8"))
    return document


def test_e7_every_refusal_has_a_source_and_every_source_its_refusals() -> None:
    known = [refusal for found in sourced().values() for refusal in found]
    assert len(set(known)) == len(known)
    missing = sorted(set(refusals()) - set(known))
    assert missing == [], f"look up where Microsoft says so, and add the address to {SOURCES.name}"
    gone = sorted(set(known) - set(refusals()))
    assert gone == [], f"take them out of {SOURCES.name}"


def test_e7_a_source_is_a_public_page() -> None:
    others = {source for source in sourced() if not source.startswith(_PUBLIC)}
    assert {source for source in others if not source.startswith(_ASSUMED)} == {"own"}
    # Own are refusals that Entra has no part in: faults that were asked for, keys that only the control door takes.
    assert len(sourced()["own"]) < 6
    assert sum(len(sourced()[source]) for source in others if source.startswith(_ASSUMED)) < 3


def test_e7_no_refusal_is_passed_over() -> None:
    found = refusals()
    assert len(found) > 190
    assert "applications/uris.py::_check_redirect: wrong(name) (2)" in found
    assert not [refusal for refusal in found if "NotSupportedError(" in refusal.partition(": ")[2][:18]]
