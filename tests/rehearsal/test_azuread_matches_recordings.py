"""The azuread model answers Check, Diff and import as the real provider did in the recordings."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from lockstep.deployment import UNKNOWN
from lockstep.rehearsal.azuread.base import Model
from lockstep.rehearsal.azuread.connection import Connection
from lockstep.rehearsal.azuread.plugin import MODELS


def _models() -> dict[str, Model]:
    nowhere = Connection(lambda: httpx.AsyncClient(), {})
    return {model.type: model(nowhere) for model in MODELS}


APPLICATION, PRINCIPAL, FEDERATED, CERTIFICATE = (model.type for model in MODELS)


def test_checked_inputs_are_the_recorded_ones(recorded: dict[str, Any]) -> None:
    models = _models()
    for entry in recorded["checks"]:
        inputs, failures = models[entry["type"]].check({k: v for k, v in entry["news"].items() if k != "__defaults"})
        assert failures == []
        assert inputs == entry["inputs"]


def test_detailed_differences_are_the_recorded_ones(recorded: dict[str, Any]) -> None:
    models = _models()
    compared = 0
    for entry in recorded["diffs"]:
        changes = models[entry["type"]].diff(entry["olds"], entry["news"], [])
        assert {path: kind.upper() for path, kind in changes.paths.items()} == entry["paths"]
        assert changes.keys == sorted(entry["diffs"])
        compared += bool(entry["paths"])
    assert compared >= 5


def test_imported_inputs_are_the_recorded_ones(recorded: dict[str, Any]) -> None:
    outputs = {entry["type"]: entry["outputs"] for entry in recorded["state"]}
    models = _models()
    for type_, inputs in recorded["imports"].items():
        ours = models[type_].live_inputs({}, outputs[type_] | {"preventDuplicateNames": False, "tags": []})
        assert ours == inputs


def test_ignored_paths_make_no_difference() -> None:
    model = _models()[APPLICATION]
    olds, news = {"displayName": "a", "owners": ["x"], "api": {"requestedAccessTokenVersion": 2}}, {"displayName": "a"}
    assert set(model.diff(olds, news, []).paths) == {"owners[0]", "api.requestedAccessTokenVersion"}
    assert model.diff(olds, news, ["owners", "api.requestedAccessTokenVersion"]).paths == {}


def test_order_of_a_set_makes_no_difference_and_of_a_list_does() -> None:
    model = _models()[APPLICATION]
    one, two = (
        {"resourceAppId": api, "resourceAccesses": [{"id": "1", "type": "Role"}, {"id": "2", "type": "Role"}]}
        for api in "ab"
    )
    assert (
        model.diff({"requiredResourceAccesses": [one, two]}, {"requiredResourceAccesses": [two, one]}, []).paths == {}
    )
    turned = {**one, "resourceAccesses": one["resourceAccesses"][::-1]}
    assert set(model.diff({"requiredResourceAccesses": [one]}, {"requiredResourceAccesses": [turned]}, []).paths) == {
        "requiredResourceAccesses[0].resourceAccesses[0].id",
        "requiredResourceAccesses[0].resourceAccesses[1].id",
    }


@pytest.mark.parametrize(
    ("type_", "inputs", "property_"),
    [
        (APPLICATION, {"displayName": "a", "password": {}}, "password"),
        (APPLICATION, {"displayName": "a", "api": {"dance": True}}, "api.dance"),
        (APPLICATION, {}, "displayName"),
        (APPLICATION, {"displayName": "a", "requiredResourceAccesses": [{"resourceAppId": "x"}]},
         "requiredResourceAccesses[0].resourceAccesses"),
        (CERTIFICATE, {"applicationId": "/applications/1", "value": "-----BEGIN PRIVATE KEY-----"}, "value"),
    ],
)  # fmt: skip
def test_inputs_that_are_wrong_or_not_modelled_are_named(type_: str, inputs: dict[str, Any], property_: str) -> None:
    _, failures = _models()[type_].check(inputs)
    assert [name for name, _ in failures] == [property_]


@pytest.mark.parametrize("type_", [PRINCIPAL, FEDERATED, CERTIFICATE])
def test_changed_identity_forces_a_replacement(type_: str) -> None:
    key = "clientId" if type_ == PRINCIPAL else "applicationId"
    model = _models()[type_]
    assert model.diff({key: "old"}, {key: "new"}, []).replaces == [key]
    assert model.diff({key: "old"}, {key: UNKNOWN}, []).replaces == [key]
