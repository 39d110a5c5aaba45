"""What a Principal has recorded holds, whatever the program, the process, a failed run or a late replica says of it.

Each case was once a way to take away what somebody else had granted, or to leave ours behind.
"""

import pytest

from lockstep.emulator.faults import FaultPlan
from lockstep.emulator.faults.staleness import Absent
from tests.provider.asking import GRAPH, MAIL_SEND, asks, claims, killed, look, play, wants
from tests.provider.harness import ADMIN_CONSENT, NEW_SPFX, PRINCIPAL, Json, Provider, Tenant, principal_inputs


def test_what_was_there_before_the_stack_came_to_want_it_is_nobodys_of_ours() -> None:
    """Neither this stack's nor, by this stack's claim, that of a second one."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        first = await look(provider, "Mail.Read")
        client = first.outputs["objectId"]
        before = await tenant.consents(client) | {MAIL_SEND}
        app, other = await tenant.register("api a"), await tenant.register("api b")
        await claims(tenant, app, ["Mail.Read"], first.outputs["baseline"])
        consent = await provider.create(ADMIN_CONSENT, "new", wants(first, "Mail.Read", claimant=app["appId"]))
        await tenant.grant(client, GRAPH, "Mail.Send")
        provider = Provider(provider.emulator)
        first = await provider.update(first, principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send")))
        assert asks("Mail.Send")[0] in first.outputs["baseline"]
        assert asks("Mail.Read")[0] not in first.outputs["baseline"]
        await claims(tenant, app, ["Mail.Read", "Mail.Send"], first.outputs["baseline"])
        more = wants(first, "Mail.Read", "Mail.Send", claimant=app["appId"])
        consent = await provider.update(consent, more)
        provider = Provider(provider.emulator, stack="second")
        second = await look(provider, "Mail.Send")
        await claims(tenant, other, ["Mail.Send"], second.outputs["baseline"])
        theirs = await provider.create(ADMIN_CONSENT, "new", wants(second, "Mail.Send", claimant=other["appId"]))
        await Provider(provider.emulator).delete(consent)
        await claims(tenant, app, [], [])
        await Provider(provider.emulator, stack="second").delete(theirs)
        assert await tenant.consents(client) == before

    play(scenario)


def test_what_was_there_before_it_was_asked_for_is_somebody_elses_though_that_run_failed() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        client = principal.outputs["objectId"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        before = await tenant.consents(client)
        more = principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send"))
        principal = await Provider(provider.emulator).update(principal, more)
        provider = Provider(provider.emulator)
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read", "Mail.Send"))
        assert consent.outputs["added"] == ["Microsoft Graph/delegated/Mail.Read"]
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_a_principal_that_was_missed_for_a_while_is_the_same_when_it_is_found_again() -> None:
    """Late replicas said "not found" in the middle; what a killed run had sent before is ours all the same."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        client = principal.outputs["objectId"]
        before = await tenant.consents(client)
        await killed(provider, wants(principal, "Mail.Read"))
        more = principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send"))
        provider.emulator.faults.set(FaultPlan(stopped_clock=True, absent=Absent(share=1.0, times=99)))
        missed = await Provider(provider.emulator).update(principal, more)
        assert (missed.outputs["state"], missed.outputs["objectId"]) == ("absent", "")
        read = await Provider(provider.emulator).read(missed)
        assert read is not None
        provider.emulator.faults.clear()
        provider = Provider(provider.emulator)
        assert await provider.diff(read, more) == {"state": "UPDATE"}
        updated = await provider.update(read, more)
        assert updated.outputs["baseline"] == principal.outputs["baseline"]
        assert updated.outputs["asked"] == asks("Mail.Read", "Mail.Send")
        assert await provider.diff(updated, more) == {}
        refreshed = await provider.read(updated)
        assert refreshed is not None
        assert refreshed.outputs == updated.outputs
        consent = await provider.create(ADMIN_CONSENT, "new", wants(updated, "Mail.Read"))
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_one_stale_not_found_does_not_reach_the_preview_of_what_is_asked_for_anew() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        more = principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send"))
        provider.emulator.faults.set(FaultPlan(stopped_clock=True, absent=Absent(share=1.0)))
        planned = await Provider(provider.emulator).update(principal, more, preview=True)
        assert planned.outputs["state"] == "present"

    play(scenario)


def test_a_run_in_the_process_of_a_run_that_failed_still_knows_what_that_one_sent() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read", "Mail.Send")
        client = principal.outputs["objectId"]
        before = await tenant.consents(client)
        await killed(provider, wants(principal, "Mail.Read", "Mail.Send"))
        assert await provider.diff(principal, principal.inputs) == {}
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read"))
        assert MAIL_SEND not in await tenant.consents(client)
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_a_preview_in_the_same_process_changes_nothing_for_the_run_after_it() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        inputs = principal_inputs(NEW_SPFX, asks=asks("Mail.Read"))
        planned = await provider.create(PRINCIPAL, "new", inputs, preview=True)
        client = planned.outputs["objectId"]
        before = await tenant.consents(client)
        await provider.create(ADMIN_CONSENT, "new", wants(planned, "Mail.Read"), preview=True)
        principal = await provider.create(PRINCIPAL, "new", inputs)
        await killed(provider, wants(principal, "Mail.Read"))
        provider = Provider(provider.emulator)
        more = principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send"))
        for preview in (True, False):
            updated = await provider.update(principal, more, preview=preview)
            both = wants(updated, "Mail.Read", "Mail.Send")
            consent = await provider.create(ADMIN_CONSENT, "new", both, preview=preview)
            assert len(consent.outputs["added"]) == 2
        assert await provider.diff(consent, both) == {}
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


@pytest.mark.parametrize(
    "lie", [{"baseline": []}, {"baseline": [], "asked": None}, {"asked": asks("Mail.Send", "Mail.Read", "People.Read")}]
)
def test_no_program_makes_us_forget_what_the_principal_recorded(lie: Json) -> None:
    """A literal in place of what the Principal gives: nothing that others granted becomes ours by it."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        principal = await look(provider, "Mail.Read", "Mail.Send")
        await tenant.grant(client, GRAPH, "People.Read")
        before = await tenant.consents(client)
        provider = Provider(provider.emulator)
        assert await provider.diff(principal, principal.inputs) == {}
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read", "Mail.Send", **lie))
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)
