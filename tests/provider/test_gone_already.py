"""What goes between our read and our write: Graph says so in several ways, and none of them stops the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from lockstep.directory.principals import change_tags
from lockstep.emulator import Emulator
from lockstep.provider.claims import without_claims_on
from tests.provider.harness import (
    ADMIN_CONSENT,
    API_NAMES,
    ATERA_CLIENT_ID,
    PRINCIPAL,
    Provider,
    RefusedByProviderError,
    Tenant,
    exact_inputs,
    names_of,
    principal_inputs,
)

GRAPH = API_NAMES["Microsoft Graph"]
SHAREPOINT = API_NAMES["Office 365 SharePoint Online"]
Scenario = Callable[[Provider, Tenant], Coroutine[Any, Any, None]]
WORDS = [
    (400, "Request_BadRequest", "EntitlementGrant being updated or deleted is not found."),
    (400, "Request_BadRequest", "Permission entry not found."),
    (404, "Request_ResourceNotFound", "Resource 'x' does not exist or one of its queried reference-property objects."),
    (404, "ResourceNotFound", "Not there."),
]


def play(scenario: Scenario) -> Emulator:
    emulator = Emulator.open(profile="fresh")
    asyncio.run(scenario(Provider(emulator), Tenant(emulator)))
    return emulator


@pytest.mark.parametrize(("status", "code", "message"), WORDS)
def test_b4_an_assignment_that_goes_before_our_delete_stops_no_other_removal(
    status: int, code: str, message: str
) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal, removals="report")
        for role in ("Directory.ReadWrite.All", "Mail.Send", "Mail.ReadWrite"):
            await tenant.assign(principal["id"], GRAPH, role)
        await tenant.grant(principal["id"], SHAREPOINT, "AllSites.Read")
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        # Somebody else's deletion comes first: the thing is gone, and Graph answers us with these words.
        rule = provider.emulator.faults.add(
            method="DELETE", status=status, code=code, message=message, after=True, times=2
        )
        await provider.update(consent, {**inputs, "removals": "apply"})
        assert rule.times == 0
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])

    play(scenario)


@pytest.mark.parametrize(("status", "code", "message"), WORDS)
def test_b4_a_destroy_goes_on_past_what_is_gone(status: int, code: str, message: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Workspaces Sync")
        consent = await provider.create(ADMIN_CONSENT, "w", exact_inputs("workspaces-sync", principal))
        rule = provider.emulator.faults.add(
            method="DELETE", status=status, code=code, message=message, after=True, times=1
        )
        await provider.delete(consent)
        assert rule.times == 0
        assert await tenant.consents(principal["id"]) == set()

    play(scenario)


@pytest.mark.parametrize(("status", "code", "message"), WORDS)
def test_b4_a_grant_that_goes_before_our_patch_is_looked_at_again(status: int, code: str, message: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX API")
        inputs = exact_inputs("connex-api", principal)
        fewer = exact_inputs("connex-api", principal)
        scopes = fewer["permissions"]["Microsoft Graph"]["delegated"]
        del scopes[sorted(scopes)[0]]
        consent = await provider.create(ADMIN_CONSENT, "w", fewer)
        rule = provider.emulator.faults.add(method="PATCH", status=status, code=code, message=message)
        await provider.update(consent, inputs)
        assert rule.times == 0
        assert await tenant.consents(principal["id"]) == names_of(inputs["permissions"])

    play(scenario)


@pytest.mark.parametrize(("status", "code", "message"), WORDS)
def test_b4_a_principal_that_is_gone_already_is_deleted(status: int, code: str, message: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        made = await provider.create(PRINCIPAL, "atera", principal_inputs(ATERA_CLIENT_ID, create=True))
        rule = provider.emulator.faults.add(method="DELETE", status=status, code=code, message=message, after=True)
        await provider.delete(made)
        assert rule.times == 0

    play(scenario)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "Request_BadRequest", "Invalid resource identifier for EntitlementGrant"),
        (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        (404, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    ],
)
def test_b4_a_removal_that_was_refused_is_not_taken_for_done(status: int, code: str, message: str) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal, removals="report")
        await tenant.assign(principal["id"], GRAPH, "Mail.Send")
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        provider.emulator.faults.add(method="DELETE", status=status, code=code, message=message, times=None)
        with pytest.raises(RefusedByProviderError, match="to fix"):
            await provider.update(consent, {**inputs, "removals": "apply"})
        provider.emulator.faults.clear()
        assert (GRAPH, "application", "Mail.Send") in await tenant.consents(principal["id"])

    play(scenario)


def test_b4_an_answer_that_says_gone_of_what_stays_is_not_believed_for_ever() -> None:
    """Graph has said so of assignments that were there; what is read afterwards decides."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        inputs = exact_inputs("provisioning", principal, removals="report")
        await tenant.assign(principal["id"], GRAPH, "Mail.Send")
        consent = await provider.create(ADMIN_CONSENT, "p", inputs)
        status, code, message = WORDS[0]
        provider.emulator.faults.add(method="DELETE", status=status, code=code, message=message, times=None)
        with pytest.raises(RefusedByProviderError, match=r"could not be written .*400 \(Request_BadRequest\)"):
            await provider.update(consent, {**inputs, "removals": "apply"})

    play(scenario)


@pytest.mark.parametrize(
    ("status", "code", "fix"),
    [
        (400, "NoBackingApplicationObject", "check the app ID (clientId in the stack file)"),
        (400, "Directory_QuotaExceeded", "delete objects that nobody needs"),
        (403, "Directory_QuotaExceeded", "delete objects that nobody needs"),
        (400, "Request_UnsupportedQuery", "report it with this line"),
    ],
)
def test_b8_the_provider_gives_the_fix_of_the_code_where_a_principal_cannot_be_made(
    status: int, code: str, fix: str
) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        provider.emulator.faults.add(
            method="POST", path="/v1.0/servicePrincipals", status=status, code=code, times=None
        )
        with pytest.raises(RefusedByProviderError) as caught:
            await provider.create(PRINCIPAL, "atera", principal_inputs(ATERA_CLIENT_ID, create=True))
        text = str(caught.value)
        assert text.count("to fix: ") == 1
        assert text.partition("to fix: ")[2].startswith((fix, "have the tenant's administrator " + fix))

    play(scenario)


@pytest.mark.parametrize(("status", "code", "message"), WORDS)
def test_b4_an_application_that_goes_before_its_tags_are_taken_off_needs_nothing_more(
    status: int, code: str, message: str
) -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        tags = ["lockstep", "lockstep-claim/2:new:x:+A", "own"]
        await tenant.register("Atlas SPFx", tags=tags)
        (app,) = [each for each in provider.emulator.snapshot()["applications"] if each["displayName"] == "Atlas SPFx"]
        rule = provider.emulator.faults.add(method="PATCH", status=status, code=code, message=message, times=1)
        graph = await provider.session.graph()
        await change_tags(graph, app["appId"], partial(without_claims_on, "new"), "lockstep")
        assert rule.times == 0

    play(scenario)


def test_b4_a_refusal_with_404_is_no_absent_principal() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await tenant.register("Atlas.ConneX Provisioning")
        path = f"/v1.0/servicePrincipals/{principal['id']}"
        provider.emulator.faults.add(
            method="GET", path=path, status=404, code="Authorization_RequestDenied", times=None
        )
        with pytest.raises(RefusedByProviderError, match="to fix: grant the identity that is signed in"):
            await provider.create(ADMIN_CONSENT, "p", exact_inputs("provisioning", principal))

    play(scenario)
