"""Additive mode: on a shared principal we add and take back our own scopes, and nothing else ever changes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import grpc
import pytest

from lockstep.emulator import TENANT_ID, Emulator
from tests.provider.harness import (
    ADMIN_CONSENT,
    API_NAMES,
    NEW_SPFX,
    PRINCIPAL,
    Json,
    Provider,
    Recorded,
    RefusedByProviderError,
    Tenant,
    names_of,
    principal_inputs,
    spfx_inputs,
)

GRAPH = API_NAMES["Microsoft Graph"]
OLD_URI = f"api://{TENANT_ID}/microsoft.spfx3rdparty.com"
Scenario = Callable[[Provider, Tenant], Coroutine[Any, Any, None]]


def play(scenario: Scenario, profile: str = "fresh") -> None:
    emulator = Emulator.open(profile=profile)
    asyncio.run(scenario(Provider(emulator), Tenant(emulator)))


async def _deploy(provider: Provider, name: str = "new", **more: object) -> tuple[Recorded, Recorded, Json]:
    principal = await provider.create(PRINCIPAL, name, principal_inputs(NEW_SPFX))
    inputs = spfx_inputs(principal.outputs["objectId"], baseline=principal.outputs["baseline"], **more)
    return principal, await provider.create(ADMIN_CONSENT, name, inputs), inputs


def test_create_adds_ours_and_keeps_every_foreign_value_as_written() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.grants(client)
        _principal, consent, inputs = await _deploy(provider)
        after = await tenant.grants(client)
        scopes = {name for _api, _type, name in names_of(inputs["permissions"])}
        for resource, scope in before.items():
            foreign = scope.split()
            assert [value for value in after[resource].split() if value in foreign] == foreign
        graph = (await tenant.principal(GRAPH))["id"]
        assert set(after[graph].split()) == set(before[graph].split()) | scopes
        assert {resource: scope for resource, scope in after.items() if resource != graph} == {
            resource: scope for resource, scope in before.items() if resource != graph
        }
        scopes_before = set(before[graph].split())
        assert {item.rsplit("/", 1)[1] for item in consent.outputs["added"]} == scopes - scopes_before
        assert await provider.diff(consent, inputs) == {}

    play(scenario)


def test_delete_returns_the_principal_to_what_it_was() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.grants(client)
        principal, consent, _inputs = await _deploy(provider)
        await provider.delete(consent)
        await provider.delete(principal)
        assert await tenant.grants(client) == before
        assert not any(w.startswith("DELETE /v1.0/servicePrincipals") for w in tenant.writes())

    play(scenario)


def test_update_withdraws_only_what_we_added() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.consents(client)
        _principal, consent, inputs = await _deploy(provider)
        none = {**inputs, "permissions": {}}
        shown = await provider.diff(consent, none)
        assert set(shown.values()) == {"DELETE"}
        assert len(shown) == len(consent.outputs["added"])
        await provider.update(consent, none)
        assert await tenant.consents(client) == before

    play(scenario)


def test_scopes_that_others_add_later_stay_through_update_and_delete() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.consents(client)
        _principal, consent, inputs = await _deploy(provider)
        await tenant.grant(client, GRAPH, "Bookings.Read.All  Chat.Read")
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert await provider.diff(refreshed, inputs) == {}
        await provider.update(refreshed, inputs)
        await provider.delete(refreshed)
        theirs = {(GRAPH, "delegated", "Bookings.Read.All"), (GRAPH, "delegated", "Chat.Read")}
        assert await tenant.consents(client) == before | theirs

    play(scenario)


def test_refresh_shows_a_scope_of_ours_that_somebody_took_away() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        _principal, consent, inputs = await _deploy(provider)
        await tenant.take(client, GRAPH, "Mail.Send")
        refreshed = await provider.read(consent)
        assert refreshed is not None
        path = 'permissions["Microsoft Graph"].delegated["Mail.Send"]'
        assert await provider.diff(refreshed, inputs) == {path: "ADD"}
        healed = await provider.update(refreshed, inputs)
        assert "Microsoft Graph/delegated/Mail.Send" in healed.outputs["added"]

    play(scenario)


def test_what_the_stack_comes_to_want_again_is_looked_at_again() -> None:
    """It gave up a scope that was there before it, and did not watch over it: the record says nothing of today."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        _principal, consent, inputs = await _deploy(provider)
        permissions = {api: {type_: dict(names) for type_, names in types.items()}
                       for api, types in inputs["permissions"].items()}  # fmt: skip
        del permissions["Microsoft Graph"]["delegated"]["Mail.Send"]
        less = {**inputs, "permissions": permissions}
        assert await provider.diff(consent, less) == {}, "there is nothing of ours to take back"
        consent.inputs = less  # an engine keeps the new inputs where nothing differs
        await tenant.take(client, GRAPH, "Mail.Send")
        path = 'permissions["Microsoft Graph"].delegated["Mail.Send"]'
        assert await provider.diff(consent, inputs) == {path: "ADD"}
        again = await provider.update(consent, inputs)
        assert (GRAPH, "delegated", "Mail.Send") in await tenant.consents(client)
        assert await provider.diff(again, inputs) == {}

    play(scenario)


def test_what_was_granted_by_hand_is_kept_unless_claimed() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        before = await tenant.consents(client)
        _principal, consent, inputs = await _deploy(provider)
        assert "Microsoft Graph/delegated/Mail.Send" not in consent.outputs["added"]
        claimed = {**inputs, "claim": True}
        assert await provider.diff(consent, claimed) == {"claim": "UPDATE"}
        mine = await provider.update(consent, claimed)
        assert "Microsoft Graph/delegated/Mail.Send" in mine.outputs["claimed"]
        await provider.update(mine, {**claimed, "permissions": {}})
        assert (GRAPH, "delegated", "Mail.Send") in before
        assert (GRAPH, "delegated", "Mail.Send") not in await tenant.consents(client)

    play(scenario)


def test_what_was_claimed_goes_with_ours() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.consents(client)
        await tenant.grant(client, GRAPH, "Mail.Send")
        await tenant.grant(client, GRAPH, "Chat.Read")
        _principal, consent, inputs = await _deploy(provider)
        mine = await provider.update(consent, {**inputs, "claim": True})
        await provider.delete(mine)
        assert await tenant.consents(client) == before | {(GRAPH, "delegated", "Chat.Read")}

    play(scenario)


def test_a_crash_inside_create_does_not_make_our_scopes_foreign() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.consents(client)
        principal = await provider.create(PRINCIPAL, "new", principal_inputs(NEW_SPFX))
        inputs = spfx_inputs(client, baseline=principal.outputs["baseline"])
        await provider.create(ADMIN_CONSENT, "lost", inputs)  # killed before the state was saved
        provider = Provider(provider.emulator)
        again = await provider.create(ADMIN_CONSENT, "new", inputs)
        await provider.delete(again)
        assert await tenant.consents(client) == before

    play(scenario)


async def _claimant(tenant: Tenant, name: str, principal: Recorded, inputs: Json) -> str:
    """Register the app that carries a stack's claims, as the program does; returns its app id."""
    from lockstep.provider import MARKER, claim_tags

    names = [name for _api, _type, name in names_of(inputs["permissions"])]
    tags = [MARKER, *claim_tags("new", GRAPH, names, principal.outputs["baseline"])]
    return str((await tenant.register(name, tags=tags))["appId"])


@pytest.mark.parametrize("first_gone", ["a", "b"])
def test_two_stacks_never_take_from_each_other_and_leave_nothing_behind(first_gone: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.consents(client)
        stacks: dict[str, Recorded] = {}
        apps: dict[str, str] = {}
        for stack in "ab":
            provider = Provider(provider.emulator, stack=stack)
            principal = await provider.create(PRINCIPAL, stack, principal_inputs(NEW_SPFX))
            assert {e.rsplit("/", 1)[1] for e in principal.outputs["baseline"]} == {n for _a, _t, n in before}
            inputs = spfx_inputs(client, baseline=principal.outputs["baseline"])
            inputs["claimant"] = apps[stack] = await _claimant(tenant, f"api {stack}", principal, inputs)
            stacks[stack] = await provider.create(ADMIN_CONSENT, stack, inputs)
        full = await tenant.consents(client)
        for stack in sorted("ab", key=lambda stack: stack != first_gone):
            await provider.delete(stacks[stack])
            if stack == first_gone:
                assert await tenant.consents(client) == full
            app = await tenant.call("GET", f"/applications?$filter=appId eq '{apps[stack]}'")
            await tenant.call("DELETE", f"/applications/{app['value'][0]['id']}")
        assert await tenant.consents(client) == before

    play(scenario)


def test_absent_principal_is_a_stored_state_that_finishes_when_it_appears() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await provider.create(PRINCIPAL, "new", principal_inputs(NEW_SPFX))
        assert principal.outputs["state"] == "absent"
        inputs = spfx_inputs("", baseline=[], alternative="absent")
        previewed = await provider.create(ADMIN_CONSENT, "new", inputs, preview=True)
        assert previewed.outputs["state"] == "absent"
        assert any(severity == "warning" and "API access" in line for severity, line in provider.messages)
        with pytest.raises(RefusedByProviderError, match="run the same command again") as refusal:
            await provider.create(ADMIN_CONSENT, "new", inputs)
        assert refusal.value.code is grpc.StatusCode.UNKNOWN
        left = refusal.value.unfinished
        assert left is not None
        waiting = Recorded(ADMIN_CONSENT, "new", left["id"], left["inputs"], left["outputs"])
        # The engine's own mark of an unfinished resource is gone after a refresh; ours is not.
        assert await provider.diff(waiting, inputs) == {"state": "UPDATE"}
        quiet = await provider.create(ADMIN_CONSENT, "later", {**inputs, "required": False})
        assert quiet.outputs["state"] == "absent"
        other = await provider.create(ADMIN_CONSENT, "either", {**inputs, "alternative": "present"})
        assert other.outputs["state"] == "absent"
        for resting, change in ((quiet, {"required": False}), (other, {"alternative": "present"})):
            assert await provider.diff(resting, {**inputs, **change}) == {}
            assert await provider.diff(resting, inputs) == {"state": "UPDATE"}
        assert await provider.diff(principal, principal.inputs) == {}
        provider.emulator.reset("fresh")
        provider = Provider(provider.emulator)  # another run
        assert await provider.diff(principal, principal.inputs) == {"state": "UPDATE"}
        present = await provider.update(principal, principal.inputs)
        assert present.outputs["baseline"]
        with_client = {**inputs, "client": present.outputs["objectId"], "baseline": present.outputs["baseline"]}
        shown = await provider.diff(waiting, with_client)
        assert shown["client"] == "UPDATE"
        done = await provider.update(waiting, with_client)
        assert done.outputs["state"] == "present"
        assert await provider.diff(done, with_client) == {}

    play(scenario, "no-spfx")


def test_disabled_principal_is_left_alone_and_taken_up_when_enabled() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        _principal, consent, inputs = await _deploy(provider)
        full = await tenant.consents(client)
        await tenant.call("PATCH", f"/servicePrincipals/{client}", {"accountEnabled": False})
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert refreshed.outputs["state"] == "disabled"
        assert await provider.diff(refreshed, {**inputs, "required": False}) == {}
        assert await provider.diff(refreshed, inputs) == {"state": "UPDATE"}
        writes = tenant.writes()
        with pytest.raises(RefusedByProviderError, match="run the same command again"):
            await provider.update(refreshed, inputs)
        assert tenant.writes() == writes
        assert await tenant.consents(client) == full
        await tenant.call("PATCH", f"/servicePrincipals/{client}", {"accountEnabled": True})
        assert await provider.diff(refreshed, inputs) != {}
        again = await provider.update(refreshed, inputs)
        assert again.outputs["added"] == consent.outputs["added"]
        await provider.delete(again)

    play(scenario)


def test_one_stale_not_found_never_unregisters_a_shared_principal() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal, consent, inputs = await _deploy(provider)
        gone = Recorded(consent.type, consent.name, consent.id, consent.inputs, {**consent.outputs, "client": "0" * 36})
        refreshed = await provider.read(gone)
        assert refreshed is not None
        assert refreshed.outputs["state"] == "absent"
        assert refreshed.outputs["added"] == consent.outputs["added"]
        assert (await provider.read(principal)) is not None
        assert inputs["mode"] == "additive"

    play(scenario)


def test_old_principal_is_found_by_its_identifier_uri() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        by_uri = {**principal_inputs(""), "identifierUris": [OLD_URI, "https://microsoft.spfx3rdparty.com"]}
        principal = await provider.create(PRINCIPAL, "old", by_uri)
        assert principal.outputs["state"] == "present"
        client = principal.outputs["objectId"]
        before = await tenant.consents(client)
        inputs = {**spfx_inputs(client, baseline=principal.outputs["baseline"]), "address": OLD_URI}
        consent = await provider.create(ADMIN_CONSENT, "old", inputs)
        assert names_of(inputs["permissions"]) <= await tenant.consents(client)
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario, "legacy-spfx")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (lambda client: {**spfx_inputs(client), "mode": "exact"}, "allowed: additive"),
        (lambda client: {**spfx_inputs(client), "app": "provisioning"}, "allowed: exact"),
        (lambda client: {**spfx_inputs(client), "app": "spfxx"}, "did you mean 'spfx'"),
        (lambda client: {**spfx_inputs(client), "edition": "2025-03-02"}, "2025-03-01"),
    ],
)
def test_shared_principal_may_only_be_held_additively(inputs: Callable[[str], Json], message: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        with pytest.raises(RefusedByProviderError, match=message):
            await provider.create(ADMIN_CONSENT, "x", inputs(client))
        assert tenant.writes() == []

    play(scenario)


def test_import_of_a_shared_principal_is_refused() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        with pytest.raises(RefusedByProviderError, match="can't be imported"):
            await provider.read(Recorded(ADMIN_CONSENT, "new", f"additive:{NEW_SPFX}", {}, {}))

    play(scenario)
