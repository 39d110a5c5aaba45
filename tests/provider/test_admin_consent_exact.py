"""Exact mode: the whole set of a client's consents is ours, and becomes exactly what is documented."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import grpc
import pytest

from lockstep.catalogue import load
from lockstep.emulator import Emulator
from tests.provider.harness import (
    ADMIN_CONSENT,
    API_NAMES,
    ATERA_CLIENT_ID,
    PRINCIPAL,
    TENANT_ID,
    Provider,
    Recorded,
    RefusedByProviderError,
    Tenant,
    atera_inputs,
    documented,
    exact_inputs,
    names_of,
    principal_inputs,
)

GRAPH = API_NAMES["Microsoft Graph"]
Scenario = Callable[[Provider, Tenant], Coroutine[Any, Any, None]]


def play(scenario: Scenario, profile: str = "fresh") -> None:
    emulator = Emulator.open(profile=profile)
    asyncio.run(scenario(Provider(emulator), Tenant(emulator)))


@pytest.mark.parametrize("app", ["provisioning", "workspaces-sync", "pnp", "connex-api"])
def test_create_grants_exactly_what_is_documented(app: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register(load().edition("atlas", "2025-03-01").app(app).name)
        inputs = exact_inputs(app, principal)
        consent = await provider.create(ADMIN_CONSENT, app, inputs)
        assert consent.id == principal["id"]
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])
        assert len(consent.outputs["added"]) == len(names_of(inputs["permissions"]))
        assert await provider.diff(consent, inputs) == {}

    play(scenario)


@pytest.mark.kind
def test_create_costs_two_round_trips_beside_the_shared_reads() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principals = [await tenant.register(f"Atlas {number}") for number in range(2)]
        await provider.create(ADMIN_CONSENT, "a", exact_inputs("provisioning", principals[0]))
        graph = await provider.session.graph()
        before = graph.count
        await provider.create(ADMIN_CONSENT, "b", exact_inputs("provisioning", principals[1]))
        assert graph.count - before == 2

    play(scenario)


def test_create_refuses_undocumented_extras_and_writes_nothing() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        await tenant.assign(principal["id"], GRAPH, "Directory.ReadWrite.All")
        before = tenant.writes()
        with pytest.raises(RefusedByProviderError, match=r"Directory\.ReadWrite\.All.*lockstep adopt") as refusal:
            await provider.create(ADMIN_CONSENT, "p", exact_inputs("provisioning", principal))
        assert refusal.value.code is grpc.StatusCode.FAILED_PRECONDITION
        assert tenant.writes() == before

    play(scenario)


def test_create_with_removals_reported_leaves_extras_and_says_so() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        await tenant.assign(principal["id"], GRAPH, "Directory.ReadWrite.All")
        inputs = exact_inputs("provisioning", principal, removals="report")
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        assert consent.outputs["extra"] == ["Microsoft Graph/application/Directory.ReadWrite.All"]
        assert (GRAPH, "application", "Directory.ReadWrite.All") in await tenant.consents(principal["id"])
        assert await provider.diff(consent, inputs) == {}
        applied = {**inputs, "removals": "apply"}
        assert await provider.diff(consent, applied) == {"extra": "UPDATE"}
        await provider.update(consent, applied)
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])

    play(scenario)


def test_update_shows_and_makes_each_change_by_name() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Workspaces Sync")
        inputs = exact_inputs("workspaces-sync", principal)
        fewer = exact_inputs("workspaces-sync", principal)
        del fewer["permissions"]["Microsoft Graph"]["application"]["Sites.Read.All"]
        consent = await provider.create(ADMIN_CONSENT, "w", fewer)
        path = 'permissions["Microsoft Graph"].application["Sites.Read.All"]'
        assert await provider.diff(consent, inputs) == {path: "ADD"}
        provider.messages.clear()
        await provider.update(consent, inputs, preview=True)
        assert provider.lines == ["+ Microsoft Graph · application · Sites.Read.All  (Reads facts about sites.)"]
        more = await provider.update(consent, inputs)
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])
        assert await provider.diff(more, fewer) == {path: "DELETE"}
        await provider.update(more, fewer)
        assert await tenant.consents(principal["id"]) == names_of(fewer["permissions"])

    play(scenario)


async def _drift_scope(tenant: Tenant, client: str) -> None:
    await tenant.grant(client, GRAPH, "Mail.Read")


async def _drift_role(tenant: Tenant, client: str) -> None:
    await tenant.assign(client, GRAPH, "Mail.Send")


async def _drift_removed(tenant: Tenant, client: str) -> None:
    held = await tenant.call("GET", f"/servicePrincipals/{client}/appRoleAssignments")
    await tenant.call("DELETE", f"/servicePrincipals/{client}/appRoleAssignments/{held['value'][0]['id']}")


@pytest.mark.parametrize("drift", [_drift_scope, _drift_role, _drift_removed])
def test_refresh_shows_drift_and_update_heals_it(drift: Callable[[Tenant, str], Awaitable[None]]) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal)
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        await drift(tenant, principal["id"])
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert refreshed.inputs["permissions"] != inputs["permissions"]
        assert len(await provider.diff(refreshed, inputs)) == 1
        await provider.update(refreshed, inputs)
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])

    play(scenario)


def test_refresh_of_an_untouched_client_changes_nothing() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal)
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert refreshed.inputs == consent.inputs
        assert refreshed.outputs == consent.outputs

    play(scenario)


def test_import_takes_everything_in_force_by_name_then_update_reconciles() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        await tenant.assign(principal["id"], GRAPH, "Directory.ReadWrite.All")
        await tenant.assign(principal["id"], GRAPH, "User.Read.All")
        imported = await provider.read(Recorded(ADMIN_CONSENT, "p", principal["id"], {}, {}))
        assert imported is not None
        assert names_of(imported.inputs["permissions"]) == await tenant.consents(principal["id"])
        assert await provider.check(ADMIN_CONSENT, imported.inputs) == []
        assert await provider.diff(imported, imported.inputs) == {}  # as a refresh right after the import asks
        inputs = exact_inputs("provisioning", principal)
        shown = await provider.diff(imported, inputs)
        assert shown['permissions["Microsoft Graph"].application["Directory.ReadWrite.All"]'] == "DELETE"
        assert 'permissions["Microsoft Graph"].application["User.Read.All"]' not in shown
        reconciled = await provider.update(imported, inputs)
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])
        assert await provider.diff(reconciled, inputs) == {}

    play(scenario)


def test_delete_removes_only_what_we_added() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        await tenant.assign(principal["id"], GRAPH, "User.Read.All")
        consent = await provider.create(ADMIN_CONSENT, "p", exact_inputs("provisioning", principal))
        await provider.delete(consent)
        assert await tenant.consents(principal["id"]) == {(GRAPH, "application", "User.Read.All")}

    play(scenario)


def test_sign_in_scopes_are_tolerated_and_never_drift() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.PnP App")
        inputs = exact_inputs("pnp", principal)
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        await tenant.grant(principal["id"], GRAPH, "openid profile")
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert await provider.diff(refreshed, inputs) == {}
        assert refreshed.outputs["toleratedFound"] == [
            "Microsoft Graph/delegated/openid",
            "Microsoft Graph/delegated/profile",
        ]

    play(scenario)


def test_atera_tolerates_its_possible_twins_and_removes_them_when_refused() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await provider.create(PRINCIPAL, "Atera", principal_inputs(ATERA_CLIENT_ID, create=True))
        client = principal.outputs["objectId"]
        inputs = atera_inputs(client, baseline=principal.outputs["baseline"])
        twin = "Calendars.ReadWrite"
        assert twin in inputs["tolerated"]["Microsoft Graph"]["delegated"]
        consent = await provider.create(ADMIN_CONSENT, "Atera", inputs)
        assert len(await tenant.consents(client)) == 27
        await tenant.grant(client, GRAPH, twin)
        refreshed = await provider.read(consent)
        assert refreshed is not None
        assert await provider.diff(refreshed, inputs) == {}
        refused = {**inputs, "tolerated": {}}
        assert await provider.diff(refreshed, refused) == {"toleratedFound": "UPDATE"}
        await provider.update(refreshed, refused)
        assert await tenant.consents(client) == names_of(documented("atera", "atera", "2026-11-22"))

    play(scenario)


_SHAREPOINT = "Office 365 SharePoint Online"
DENIED = {
    "a neighbour": ("Microsoft Graph", "application", "Mail.ReadWrite", "e2a3a72e-5f79-4c64-b1b1-878b674786c9"),
    "the other type": ("Microsoft Graph", "delegated", "User.Read.All", "a154be20-db9c-4678-8ab7-66f6cc099a59"),
    "another id": ("Microsoft Graph", "application", "User.Read.All", "741f803b-c850-494e-b5df-cde7c675a1ca"),
    "the other API": (
        "Office 365 SharePoint Online",
        "application",
        "User.Read.All",
        "df021288-bdef-4463-88db-98f22de89214",
    ),
}


@pytest.mark.parametrize("denied", DENIED)
def test_second_lock_refuses_what_the_edition_lacks(denied: str) -> None:
    api, type_, name, id_ = DENIED[denied]

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal)
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        inputs["permissions"].setdefault(api, {}).setdefault(type_, {})[name] = id_
        writes = tenant.writes()
        for attempt in (
            lambda: provider.create(ADMIN_CONSENT, "p", inputs),
            lambda: provider.update(consent, inputs),
            lambda: provider.diff(consent, inputs),
        ):
            with pytest.raises(RefusedByProviderError, match="does not document it"):
                await attempt()
        assert tenant.writes() == writes

    play(scenario)


def test_second_lock_refuses_a_client_that_is_not_the_app() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        ours, other = await tenant.register("Atlas.PnP App"), await tenant.register("Other")
        writes = tenant.writes()
        inputs = {**exact_inputs("pnp", ours), "client": other["id"]}
        with pytest.raises(RefusedByProviderError, match=r"is not Atlas\.PnP App"):
            await provider.create(ADMIN_CONSENT, "p", inputs)
        microsoft = await tenant.principal(GRAPH)
        with pytest.raises(RefusedByProviderError, match=r"is not Atlas\.PnP App"):
            await provider.create(ADMIN_CONSENT, "p", exact_inputs("pnp", microsoft))
        assert tenant.writes() == writes

    play(scenario)


def test_another_tenant_is_refused_by_every_operation_before_any_request() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.PnP App")
        inputs = exact_inputs("pnp", principal)
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        stranger = Provider(provider.emulator, tenant="99999999-9999-4999-8999-999999999999")
        requests = len(provider.emulator.log)
        for attempt in (
            lambda: stranger.create(ADMIN_CONSENT, "p", inputs),
            lambda: stranger.diff(consent, inputs),
            lambda: stranger.update(consent, inputs),
            lambda: stranger.read(consent),
            lambda: stranger.delete(consent),
        ):
            with pytest.raises(RefusedByProviderError, match="belongs to tenant") as refusal:
                await attempt()
            assert refusal.value.code is grpc.StatusCode.PERMISSION_DENIED
        assert len(provider.emulator.log) == requests
        assert consent.outputs["tenantId"] == TENANT_ID

    play(scenario)
