"""What is registered for Microsoft's SharePoint principals, whichever of them a tenant has."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.catalogue import GRAPH, load
from lockstep.provider.claims import Claim, read_claims
from tests.components.building import estate
from tests.components.running import APPLICATION, CONSENT, PRINCIPAL, TENANT, Registration, Run, Tenant

NEW = "SharePoint Online Web Client Extensibility"
OLD = "SharePoint Online Client Extensibility Web Application Principal"
APP = load().edition_as_of("atlas", "current").app("spfx")
WANTED = {(e.api_name, e.name, e.id) for e in APP.permissions}


def wanted(consent: Registration) -> set[tuple[str, str, str]]:
    return {
        (api, name, id)
        for api, types in consent.inputs["permissions"].items()
        for name, id in types["delegated"].items()
    }


def consents(found: Run) -> tuple[Registration, Registration]:
    return found.one(CONSENT, NEW), found.one(CONSENT, OLD)


@pytest.mark.parametrize("sharepoint", ["auto", "new", "old", "both", "later"])
def test_both_principals_are_always_registered_and_want_the_same(sharepoint: str) -> None:
    for consent in consents(estate({"spfx": {"principals": sharepoint}})):
        assert wanted(consent) == WANTED
        assert consent.inputs["mode"] == "additive"


def test_principals_are_looked_up_by_literal_address_and_never_created() -> None:
    found = estate()
    new, old = found.one(PRINCIPAL, NEW).inputs, found.one(PRINCIPAL, OLD).inputs
    uris = [f"api://{TENANT}/microsoft.spfx3rdparty.com", "https://microsoft.spfx3rdparty.com"]
    assert (new["appId"], new["create"]) == ("08e18876-6177-487e-b8b5-cf950c1e598c", False)
    assert (old["identifierUris"], old["create"]) == (uris, False)
    assert [each.inputs["address"] for each in consents(found)] == [new["appId"], uris[0]]


@pytest.mark.parametrize(
    ("sharepoint", "new", "old", "either"),
    [
        ("auto", True, False, "present"),
        ("new", True, False, None),
        ("old", False, True, None),
        ("both", True, True, None),
        ("later", False, False, None),
    ],
)
def test_required_principals_follow_the_setting(sharepoint: str, new: bool, old: bool, either: str | None) -> None:
    of_new, of_old = consents(estate({"spfx": {"principals": sharepoint}}))
    assert (of_new.inputs["required"], of_old.inputs["required"]) == (new, old)
    assert of_new.inputs.get("alternative") == either
    assert "alternative" not in of_old.inputs


def test_withdrawal_empties_the_old_principal_after_the_new_one_is_granted() -> None:
    of_new, of_old = consents(estate({"spfx": {"principals": "new", "withdraw": True}}))
    assert wanted(of_new) == WANTED
    assert of_old.inputs["permissions"] == {}
    assert set(of_old.inputs["apis"]) == {"Microsoft Graph", "Atlas.ConneX API"}
    assert (CONSENT, NEW) in of_old.depends_on


def test_without_withdrawal_neither_waits_for_the_other() -> None:
    _, of_old = consents(estate({"spfx": {"principals": "new"}}))
    assert (CONSENT, NEW) not in of_old.depends_on


@pytest.mark.parametrize(
    ("settings", "old"),
    [({}, True), ({"principals": "new", "withdraw": True}, False)],
    ids=["both", "withdrawn"],
)
def test_each_principal_is_told_what_will_be_asked_for_there(settings: dict[str, Any], old: bool) -> None:
    found = estate({"spfx": settings})
    graph = sorted(f"{GRAPH}/delegated/{e.name}" for e in APP.permissions if e.permission.api == GRAPH)
    told = {each.name: each.inputs.get("asks") for each in found.all(PRINCIPAL) if each.name != "Atera"}
    assert told == {NEW: graph, OLD: graph if old else []}


def test_each_consent_knows_what_was_ever_asked_for() -> None:
    tenant = Tenant(asked={NEW: [f"{GRAPH}/delegated/Mail.Send"]})
    assert estate(tenant=tenant).one(CONSENT, NEW).inputs["asked"] == [f"{GRAPH}/delegated/Mail.Send"]


def test_nothing_is_asked_for_where_an_administrator_consents() -> None:
    found = estate({"spfx": {"consents": "by-admin"}})
    assert [found.one(PRINCIPAL, name).inputs.get("asks") for name in (NEW, OLD)] == [[], []]


def test_claims_on_the_api_app_say_what_was_there_and_what_is_added() -> None:
    tenant = Tenant(baselines={NEW: [f"{GRAPH}/delegated/User.Read"]})
    tags = estate(tenant=tenant).one(APPLICATION, "Atlas.ConneX API").inputs["tags"]
    graph = {e.name for e in APP.permissions if e.permission.api == GRAPH}
    assert tags[0] == "lockstep"
    assert set(read_claims(tags)) == {
        Claim(principal, GRAPH, name, added=(principal, name) != ("new", "User.Read"))
        for principal in ("new", "old")
        for name in graph
    }


def test_withdrawn_principal_is_no_longer_claimed() -> None:
    tags = estate({"spfx": {"principals": "new", "withdraw": True}}).one(APPLICATION, "Atlas.ConneX API").inputs["tags"]
    assert {claim.principal for claim in read_claims(tags)} == {"new"}


def test_only_the_api_app_carries_claims_and_is_named_as_the_claimant() -> None:
    found = estate()
    assert [each.name for each in found.all(APPLICATION) if "tags" in each.inputs] == ["Atlas.ConneX API"]
    assert {each.inputs["claimant"] for each in consents(found)} == {"client of Atlas.ConneX API"}
    assert "claimant" not in found.one(CONSENT, "Atera").inputs


@pytest.mark.parametrize("claim", [True, False])
def test_claim_is_passed_on(claim: bool) -> None:
    assert [each.inputs["claim"] for each in consents(estate({"spfx": {"claim": claim}}))] == [claim] * 2


def test_first_preview_knows_every_permission() -> None:
    for consent in consents(estate(preview=True)):
        assert wanted(consent) == WANTED
