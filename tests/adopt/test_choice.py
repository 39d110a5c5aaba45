"""Which application is taken over: proof decides, anything less asks a person, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.adopt.choice import NEW, Choice, choose
from lockstep.adopt.restore import find_deleted
from lockstep.audit.standing import ANY_STACK
from lockstep.catalogue import AppKind, load
from lockstep.directory.identification import NOTHING_RECORDED, RecordedIds, SoughtApp, identify
from lockstep.directory.records import ApplicationRecord, ScopeRecord, TenantReading
from lockstep.errors import FindingError, RefusedError, UsageError
from lockstep.local.preflight import recorded_ids
from lockstep.resource_types import APPLICATION

EDITION = load().edition("atlas", "2025-03-01")
NAMES = {app.name for app in EDITION.apps}
API = EDITION.app("connex-api")
SCOPE = ScopeRecord(API.exposes[0].value, "11111111-2222-4333-8444-555555555555", enabled=True, type="User")
OURS = "api://tenant/atlas-connex-api"


def sought(key: str = "connex-api", client_id: str = "", recorded: RecordedIds = NOTHING_RECORDED) -> SoughtApp:
    app = EDITION.app(key)
    uris, scopes = (OURS,) if app.exposes else (), frozenset(scope.value for scope in app.exposes)
    return SoughtApp(
        "atlas", key, AppKind.REGISTRATION, app.name, app_id=client_id, uris=uris, scopes=scopes, recorded=recorded
    )


def app(name: str, number: int = 1, **more: object) -> ApplicationRecord:
    return ApplicationRecord(f"object-{number}", f"app-{number}", name, **more)  # type: ignore[arg-type]


def choices(apps: list[SoughtApp], reading: TenantReading, chosen: dict[str, str] | None = None) -> dict[str, Choice]:
    return choose(identify(apps, reading, NAMES), reading, chosen or {}, ANY_STACK)


def chosen(
    *alive: ApplicationRecord,
    deleted: tuple[ApplicationRecord, ...] = (),
    word: str | None = None,
    client_id: str = "",
    recorded: RecordedIds = NOTHING_RECORDED,
) -> Choice:
    reading = TenantReading("tenant", applications=alive, deleted=deleted)
    words = {"connex-api": word} if word else {}
    return choices([sought(client_id=client_id, recorded=recorded)], reading, words)["connex-api"]


EXACT = app("Atlas.ConneX API", 1)
OTHER_CASE = app("atlas.connex api", 2)
WITH_URI = app("Our API", 3, identifier_uris=(OURS,))
WITH_SCOPE = app("Some API", 4, scopes=(SCOPE,))
SECOND = app("Atlas.ConneX API Test", 5, scopes=(SCOPE,))
MISSPELT = app("Atlas ConneX-API", 6)
CLIENT = app("Atlas.ConneX API Client", 7)
STRANGER = app("Contoso Payroll", 8)

DECIDED = [
    ("one of our name", (EXACT, STRANGER), EXACT, ()),
    ("one of our name in other letters", (OTHER_CASE,), OTHER_CASE, ()),
    ("one with our identifier URI", (WITH_URI,), WITH_URI, ()),
    ("our URI on one and our name on another: the URI is nearer", (EXACT, WITH_URI), WITH_URI, (EXACT,)),
    ("one of our name, another environment beside it", (EXACT, SECOND), EXACT, (SECOND,)),
    ("one of our name, another app with the scope", (EXACT, WITH_SCOPE), EXACT, (WITH_SCOPE,)),
    ("one of our name, another app of the catalogue", (EXACT, CLIENT), EXACT, ()),
    ("nothing", (), None, ()),
    ("strangers only", (STRANGER, CLIENT), None, ()),
]


@pytest.mark.parametrize(("title", "alive", "wanted", "others"), DECIDED, ids=[row[0] for row in DECIDED])
def test_what_is_proven_is_taken(
    title: str,
    alive: tuple[ApplicationRecord, ...],
    wanted: ApplicationRecord | None,
    others: tuple[ApplicationRecord, ...],
) -> None:
    choice = chosen(*alive)
    assert (choice.app, choice.candidates, choice.refusal) == (wanted, others, "")


UNDECIDED = [
    ("two of our name", (EXACT, app("Atlas.ConneX API", 9))),
    ("two of our name, one in other letters", (EXACT, OTHER_CASE)),
    ("a scope alone", (WITH_SCOPE,)),
    ("a name that is nearly ours", (MISSPELT,)),
    ("another environment alone", (SECOND,)),
]


@pytest.mark.parametrize(("title", "alive"), UNDECIDED, ids=[row[0] for row in UNDECIDED])
def test_what_is_not_proven_has_to_be_chosen(title: str, alive: tuple[ApplicationRecord, ...]) -> None:
    choice = chosen(*alive)
    assert choice.app is None
    assert {each.object_id for each in choice.candidates} == {each.object_id for each in alive}
    assert "--app connex-api=OBJECT_ID" in choice.refusal
    for each in alive:
        assert each.object_id in choice.refusal
        picked = chosen(*alive, word=each.object_id)
        assert (picked.app, picked.refusal) == (each, "")
    if title.startswith("two of our name"):  # no up makes a second one of the name
        assert "=new" not in choice.refusal
        with pytest.raises(UsageError, match="has no effect"):
            chosen(*alive, word=NEW)
    else:
        new = chosen(*alive, word=NEW)
        assert (new.app, new.refusal) == (None, "")


def test_deleted_one_is_named_and_never_taken() -> None:
    gone = app("Atlas.ConneX API", 9, deleted="2026-11-01T00:00:00Z")
    choice = chosen(deleted=(gone,))
    assert choice.app is None
    assert "lockstep restore connex-api" in choice.refusal
    assert "deleted 2026-11-01" in choice.refusal
    assert chosen(deleted=(gone,), word=NEW).refusal == ""
    beside = chosen(EXACT, deleted=(gone,))
    assert (beside.app, beside.deleted, beside.refusal) == (EXACT, (gone,), "")
    with pytest.raises(UsageError, match=r"lockstep restore connex-api=object-9"):
        chosen(deleted=(gone,), word="object-9")


def test_adopted_app_is_known_by_its_client_id_and_not_by_its_name() -> None:
    namesake = app("Atlas.ConneX API", 9)
    assert chosen(EXACT, namesake, client_id="app-9").app == namesake
    assert chosen(EXACT, client_id="app-9").app is None


REFUSED = [
    ({"connex-ap": "object-1"}, r"registers no application 'connex-ap'.*did you mean 'connex-api'"),
    ({"connex-api": "object-11"}, r"the tenant has no such application; did you mean 'object-1'"),
    ({"connex-api": NEW}, r"--app connex-api=new has no effect: the tenant has 'Atlas.ConneX API'"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED)
def test_choice_that_makes_no_sense_is_refused(words: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        choices([sought()], TenantReading("tenant", applications=(EXACT,)), words)


def test_one_application_is_never_two_apps_of_the_stack() -> None:
    reading, words = TenantReading("tenant", applications=(EXACT,)), {"provisioning": "object-1"}
    with pytest.raises(RefusedError, match="would be both connex-api and provisioning"):
        choices([sought(), sought("provisioning")], reading, words)


def test_what_the_state_has_is_not_asked_about() -> None:
    choice = chosen(EXACT, app("Atlas.ConneX API", 9), recorded=RecordedIds("object-9"))
    assert choice.managed
    assert choice.app is not None
    assert choice.app.object_id == "object-9"
    assert choice == chosen(EXACT, app("Atlas.ConneX API", 9), recorded=RecordedIds("object-9"), word="app-9")


def test_d2_choice_beside_what_the_state_has_is_refused_by_name() -> None:
    for word in ("object-1", NEW):
        with pytest.raises(UsageError, match=rf"--app connex-api={word} has no effect: the stack's state has"):
            chosen(EXACT, app("Atlas.ConneX API", 9), recorded=RecordedIds("object-9"), word=word)


def test_d2_choice_for_an_app_that_the_state_has_lost_is_refused_with_the_way_on() -> None:
    choice = chosen(EXACT, recorded=RecordedIds("object-9", "app-9"), word="object-1")
    assert choice.app is None
    assert "--app connex-api=object-1 has no effect yet" in choice.refusal
    assert "was client id app-9 of the stack's state" in choice.refusal
    assert "pulumi refresh --stack STACK" in choice.refusal
    assert "lockstep adopt --stack STACK --app connex-api=object-1 --write" in choice.refusal


def test_d2_name_beside_an_adopted_client_id_that_is_gone_has_to_be_chosen() -> None:
    choice = chosen(EXACT, client_id="app-9")
    assert (choice.app, choice.candidates) == (None, (EXACT,))
    assert "`lockstep adopt --stack STACK --app connex-api=object-1 --write`" in choice.refusal
    assert chosen(EXACT, client_id="app-9", word="object-1").app == EXACT
    with pytest.raises(UsageError, match="has no effect"):
        chosen(client_id="app-9", word=NEW)


@pytest.mark.parametrize("ids", [{"recorded": RecordedIds("object-9", "app-9")}, {"client_id": "app-9"}])
def test_a_namesake_in_the_bin_is_not_restored_in_place_of_the_application_on_record(ids: dict[str, Any]) -> None:
    reading = TenantReading("tenant", applications=(), deleted=(EXACT,))
    identified = identify([sought(**ids)], reading, NAMES)
    with pytest.raises(FindingError, match="-9, which is on record, is not among the deleted applications") as caught:
        find_deleted(identified, reading, "connex-api", "")
    assert "restore a certain one with connex-api=OBJECT_ID" in str(caught.value)


def test_what_a_replacement_has_still_to_delete_is_not_on_record() -> None:
    urn = f"urn:pulumi:dev::lockstep::lockstep:entra:AppRegistration${APPLICATION}::Atlas.ConneX API"
    new = {"type": APPLICATION, "urn": urn, "id": "/applications/new", "outputs": {"clientId": "app-new"}}
    old = {"type": APPLICATION, "urn": urn, "id": "/applications/old", "delete": True}
    assert recorded_ids([new, old]) == {"Atlas.ConneX API": RecordedIds("new", "app-new")}
