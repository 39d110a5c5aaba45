"""What the vendor's own app consists of: a principal that is found or created, and its consents."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.catalogue import load
from tests.components.building import ATERA, estate
from tests.components.running import APPLICATION, CONSENT, PRINCIPAL, Tenant

APP = load().edition_as_of("atera", "current").app("atera")
CERTAIN = {(e.type.value, e.name, e.id) for e in APP.permissions if e.certain}
TWINS = {(e.type.value, e.name, e.id) for e in APP.permissions if not e.certain}


def flat(tree: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (type, name, id) for types in tree.values() for type, entries in types.items() for name, id in entries.items()
    }


@pytest.mark.parametrize(
    ("twins", "wanted", "tolerated"),
    [("tolerate", CERTAIN, TWINS), ("require", CERTAIN | TWINS, set()), ("refuse", CERTAIN, set())],
    ids=["tolerate", "require", "refuse"],
)
def test_consents_follow_what_is_said_of_twins(
    twins: str, wanted: set[tuple[str, str, str]], tolerated: set[tuple[str, str, str]]
) -> None:
    inputs = estate({"atera": {"possible": twins}}).one(CONSENT, "Atera").inputs
    assert flat(inputs["permissions"]) == wanted
    assert flat(inputs["tolerated"]) == tolerated


def test_documented_counts_are_those_of_the_article() -> None:
    assert len([e for e in CERTAIN if e[0] == "delegated"]) == 12
    assert len([e for e in CERTAIN if e[0] == "application"]) == 15
    assert len(TWINS) == 14


def test_principal_is_found_or_created_by_client_id_and_never_registered() -> None:
    found = estate()
    inputs = found.one(PRINCIPAL, "Atera").inputs
    assert (inputs["appId"], inputs["create"], inputs["displayName"]) == (ATERA, True, "Atera")
    assert "Atera" not in found.names(APPLICATION)


def test_consent_knows_what_was_in_force_before_its_first_write() -> None:
    was = ["00000003-0000-0000-c000-000000000000/delegated/User.Read"]
    inputs = estate(tenant=Tenant(baselines={"Atera": was})).one(CONSENT, "Atera").inputs
    assert inputs["baseline"] == was
    assert (inputs["client"], inputs["address"]) == ("principal of Atera", ATERA)


@pytest.mark.parametrize("removals", ["apply", "report"])
def test_removals_are_as_the_stack_says_and_only_here(removals: str) -> None:
    found = estate({"atera": {"removals": removals}})
    assert found.one(CONSENT, "Atera").inputs["removals"] == removals
    assert {each.inputs["removals"] for each in found.all(CONSENT) if each.name != "Atera"} == {"apply"}


def test_withheld_leaves_both_lists_when_it_is_named_in_full() -> None:
    twin = next(e for e in APP.permissions if not e.certain)
    entries = [{"permission": twin.title, "reason": "r", "by": "b"}]
    inputs = estate({"atera": {"withhold": entries}}).one(CONSENT, "Atera").inputs
    gone = (twin.type.value, twin.name, twin.id)
    assert flat(inputs["tolerated"]) == TWINS - {gone}
    assert flat(inputs["permissions"]) == CERTAIN
