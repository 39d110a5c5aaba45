"""How many requests the estate costs. Counts, never seconds: `make bench` looks at those."""

from __future__ import annotations

import pytest

from benchmarks import bars
from benchmarks.estate import Ran
from benchmarks.phases import PHASES, Measurement
from benchmarks.tables import life_bar
from benchmarks.traffic import Traffic, count

Life = dict[str, Ran]


@pytest.mark.parametrize("phase", PHASES)
def test_each_phase_ends_well(life: Life, phase: str) -> None:
    result = life[phase].result
    assert (result.exit_code, result.errors) == (0, [])


def test_create_makes_the_whole_estate(life: Life) -> None:
    made = [step for step in life["create"].result.steps if step.op == "create"]
    assert sum(step.type == "entraconsent:index:AdminConsent" for step in made) == 8
    assert sum(step.type == "azuread:index/application:Application" for step in made) == 5


def test_create_costs_at_most_half_of_azuread_alone(life: Life) -> None:
    assert 0 < life["create"].traffic.requests <= bars.CREATE_REQUESTS


def test_create_consents_in_few_requests(life: Life) -> None:
    assert 0 < life["create"].traffic.consents <= bars.CONSENT_REQUESTS


def test_create_counts_every_request_of_our_provider_as_one_for_consents(life: Life) -> None:
    ran = life["create"]
    assert ran.sent == ran.traffic.consents


@pytest.mark.parametrize("phase", ["preview", "refresh"])
def test_nothing_to_change_writes_nothing(life: Life, phase: str) -> None:
    assert life[phase].traffic.writes == bars.PREVIEW_WRITES
    assert not life[phase].result.changed


def test_no_change_preview_asks_no_more_than_azuread_alone_and_one_look_at_each_shared_principal(life: Life) -> None:
    assert life["preview"].traffic.requests <= bars.AZUREAD_REQUESTS["preview"] + 2


def test_destroy_costs_less_than_azuread_alone(life: Life) -> None:
    assert 0 < life["destroy"].traffic.requests < bars.AZUREAD_REQUESTS["destroy"]


def _entry(method: str, path: str, *, batch: bool = False, query: str = "", body: object = None) -> dict[str, object]:
    return {"method": method, "path": path, "query": query, "body": body, "batch": batch}


def test_count_tells_batches_writes_and_consents_apart() -> None:
    log = [
        _entry("GET", "/metadata/endpoints"),
        _entry("POST", "/tenant/oauth2/v2.0/token"),
        _entry("POST", "/v1.0/applications"),
        _entry("GET", "/v1.0/servicePrincipals", query="%24select=id%2CappOwnerOrganizationId"),
        _entry("POST", "/v1.0/oauth2PermissionGrants", batch=True),
        _entry("GET", "/v1.0/oauth2PermissionGrants", batch=True),
        _entry("POST", "/v1.0/$batch"),
    ]
    assert count(log) == Traffic(requests=5, consents=2, writes=2, batches=1, inner=2)


@pytest.mark.parametrize(
    ("phase", "traffic", "verdict"),
    [
        ("create", Traffic(requests=128, consents=25, writes=72), "yes"),
        ("create", Traffic(requests=129, consents=25, writes=72), "NO"),
        ("create", Traffic(requests=128, consents=26, writes=72), "NO"),
        ("preview", Traffic(requests=7), "yes"),
        ("preview", Traffic(requests=7, writes=1), "NO"),
    ],
)
def test_life_bar_judges(phase: str, traffic: Traffic, verdict: str) -> None:
    assert life_bar(Measurement("rehearsal", phase, 0, 1.0, traffic)).endswith(verdict)
