"""Check judges the form of inputs: allow and deny side by side."""

from typing import Any

import pytest

from lockstep.deployment import UNKNOWN
from lockstep.provider.inputs import ConsentInputs, check_consent, check_principal

GOOD: dict[str, Any] = {
    "tenantId": "t",
    "vendor": "atlas",
    "app": "pnp",
    "edition": "2025-03-01",
    "mode": "exact",
    "client": UNKNOWN,
    "address": UNKNOWN,
    "apis": {"Microsoft Graph": "g", "Own": UNKNOWN},
    "permissions": {"Microsoft Graph": {"delegated": {"User.Read": "1"}}, "Own": {"delegated": {"A": "2"}}},
}


def test_check_allows_what_the_program_declares() -> None:
    assert check_consent(GOOD) == []
    assert check_consent({**GOOD, "baseline": ["g/delegated/User.Read"], "asked": UNKNOWN}) == []
    assert check_consent({}) == []  # an import brings only what the tenant holds
    assert check_principal({"appId": "a"}) == []
    assert check_principal({"identifierUris": ["api://x"]}) == []
    assert check_principal({"appId": "a", "asks": ["g/delegated/User.Read"]}) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"mode": "both"}, "mode"),
        ({"removals": "never"}, "removals"),
        ({"vendor": 1.0}, "vendor"),
        ({"permissions": UNKNOWN}, "permissions"),
        ({"permissions": {"Microsoft Graph": UNKNOWN}}, "permissions['Microsoft Graph']"),
        ({"permissions": {"Microsoft Graph": {"delegated": UNKNOWN}}}, "permissions['Microsoft Graph'].delegated"),
        (
            {"permissions": {"Microsoft Graph": {"delegated": {"User.Read": UNKNOWN}}}},
            "permissions['Microsoft Graph'].delegated['User.Read']",
        ),
        ({"permissions": {"Microsoft Graph": {"Scope": {"User.Read": "1"}}}}, "permissions['Microsoft Graph'].Scope"),
        ({"permissions": {"Other": {"delegated": {"User.Read": "1"}}}}, "apis"),
        ({"tolerated": []}, "tolerated"),
        ({"apis": "g"}, "apis"),
        ({"asked": "g/delegated/User.Read"}, "asked"),
        ({"asked": [1]}, "asked"),
        ({"baseline": {"g": 1}}, "baseline"),
    ],
)
def test_check_denies_what_could_hide_a_permission(change: dict[str, Any], where: str) -> None:
    assert [name for name, _reason in check_consent({**GOOD, **change})] == [where]


@pytest.mark.parametrize(
    ("inputs", "where"),
    [
        ({}, "appId"),
        ({"appId": "a", "identifierUris": ["b"]}, "appId"),
        ({"identifierUris": ["b"], "create": True}, "create"),
        ({"appId": "a", "vendor": 1}, "vendor"),
        ({"appId": "a", "asks": "g/delegated/User.Read"}, "asks"),
        ({"appId": "a", "asks": [UNKNOWN]}, "asks"),
        ({"appId": "a", "asks": [1]}, "asks"),
    ],
)
def test_check_denies_a_principal_without_one_address_and_unknown_wishes(inputs: dict[str, Any], where: str) -> None:
    assert [name for name, _reason in check_principal(inputs)] == [where]


def test_inputs_read_with_defaults() -> None:
    inputs = ConsentInputs.read(GOOD)
    assert (inputs.removals, inputs.required, inputs.claim, inputs.baseline) == ("apply", True, False, None)
    assert inputs.names == {"g": "Microsoft Graph"}
    assert {consent.value for consent in inputs.wanted} == {"User.Read", "A"}
