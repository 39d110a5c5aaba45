"""What a stack once asked for on a shared principal is remembered, so that no killed first run leaves anything behind.

A Principal records what is asked for before AdminConsent writes. The first write that is finished then knows, even when
the settings have changed meanwhile, what came by us; what was never asked for is somebody else's.
"""

from tests.provider.asking import GRAPH, MAIL_SEND, asks, killed, look, play, wants
from tests.provider.harness import ADMIN_CONSENT, NEW_SPFX, Provider, Tenant, principal_inputs


def test_what_a_killed_first_run_sent_is_withdrawn_when_it_is_no_longer_wanted() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read", "Mail.Send")
        client = principal.outputs["objectId"]
        before = await tenant.consents(client)
        await killed(provider, wants(principal, "Mail.Read", "Mail.Send"))
        assert MAIL_SEND in await tenant.consents(client)
        provider = Provider(provider.emulator)
        less = principal_inputs(NEW_SPFX, asks=asks("Mail.Read"))
        assert await provider.diff(principal, less) == {}, "asking for less is nothing to write down"
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read"))
        assert await tenant.consents(client) == before | {(GRAPH, "delegated", "Mail.Read")}
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_what_was_never_asked_for_is_somebody_elses_however_late_it_came() -> None:
    """Documented, withheld from the first day, and granted by hand between our first look and our first write."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        client = principal.outputs["objectId"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        before = await tenant.consents(client)
        provider = Provider(provider.emulator)
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read"))
        assert await tenant.consents(client) == before | {(GRAPH, "delegated", "Mail.Read")}
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_what_comes_between_our_first_look_and_our_first_write_in_one_run_is_somebody_elses() -> None:
    """Wanted, too: but no run of ours can have sent it."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read", "Mail.Send")
        client = principal.outputs["objectId"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        before = await tenant.consents(client)
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read", "Mail.Send"))
        assert consent.outputs["added"] == ["Microsoft Graph/delegated/Mail.Read"]
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_what_comes_after_a_killed_run_that_did_not_ask_for_it_is_somebody_elses() -> None:
    """The stack has come to want it in between: this run is the first to ask, and none before it can have sent it."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        client = principal.outputs["objectId"]
        before = await tenant.consents(client) | {MAIL_SEND}
        await killed(provider, wants(principal, "Mail.Read"))
        await tenant.grant(client, GRAPH, "Mail.Send")
        provider = Provider(provider.emulator)
        more = principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send"))
        principal = await provider.update(principal, more)
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read", "Mail.Send"))
        assert consent.outputs["added"] == ["Microsoft Graph/delegated/Mail.Read"]
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_nothing_was_asked_for_on_a_principal_that_is_disabled() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        await tenant.call("PATCH", f"/servicePrincipals/{client}", {"accountEnabled": False})
        principal = await look(provider, "Mail.Read")
        assert (principal.outputs["state"], principal.outputs["asked"]) == ("disabled", [])
        await tenant.call("PATCH", f"/servicePrincipals/{client}", {"accountEnabled": True})
        await tenant.grant(client, GRAPH, "Mail.Read")
        before = await tenant.consents(client)
        provider = Provider(provider.emulator)
        principal = await provider.update(principal, principal.inputs)
        assert principal.outputs["asked"] == asks("Mail.Read")
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read"))
        assert consent.outputs["added"] == []
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_what_was_there_at_the_first_look_is_somebody_elses_though_it_was_asked_for() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        client = (await tenant.principal(NEW_SPFX))["id"]
        await tenant.grant(client, GRAPH, "Mail.Send")
        before = await tenant.consents(client)
        principal = await look(provider, "Mail.Read", "Mail.Send")
        provider = Provider(provider.emulator)
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read"))
        assert MAIL_SEND in await tenant.consents(client)
        await provider.delete(consent)
        assert await tenant.consents(client) == before

    play(scenario)


def test_no_program_makes_us_take_away_what_no_edition_documents() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read", "Chat.Read")
        client = principal.outputs["objectId"]
        await tenant.grant(client, GRAPH, "Chat.Read")
        provider = Provider(provider.emulator)
        consent = await provider.create(ADMIN_CONSENT, "new", wants(principal, "Mail.Read"))
        await provider.delete(consent)
        assert (GRAPH, "delegated", "Chat.Read") in await tenant.consents(client)

    play(scenario)


def test_after_the_first_write_a_scope_that_somebody_grants_is_theirs() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read", "Mail.Send")
        client = principal.outputs["objectId"]
        less = wants(principal, "Mail.Read")
        consent = await provider.create(ADMIN_CONSENT, "new", less)
        await tenant.grant(client, GRAPH, "Mail.Send")
        withdrawn = wants(principal)
        assert await provider.diff(consent, withdrawn) != {}
        await provider.update(consent, withdrawn)
        held = await tenant.consents(client)
        assert MAIL_SEND in held
        assert (GRAPH, "delegated", "Mail.Read") not in held

    play(scenario)


def test_a_principal_remembers_all_that_was_ever_asked_for() -> None:
    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        more = principal_inputs(NEW_SPFX, asks=asks("Mail.Send"))
        assert await provider.diff(principal, more) == {"asks": "UPDATE"}
        principal = await provider.update(principal, more)
        assert principal.outputs["asked"] == asks("Mail.Read", "Mail.Send")
        assert await provider.diff(principal, principal_inputs(NEW_SPFX, asks=asks("Mail.Read"))) == {}
        refreshed = await provider.read(principal)
        assert refreshed is not None
        assert refreshed.outputs["asked"] == asks("Mail.Read", "Mail.Send")

    play(scenario)


def test_a_state_of_an_earlier_release_rests() -> None:
    """It does not hold what was asked for; its consents were written long ago."""

    async def scenario(provider: Provider, tenant: Tenant) -> None:
        principal = await look(provider, "Mail.Read")
        del principal.outputs["asked"], principal.inputs["asks"]
        assert await provider.diff(principal, principal_inputs(NEW_SPFX, asks=asks("Mail.Read", "Mail.Send"))) == {}

    play(scenario)
