"""Which application is taken over: proof decides, anything less asks a person, and nothing is guessed."""

from __future__ import annotations

import pytest

from lockstep.adopt import NEW, Choice, Discovery, choose
from lockstep.audit.records import Application, Scope
from lockstep.catalogue import load
from lockstep.errors import RefusedError, UsageError
from lockstep.settings.stack_app import Expected

EDITION = load().edition("atlas", "2025-03-01")
NAMES = {app.name for app in EDITION.apps}
API = EDITION.app("connex-api")
SCOPE = Scope(API.exposes[0].value, "11111111-2222-4333-8444-555555555555", enabled=True, type="User")
OURS = "api://tenant/atlas-connex-api"


def expected(key: str = "connex-api", client_id: str = "") -> Expected:
    app = EDITION.app(key)
    return Expected(app, "atlas", EDITION.id, app.name, app.permissions, (), client_id=client_id)


def app(name: str, number: int = 1, **more: object) -> Application:
    return Application(f"object-{number}", f"app-{number}", name, **more)  # type: ignore[arg-type]


def chosen(
    *alive: Application, deleted: tuple[Application, ...] = (), asked: str | None = None, client_id: str = ""
) -> Choice:
    found = Discovery("tenant", list(alive), list(deleted), None)  # type: ignore[arg-type]
    answer = choose(
        [expected(client_id=client_id)],
        found,
        asked={"connex-api": asked} if asked else {},
        uris={"connex-api": [OURS]},
        managed={},
        names=NAMES,
    )
    return answer["connex-api"]


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
    ("one of our name, another environment beside it", (EXACT, SECOND), EXACT, (SECOND,)),
    ("one of our name, another app with the scope", (EXACT, WITH_SCOPE), EXACT, (WITH_SCOPE,)),
    ("one of our name, another app of the catalogue", (EXACT, CLIENT), EXACT, ()),
    ("nothing", (), None, ()),
    ("strangers only", (STRANGER, CLIENT), None, ()),
]


@pytest.mark.parametrize(("title", "alive", "wanted", "others"), DECIDED, ids=[row[0] for row in DECIDED])
def test_what_is_proven_is_taken(
    title: str, alive: tuple[Application, ...], wanted: Application | None, others: tuple[Application, ...]
) -> None:
    choice = chosen(*alive)
    assert (choice.app, choice.candidates, choice.refusal) == (wanted, others, "")


UNDECIDED = [
    ("two of our name", (EXACT, app("Atlas.ConneX API", 9))),
    ("our name and our URI on two", (EXACT, WITH_URI)),
    ("a scope alone", (WITH_SCOPE,)),
    ("a name that is nearly ours", (MISSPELT,)),
    ("another environment alone", (SECOND,)),
]


@pytest.mark.parametrize(("title", "alive"), UNDECIDED, ids=[row[0] for row in UNDECIDED])
def test_what_is_not_proven_has_to_be_chosen(title: str, alive: tuple[Application, ...]) -> None:
    choice = chosen(*alive)
    assert choice.app is None
    assert {each.object_id for each in choice.candidates} == {each.object_id for each in alive}
    assert "--app connex-api=OBJECT_ID" in choice.refusal
    for each in alive:
        assert each.object_id in choice.refusal
        picked = chosen(*alive, asked=each.object_id)
        assert (picked.app, picked.refusal) == (each, "")
    new = chosen(*alive, asked=NEW)
    assert (new.app, new.refusal) == (None, "")


def test_deleted_one_is_named_and_never_taken() -> None:
    gone = app("Atlas.ConneX API", 9, deleted="2026-11-01T00:00:00Z")
    choice = chosen(deleted=(gone,))
    assert choice.app is None
    assert "lockstep restore connex-api" in choice.refusal
    assert "deleted 2026-11-01" in choice.refusal
    assert chosen(deleted=(gone,), asked=NEW).refusal == ""
    beside = chosen(EXACT, deleted=(gone,))
    assert (beside.app, beside.deleted, beside.refusal) == (EXACT, (gone,), "")
    with pytest.raises(UsageError, match=r"lockstep restore connex-api=object-9"):
        chosen(deleted=(gone,), asked="object-9")


def test_adopted_app_is_known_by_its_client_id_and_not_by_its_name() -> None:
    namesake = app("Atlas.ConneX API", 9)
    assert chosen(EXACT, namesake, client_id="app-9").app == namesake
    assert chosen(EXACT, client_id="app-9").app is None


REFUSED = [
    ({"connex-ap": "object-1"}, r"registers no application 'connex-ap'.*did you mean 'connex-api'"),
    ({"connex-api": "object-11"}, r"the tenant has no such application; did you mean 'object-1'"),
]


@pytest.mark.parametrize(("asked", "says"), REFUSED)
def test_choice_that_makes_no_sense_is_refused(asked: dict[str, str], says: str) -> None:
    found = Discovery("tenant", [EXACT], [], None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=says):
        choose([expected()], found, asked=asked, uris={}, managed={}, names=NAMES)


def test_one_application_is_never_two_apps_of_the_stack() -> None:
    found = Discovery("tenant", [EXACT], [], None)  # type: ignore[arg-type]
    asked = {"provisioning": "object-1"}
    with pytest.raises(RefusedError, match="would be both connex-api and provisioning"):
        choose([expected(), expected("provisioning")], found, asked=asked, uris={}, managed={}, names=NAMES)


def test_what_the_state_has_is_not_asked_about() -> None:
    found = Discovery("tenant", [EXACT, app("Atlas.ConneX API", 9)], [], None)  # type: ignore[arg-type]
    answer = choose([expected()], found, asked={}, uris={}, managed={"connex-api": "object-9"}, names=NAMES)
    assert answer["connex-api"].managed
    assert answer["connex-api"].app is not None
    assert answer["connex-api"].app.object_id == "object-9"
