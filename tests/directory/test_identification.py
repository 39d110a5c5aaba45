"""Whose is it: ids first, then the identifier URI, then the name whatever its case; and never more than is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockstep.catalogue import AppKind
from lockstep.directory.identification import AppState, Identified, Proof, RecordedIds, SoughtApp, identify
from lockstep.directory.records import ApplicationRecord, PrincipalRecord, TenantReading

NAME, URI = "Atlas.ConneX API", "api://tenant/atlas-connex-api"
API = SoughtApp("atlas", "connex-api", AppKind.REGISTRATION, NAME, uris=(URI,))
CLIENT = SoughtApp("atlas", "api-client", AppKind.REGISTRATION, "Atlas.ConneX API Client")
NAMES = (NAME, CLIENT.name, "Atlas.PnP App")


def app(number: int, name: str = NAME, *uris: str, deleted: str = "") -> ApplicationRecord:
    return ApplicationRecord(f"object-{number}", f"app-{number}", name, deleted=deleted, identifier_uris=uris)


def one(sought: SoughtApp, *apps: ApplicationRecord, deleted: tuple[ApplicationRecord, ...] = ()) -> Identified:
    (found,) = identify([sought], TenantReading("tenant", applications=apps, deleted=deleted), NAMES)
    return found


def recorded(object_id: str, app_id: str = "", principal: str = "") -> SoughtApp:
    return replace(API, recorded=RecordedIds(object_id, app_id, principal))


NEAREST = [
    ("by name", API, (app(1), app(2, "Payroll")), 1, Proof.NAME),
    ("by name in other letters", API, (app(1, NAME.upper()),), 1, Proof.NAME),
    ("by URI before name", API, (app(1), app(2, "Intranet", URI)), 2, Proof.URI),
    ("by URI in other letters", API, (app(1, "Intranet", URI.upper()),), 1, Proof.URI),
    ("by client id before URI", replace(API, app_id="app-3"), (app(2, NAME, URI), app(3, "X")), 3, Proof.CLIENT_ID),
    ("by state before client id", replace(recorded("object-4"), app_id="app-3"), (app(3), app(4, "X")), 4, Proof.STATE),
    ("by state beside a namesake", recorded("object-1"), (app(1), app(2)), 1, Proof.STATE),
]


@pytest.mark.parametrize(("title", "sought", "apps", "number", "proof"), NEAREST, ids=[row[0] for row in NEAREST])
def test_the_nearest_proof_decides(
    title: str, sought: SoughtApp, apps: tuple[ApplicationRecord, ...], number: int, proof: Proof
) -> None:
    found = one(sought, *apps)
    assert found.application is not None
    assert (found.application.object_id, found.proof, found.lost) == (f"object-{number}", proof, None)


def test_two_of_one_name_are_ambiguous_whatever_the_case() -> None:
    found = one(API, app(1), app(2, NAME.lower()))
    assert (found.state, found.application, len(found.candidates)) == (AppState.AMBIGUOUS, None, 2)


@pytest.mark.parametrize("row", ["D1", "D2"])
def test_another_one_in_the_place_of_the_one_on_record_is_lost_and_there(row: str) -> None:
    sought = recorded("object-9", "app-9") if row == "D2" else replace(API, app_id="app-9")
    found = one(sought, app(1))
    assert found.application == app(1)
    assert found.lost is not None
    assert found.lost.app_id == "app-9"
    assert found.restorable is None


def test_only_the_very_one_on_record_can_be_restored() -> None:
    gone, namesake = app(9, deleted="2026-11-01"), app(8, deleted="2026-10-01")
    assert one(recorded("object-9"), deleted=(gone, namesake)).restorable == gone
    assert one(recorded("object-9"), deleted=(namesake,)).restorable is None
    assert one(API, deleted=(gone, namesake)).deleted == (gone, namesake)


def test_an_application_with_the_uri_of_one_app_and_the_name_of_another_is_the_first() -> None:
    both = app(1, CLIENT.name, URI)
    reading = TenantReading("tenant", applications=(both, app(2, CLIENT.name)))
    api, client = identify([API, CLIENT], reading, NAMES)
    assert (api.application, api.proof) == (both, Proof.URI)
    assert client.application == app(2, CLIENT.name)


def test_a_principal_that_is_not_the_one_on_record_is_lost() -> None:
    other = PrincipalRecord("principal-2", "app-1", NAME, True, "tenant")
    for principals in ((), (other,)):
        reading = TenantReading("tenant", applications=(app(1),), principals=principals)
        (found,) = identify([recorded("object-1", "app-1", "principal-1")], reading)
        assert found.lost_principal
    reading = TenantReading("tenant", applications=(app(1),), principals=(replace(other, object_id="principal-1"),))
    assert not identify([recorded("object-1", "app-1", "principal-1")], reading)[0].lost_principal


def test_a_name_that_is_nearly_ours_is_a_look_alike_and_a_neighbour_is_marked() -> None:
    found = one(API, app(1, "Atlas ConneX-API"), app(2, CLIENT.name), app(3, "Payroll"))
    assert found.state is AppState.ABSENT
    assert [(other.object_id, other.documented) for other in found.look_alikes] == [
        ("object-1", False),
        ("object-2", True),
    ]
