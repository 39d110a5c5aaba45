"""Whose a consent is survives everything that others, the network and a killed run can do to it.

Each case was once a way to lose somebody else's scope, or to leave ours behind.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from lockstep.catalogue import load
from lockstep.emulator import Emulator, Write
from lockstep.provider import MARKER, claim_tags
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
    exact_inputs,
    names_of,
    principal_inputs,
    spfx_inputs,
)
from tests.vendors import ATERA_CLIENT_ID

GRAPH = API_NAMES["Microsoft Graph"]
SCOPE = "Workspaces.FullControl.All"
OWN_API = "Atlas.ConneX API"
Scenario = Callable[[Provider, Tenant], Coroutine[Any, Any, None]]


def play(scenario: Scenario, profile: str = "fresh") -> None:
    emulator = Emulator.open(profile=profile)
    asyncio.run(scenario(Provider(emulator), Tenant(emulator)))


async def _spfx(provider: Provider, **more: Any) -> tuple[Recorded, Json]:
    principal = await provider.create(PRINCIPAL, "new", principal_inputs(NEW_SPFX))
    return principal, spfx_inputs(principal.outputs["objectId"], baseline=principal.outputs["baseline"], **more)


async def _api(tenant: Tenant) -> Json:
    """Register one more app that is called Atlas.ConneX API and exposes the documented scope."""
    (scope,) = load().edition("atlas", "2025-03-01").app("connex-api").exposes
    exposed = {
        "id": scope.stable_id,
        "value": scope.value,
        "type": "Admin",
        "isEnabled": True,
        "adminConsentDisplayName": "x",
        "adminConsentDescription": "x",
    }
    return await tenant.register(OWN_API, api={"oauth2PermissionScopes": [exposed]})


async def _another_api_of_the_same_name(provider: Provider, tenant: Tenant) -> None:
    older, ours = await _api(tenant), await _api(tenant)
    _principal, inputs = await _spfx(provider)
    client = inputs["client"]
    await tenant.grant(client, older["appId"], SCOPE)
    before = await tenant.consents(client)
    (exposed,) = load().edition("atlas", "2025-03-01").app("connex-api").exposes
    inputs["apis"][OWN_API] = ours["appId"]
    inputs["permissions"][OWN_API] = {"delegated": {SCOPE: exposed.stable_id}}
    consent = await provider.create(ADMIN_CONSENT, "new", inputs)
    refreshed = await provider.read(consent)
    assert refreshed is not None
    assert await provider.diff(refreshed, inputs) == {}
    await provider.delete(refreshed)
    assert await tenant.consents(client) == before


def test_scope_of_another_api_with_our_apis_name_is_never_ours() -> None:
    play(_another_api_of_the_same_name)


@pytest.mark.parametrize("where", ["/v1.0/oauth2PermissionGrants", "/v1.0/$batch"])
def test_write_that_had_to_wait_is_made_anew_from_a_new_read(where: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        _principal, inputs = await _spfx(provider)
        before = await tenant.consents(inputs["client"])

        async def others() -> None:
            await tenant.grant(inputs["client"], GRAPH, "Chat.Read")

        provider.while_waiting = others
        # Through `$batch`: the first is the read before the write.
        method, skip = ("POST", 1) if where.endswith("batch") else ("PATCH", 0)
        provider.emulator.faults.add(method=method, path=where, status=429, retry_after=60, skip=skip)
        consent = await provider.create(ADMIN_CONSENT, "new", inputs)
        assert provider.has_waited, "nobody waited"
        theirs = before | {(GRAPH, "delegated", "Chat.Read")}
        assert await tenant.consents(inputs["client"]) == theirs | names_of(inputs["permissions"])
        await provider.delete(consent)
        assert await tenant.consents(inputs["client"]) == theirs

    play(scenario)


def test_scope_that_others_granted_while_we_were_refused_is_theirs() -> None:
    """Somebody creates the very grant that we are about to POST: ours is refused, and what they wrote is theirs."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        for grant in (await tenant.call("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'"))["value"]:
            await tenant.call("DELETE", f"/oauth2PermissionGrants/{grant['id']}")
        _principal, inputs = await _spfx(provider)
        graph = (await tenant.principal(GRAPH))["id"]
        before_write: list[str] = []

        def on_write(write: Write) -> None:
            if write.when == "before" and write.path.endswith("/oauth2PermissionGrants") and not before_write:
                before_write.append(write.path)
                body = {"clientId": client, "consentType": "AllPrincipals", "resourceId": graph, "scope": "Mail.Send"}
                provider.emulator.tenant.grants.create(body)

        provider.emulator.on_write.append(on_write)
        consent = await provider.create(ADMIN_CONSENT, "new", inputs)
        assert before_write
        assert "Microsoft Graph/delegated/Mail.Send" not in consent.outputs["added"]
        await provider.delete(consent)
        assert await tenant.consents(client) == {(GRAPH, "delegated", "Mail.Send")}

    play(scenario)


def test_principal_that_was_made_anew_is_looked_at_anew() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal, inputs = await _spfx(provider)
        consent = await provider.create(ADMIN_CONSENT, "new", inputs)
        await tenant.call("DELETE", f"/servicePrincipals/{inputs['client']}")
        client = (await tenant.call("POST", "/servicePrincipals", {"appId": NEW_SPFX}))["id"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        provider = Provider(provider.emulator)
        again, refreshed = await provider.read(principal), await provider.read(consent)
        assert again is not None
        assert refreshed is not None
        assert again.outputs["baseline"] == [f"{GRAPH}/delegated/Mail.Send"]
        now = {**inputs, "client": client, "baseline": again.outputs["baseline"]}
        shown = await provider.diff(refreshed, now)
        assert shown["client"] == "UPDATE"
        done = await provider.update(refreshed, now)
        assert names_of(inputs["permissions"]) <= await tenant.consents(client)
        await provider.delete(done)
        assert await tenant.consents(client) == {(GRAPH, "delegated", "Mail.Send")}

    play(scenario)


def test_scopes_of_ours_are_known_again_after_the_principal_was_away() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        _principal, inputs = await _spfx(provider)
        before = await tenant.consents(inputs["client"])
        consent = await provider.create(ADMIN_CONSENT, "new", inputs)
        gone = await provider.update(consent, {**inputs, "client": "", "required": False})
        assert gone.outputs["state"] == "absent"
        fewer = {**inputs, "permissions": {}}
        assert await provider.diff(gone, fewer) != {}
        back = await provider.update(gone, fewer)
        assert await tenant.consents(inputs["client"]) == before
        assert back.outputs["added"] == []

    play(scenario)


def test_destroy_finds_ours_on_a_principal_that_was_misread_as_absent() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        _principal, inputs = await _spfx(provider)
        before = await tenant.consents(inputs["client"])
        consent = await provider.create(ADMIN_CONSENT, "new", inputs)
        gone = await provider.update(consent, {**inputs, "client": "", "required": False})
        await provider.delete(gone)
        assert await tenant.consents(inputs["client"]) == before

    play(scenario)


def test_update_whose_answer_is_lost_still_counts_what_it_sent() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        _principal, inputs = await _spfx(provider)
        before = await tenant.consents(inputs["client"])
        fewer = {**inputs, "permissions": {}}
        consent = await provider.create(ADMIN_CONSENT, "new", fewer)

        def lost(write: Write) -> None:
            if write.when == "after":
                provider.emulator.faults.add(path="/v1.0", drop=True, times=None)
                raise httpx.ReadError("lost")

        provider.emulator.on_write.append(lost)
        with pytest.raises(RefusedByProviderError) as refusal:
            await provider.update(consent, inputs)
        provider.emulator.on_write.clear()
        provider.emulator.faults.clear()
        left = refusal.value.unfinished
        assert left is not None
        provider = Provider(provider.emulator)
        unfinished = Recorded(ADMIN_CONSENT, "new", left["id"], left["inputs"], left["outputs"])
        done = await provider.update(unfinished, inputs)
        await provider.delete(done)
        assert await tenant.consents(inputs["client"]) == before

    play(scenario)


async def _stack(provider: Provider, tenant: Tenant, name: str, scopes: list[str]) -> tuple[Provider, Recorded, Json]:
    """Deploy a stack that wants these scopes of Graph, with its claims on an app of its own."""
    provider = Provider(provider.emulator, stack=name)
    principal, inputs = await _spfx(provider)
    documented = inputs["permissions"]["Microsoft Graph"]["delegated"]
    inputs["permissions"] = {"Microsoft Graph": {"delegated": {scope: documented[scope] for scope in scopes}}}
    tags = [MARKER, *claim_tags("new", GRAPH, scopes, principal.outputs["baseline"])]
    inputs["claimant"] = (await tenant.register(f"api {name}", tags=tags))["appId"]
    return provider, await provider.create(ADMIN_CONSENT, name, inputs), inputs


async def _reclaim(tenant: Tenant, inputs: Json, scopes: list[str]) -> None:
    """Write a stack's claims anew, as its program does before the consents are updated."""
    app = (await tenant.call("GET", f"/applications?$filter=appId eq '{inputs['claimant']}'"))["value"][0]
    tags = [MARKER, *claim_tags("new", GRAPH, scopes, inputs["baseline"])]
    await tenant.call("PATCH", f"/applications/{app['id']}", {"tags": tags})


def _with(inputs: Json, scopes: list[str]) -> Json:
    documented = spfx_inputs("x")["permissions"]["Microsoft Graph"]["delegated"]
    return {**inputs, "permissions": {"Microsoft Graph": {"delegated": {scope: documented[scope] for scope in scopes}}}}


def test_scope_is_handed_over_between_stacks_and_goes_with_the_last() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        before = await tenant.consents(client)
        first, a, of_a = await _stack(provider, tenant, "a", ["Mail.Send", "Mail.Read"])
        second, b, of_b = await _stack(provider, tenant, "b", ["Mail.Read"])
        upgraded = _with(of_b, ["Mail.Read", "Mail.Send"])
        await _reclaim(tenant, of_b, ["Mail.Read", "Mail.Send"])
        b = await second.update(b, upgraded)
        assert "Microsoft Graph/delegated/Mail.Send" in b.outputs["added"]
        fewer = _with(of_a, ["Mail.Read"])
        await _reclaim(tenant, of_a, ["Mail.Read"])
        a = await first.update(a, fewer)
        assert (GRAPH, "delegated", "Mail.Send") in await tenant.consents(client)
        assert await first.diff(a, fewer) == {}
        await first.delete(a)
        await _reclaim(tenant, of_a, [])
        assert names_of(upgraded["permissions"]) <= await tenant.consents(client)
        await second.delete(b)
        assert await tenant.consents(client) == before

    play(scenario)


def test_principal_that_others_created_while_our_answer_was_lost_is_not_ours() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        inputs = {**principal_inputs(ATERA_CLIENT_ID, create=True), "vendor": "atera", "app": "atera"}

        def others_were_first(write: Write) -> None:
            if write.when == "before" and write.path.endswith("/servicePrincipals"):
                provider.emulator.on_write.clear()
                provider.emulator.tenant.principals.create({"appId": ATERA_CLIENT_ID})
                raise httpx.ReadError("lost")

        provider.emulator.on_write.append(others_were_first)
        principal = await provider.create(PRINCIPAL, "Atera", inputs)
        assert principal.outputs["created"] is False
        await provider.delete(principal)
        assert (await tenant.principal(ATERA_CLIENT_ID))["id"] == principal.outputs["objectId"]

    play(scenario)


def test_a_vendors_app_belongs_to_one_stack_of_a_tenant() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        inputs = {**principal_inputs(ATERA_CLIENT_ID, create=True), "vendor": "atera", "app": "atera"}
        principal = await provider.create(PRINCIPAL, "Atera", inputs)
        other = Provider(provider.emulator, stack="test")
        with pytest.raises(RefusedByProviderError, match="belongs to the stack lockstep/dev"):
            await other.create(PRINCIPAL, "Atera", inputs)
        again = await Provider(provider.emulator).create(PRINCIPAL, "Atera", inputs)  # state lost, or killed
        assert again.outputs["created"] is True
        await provider.delete(principal)

    play(scenario)


def test_two_consents_on_one_client_are_refused() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = await tenant.register("Atlas.PnP App")
        await provider.create(ADMIN_CONSENT, "one", exact_inputs("pnp", client))
        with pytest.raises(RefusedByProviderError, match="two AdminConsents"):
            await provider.create(ADMIN_CONSENT, "two", exact_inputs("pnp", client))

    play(scenario)


def test_consent_that_appears_during_a_write_is_not_removed_before_it_was_shown() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = await tenant.register("Atlas.PnP App")
        inputs = exact_inputs("pnp", client)
        provider.emulator.faults.add(method="POST", path="/v1.0/oauth2PermissionGrants", status=409)

        async def others() -> None:
            await tenant.assign(client["id"], GRAPH, "Mail.Send")

        provider.while_waiting = others
        consent = await provider.create(ADMIN_CONSENT, "pnp", inputs)
        extra = (GRAPH, "application", "Mail.Send")
        assert await tenant.consents(client["id"]) == names_of(inputs["permissions"]) | {extra}
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert set((await provider.diff(refreshed, inputs)).values()) == {"DELETE"}

    play(scenario)


def _window(provider: Provider) -> tuple[list[Json], int]:
    """Return what else was asked between the last read and the last PATCH of a grant, and the batches in between."""
    entries = list(provider.emulator.log)
    writes = [i for i, e in enumerate(entries) if e["method"] == "PATCH" and "oauth2PermissionGrants/" in e["path"]]
    patch = writes[-1]
    reads = [
        i for i in range(patch) if entries[i]["method"] == "GET" and "/oauth2PermissionGrants" in entries[i]["path"]
    ]
    between = entries[reads[-1] + 1 : patch]
    others = [entry for entry in between if not entry["batch"] and not entry["path"].endswith("/$batch")]
    return others, sum(entry["path"].endswith("/$batch") for entry in between)


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_the_window_between_our_last_read_and_our_patch_is_one_round_trip(operation: str) -> None:
    """What another writer does in it is lost, since Graph has no ETag; so it holds those two requests only."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        _principal, inputs = await _spfx(provider)
        provider = Provider(provider.emulator)  # a run that has looked nothing up yet
        consent = await provider.create(ADMIN_CONSENT, "new", inputs)
        provider = Provider(provider.emulator)
        if operation == "update":
            await provider.update(consent, {**inputs, "permissions": {}})
        elif operation == "delete":
            await provider.delete(consent)
        others, batches = _window(provider)
        assert others == []
        assert batches <= 1

    play(scenario)
