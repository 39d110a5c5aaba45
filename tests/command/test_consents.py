"""The lists of a step on an AdminConsent, by operation."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.local.runs import consent_lists

API = "Microsoft Graph"


def _with(*names: str, **more: Any) -> dict[str, Any]:
    tree = {API: {"delegated": {name: f"id-{name}" for name in names}}} if names else {}
    return {"permissions": tree, "apis": {API: "graph"}, **more}


def _added(*names: str) -> list[str]:
    return [f"{API}/delegated/{name}" for name in names]


@pytest.mark.parametrize(
    ("op", "old", "inputs", "outputs", "added", "removed", "kept"),
    [
        ("create", {}, _with("A", "B"), _with("A", "B", added=_added("A")), ["A"], [], ["B"]),
        ("create", {}, _with("A", "B"), _with("A", "B"), ["A", "B"], [], []),  # a preview with an unknown client
        ("create", {}, _with("A"), _with(added=[], state="absent"), [], [], []),
        ("same", _with("A"), _with("A"), _with("A", added=_added("A")), [], [], ["A"]),
        ("update", _with("A", "B"), _with("B", "C"), _with("B", "C"), ["C"], ["A"], ["B"]),
        ("update", _with(state="absent"), _with("A"), _with(state="absent"), [], [], []),
        ("delete", _with("A", "B", added=_added("A")), {}, {}, [], ["A"], ["B"]),
    ],
)
def test_each_operation_has_its_lists(
    op: str,
    old: dict[str, Any],
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    added: list[str],
    removed: list[str],
    kept: list[str],
) -> None:
    found = consent_lists(op, old, inputs, outputs)
    names = {key: [entry["value"] for entry in entries] for key, entries in found.items()}
    assert names == {"added": added, "removed": removed, "kept": kept, "tolerated": []}
    for entry in found["added"] + found["removed"] + found["kept"]:
        assert entry["api"] == API
        assert entry["apiId"] == "graph"
        assert entry["id"] == f"id-{entry['value']}"


def test_a_tolerated_twin_is_listed_with_its_id() -> None:
    tolerated = {API: {"delegated": {"Mail.Send": "twin"}}}
    outputs = _with("A", toleratedFound=_added("Mail.Send"))
    found = consent_lists("same", _with("A"), _with("A", tolerated=tolerated), outputs)
    assert found["tolerated"] == [
        {"api": API, "apiId": "graph", "type": "delegated", "value": "Mail.Send", "id": "twin"}
    ]
