"""The main job, end to end: the documented estate of both vendors, deployed, exact, at rest, and taken back."""

import asyncio

import pytest

from lockstep.catalogue import GRAPH
from lockstep.emulator import Emulator
from tests.provider.harness import Tenant
from tests.scenarios.estate import (
    NEW_SPFX,
    OLD_NAME,
    REGISTRATIONS,
    Estate,
    consents,
    documented,
    edition,
    held,
    of_apps,
    our_writes,
    principal,
)
from tests.vendors import ATERA_CLIENT_ID


def assert_exact(emulator: Emulator, suffix: str = "") -> None:
    """Every app of ours, and Atera, holds exactly what is documented."""
    for key, name in REGISTRATIONS.items():
        client = principal(emulator, name=name + suffix)["id"]
        assert consents(emulator, client) == documented(emulator, "atlas", "2025-03-01", key, suffix=suffix), key
    atera = principal(emulator, app_id=ATERA_CLIENT_ID)["id"]
    assert consents(emulator, atera) == documented(emulator, "atera", "2026-11-22", "atera")


def spfx_principals(emulator: Emulator) -> list[str]:
    """Return the object ids of the SharePoint principals that the tenant has."""
    return [
        each["id"]
        for each in emulator.snapshot()["servicePrincipals"]
        if each["appId"] == NEW_SPFX or each["displayName"] == OLD_NAME
    ]


@pytest.mark.parametrize("profile", ["fresh", "legacy-spfx", "both-spfx"])
def test_up_reaches_exactly_what_is_documented_then_rests_and_destroy_returns_the_tenant(profile: str) -> None:
    emulator = Emulator.open(profile=profile)
    before = held(emulator)
    foreign = {client: consents(emulator, client) for client in spfx_principals(emulator)}
    assert len(foreign) == (2 if profile == "both-spfx" else 1)
    estate = Estate(emulator)
    made = estate.up()
    assert made.exit_code == 0, made.diagnostics
    assert_exact(emulator)
    wanted = documented(emulator, "atlas", "2025-03-01", "spfx")
    for client, theirs in foreign.items():
        assert consents(emulator, client) == theirs | wanted
    writes = our_writes(emulator)
    second = estate.up()
    assert second.exit_code == 0
    assert not second.changed
    previewed = estate.preview(refresh=True)
    assert not previewed.changed
    assert our_writes(emulator) == writes
    assert estate.destroy().exit_code == 0
    assert held(emulator) == before


def test_configured_is_exactly_what_is_documented() -> None:
    emulator = Emulator.open()
    assert Estate(emulator).up().exit_code == 0
    apps = {each["displayName"]: each for each in emulator.snapshot()["applications"]}
    for key, name in REGISTRATIONS.items():
        configured = {
            (entry["resourceAppId"], access["type"], access["id"])
            for entry in apps[name]["requiredResourceAccess"]
            for access in entry["resourceAccess"]
        }
        edition = documented(emulator, "atlas", "2025-03-01", key)
        assert len(configured) == len(edition)
        assert {(api, {"Scope": "delegated", "Role": "application"}[type_]) for api, type_, _ in configured} == {
            (api, type_) for api, type_, _ in edition
        }


def test_no_spfx_deploys_the_rest_and_finishes_when_the_principal_appears() -> None:
    emulator = Emulator.open(profile="no-spfx")
    estate = Estate(emulator)
    first = estate.up()
    assert first.exit_code == 1
    assert_exact(emulator)
    assert any("run the same command again" in each.message for each in first.diagnostics)
    again = estate.up()
    assert again.exit_code == 1
    accepted = Estate(Emulator.open(profile="no-spfx"), settings=of_apps({"spfx": {"principals": "later"}}))
    assert accepted.up().exit_code == 0
    _create_spfx(emulator)
    done = estate.up()
    assert done.exit_code == 0, done.diagnostics
    client = principal(emulator, app_id=NEW_SPFX)["id"]
    assert consents(emulator, client) == documented(emulator, "atlas", "2025-03-01", "spfx")
    assert not estate.up().changed


def test_scope_granted_by_hand_before_we_ever_saw_the_principal_is_never_ours() -> None:
    emulator = Emulator.open(profile="no-spfx")
    estate = Estate(emulator, settings={"lockstep:vendors": '["atlas"]', **of_apps({"spfx": {"principals": "later"}})})
    assert estate.up().exit_code == 0
    tags = {each["displayName"]: each["tags"] for each in emulator.snapshot()["applications"]}
    assert tags["Atlas.ConneX API"] == ["lockstep"], "a claim on a principal that nobody has seen"
    _create_spfx(emulator, "Mail.Send")
    client = principal(emulator, app_id=NEW_SPFX)["id"]
    before = consents(emulator, client)
    assert len(before) == 1
    assert estate.up().exit_code == 0
    assert consents(emulator, client) == documented(emulator, "atlas", "2025-03-01", "spfx")
    assert estate.destroy().exit_code == 0
    assert consents(emulator, client) == before


def _create_spfx(emulator: Emulator, scope: str = "") -> None:
    """Make the principal as SharePoint would, and perhaps grant a scope on it by hand."""

    async def create() -> None:
        tenant = Tenant(emulator)
        made = await tenant.call("POST", "/servicePrincipals", {"appId": NEW_SPFX})
        if scope:
            await tenant.grant(made["id"], GRAPH, scope)

    asyncio.run(create())


def test_brownfield_without_adoption_changes_nothing_and_names_each_existing_app() -> None:
    emulator = Emulator.open(profile="brownfield")
    before = held(emulator)
    result = Estate(emulator).preview()
    assert result.exit_code == 1
    messages = " ".join(each.message for each in result.diagnostics)
    existing = {each["displayName"] for each in before["applications"]} & set(REGISTRATIONS.values())
    assert existing
    for name in existing:
        assert name in messages
    assert held(emulator) == before
    assert our_writes(emulator) == []


def test_two_stacks_on_one_tenant_share_the_spfx_scopes_and_leave_nothing() -> None:
    emulator = Emulator.open()
    before = held(emulator)
    only_atlas = {"lockstep:vendors": '["atlas"]'}
    production = Estate(emulator, "dev", only_atlas)
    test = Estate(emulator, "test", {**only_atlas, "lockstep:nameSuffix": "Test"})
    assert production.up().exit_code == 0
    assert test.up().exit_code == 0
    client = principal(emulator, app_id=NEW_SPFX)["id"]
    both = consents(emulator, client)
    own_api = principal(emulator, name="Atlas.ConneX API")["appId"]
    assert both >= documented(emulator, "atlas", "2025-03-01", "spfx")
    assert not production.up(refresh=True).changed
    assert production.destroy().exit_code == 0
    assert consents(emulator, client) == {each for each in both if each[0] != own_api}
    assert not test.up(refresh=True).changed
    assert test.destroy().exit_code == 0
    assert held(emulator) == before


def test_old_edition_and_back_never_withdraws_from_the_old_principal() -> None:
    emulator = Emulator.open(profile="both-spfx")
    estate = Estate(emulator, settings={"lockstep:vendors": '["atlas"]', **edition(atlas="2025-02-28")})
    assert estate.up().exit_code == 0
    both = {client: consents(emulator, client) for client in spfx_principals(emulator)}
    estate.change(edition(atlas="2025-03-01"))
    assert estate.up().exit_code == 0
    assert {client: consents(emulator, client) for client in spfx_principals(emulator)} == both


def test_withdraw_takes_ours_from_the_old_principal_and_nothing_else() -> None:
    emulator = Emulator.open(profile="both-spfx")
    old = principal(emulator, name=OLD_NAME)["id"]
    new = principal(emulator, app_id=NEW_SPFX)["id"]
    before = consents(emulator, old)
    estate = Estate(emulator)
    assert estate.up().exit_code == 0
    wanted = consents(emulator, new)
    estate.change(of_apps({"spfx": {"principals": "new", "withdraw": True}}))
    assert estate.up().exit_code == 0
    assert consents(emulator, old) == before
    assert consents(emulator, new) == wanted
