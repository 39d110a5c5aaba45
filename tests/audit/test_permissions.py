"""Every permission is in exactly one list, and the lists agree with the algebra of consents."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.audit.permissions import Permissions, Status, permissions
from lockstep.catalogue import GRAPH, SHAREPOINT, DocumentedPermission, Permission, PermissionType, apis
from lockstep.consent import SIGN_IN_SCOPES, Consent, plan_additive, plan_exact
from lockstep.directory.records import ApplicationRecord, Holdings
from lockstep.settings.selection import Withheld
from lockstep.settings.stack_app import StackApp
from tests.audit.worlds import World, consent, exact, graph, ident

DELEGATED, APPLICATION = PermissionType.DELEGATED, PermissionType.APPLICATION
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
SHARED_TYPES = "405a51b5-8d8d-430b-9842-8be4b0e9f324"  # User.Export.All, as Role and as Scope
FOREIGN_API = ident("expenses")
POOL = sorted(
    {
        *(consent(entry, exact()) for subject in exact().apps for entry in subject.app.permissions),
        *SIGN_IN_SCOPES,
        graph("Mail.Read"),
        graph("Directory.ReadWrite.All", "application"),
        graph("User.Export.All"),
        graph("User.Export.All", "application"),
        Consent(SHAREPOINT, DELEGATED, "Sites.FullControl.All", ""),  # seen in tenants, listed by no API
        Consent(SHAREPOINT, APPLICATION, "User.Read.All", USER_READ_ALL),
        Consent(GRAPH, APPLICATION, "User.Read.All", USER_READ_ALL),
        Consent(FOREIGN_API, DELEGATED, "Expenses.Read", ident("scope")),
        Consent(FOREIGN_API, APPLICATION, "", ident("role")),
    }
)  # fmt: skip
KEYS = ("connex-api", "provisioning", "workspaces-sync", "atera", "spfx/new")
BEYOND = {Status.EXTRA, Status.WRONG_TYPE, Status.UNDOCUMENTED_API}

# An application's own list holds ids, so what has none, or is on an API that nobody lists, cannot be matched there.
LISTED = [each for each in POOL if each.id and not (each.api == FOREIGN_API and each.type is DELEGATED)]

_subsets = st.sets(st.sampled_from(POOL)).map(frozenset)


def judged(
    key: str, held: frozenset[Consent], configured: frozenset[Consent] = frozenset(), expected: StackApp | None = None
) -> tuple[Permissions, StackApp]:
    world = exact()
    subject = world.app(key.partition("/")[0])
    app = world.applications.get(key)
    app = replace(app, configured=frozenset(entry.permission for entry in configured)) if app else None
    given = expected or subject
    return permissions(
        given, Holdings(held), world.reading(), owned(world), application=app, additive="/" in key
    ), given


def owned(world: World) -> dict[str, ApplicationRecord]:
    return {key: app for key, app in world.applications.items() if key != "atera"}


def wanted(entries: tuple[DocumentedPermission, ...]) -> frozenset[Consent]:
    return frozenset(consent(entry, exact()) for entry in entries)


def as_consents(found: Permissions, *statuses: Status) -> frozenset[Consent]:
    rows = [row for row in found.rows if row.status in statuses]
    return frozenset(Consent(row.api_id, row.type, row.value, row.id) for row in rows)


@given(key=st.sampled_from(KEYS), held=_subsets, configured=st.sets(st.sampled_from(LISTED)).map(frozenset))
def test_every_consent_is_in_exactly_one_list_and_nothing_is_lost(
    key: str, held: frozenset[Consent], configured: frozenset[Consent]
) -> None:
    found, expected = judged(key, held, configured)
    keys = [(row.api_id, row.type, row.value.casefold() if row.type is DELEGATED else row.id) for row in found.rows]
    assert len(set(keys)) == len(keys)
    assert {row.status for row in found.rows if row.consented} <= set(Status) - {Status.MISSING}
    assert frozenset(Consent(r.api_id, r.type, r.value, r.id) for r in found.rows if r.consented) == held
    everything = held | wanted(expected.wanted) | (configured if key in exact().applications else frozenset())
    assert as_consents(found, *Status) == everything


@given(key=st.sampled_from(KEYS[:4]), held=_subsets)
def test_an_exact_apps_lists_are_what_a_plan_would_do(key: str, held: frozenset[Consent]) -> None:
    found, expected = judged(key, held)
    plan = plan_exact(wanted(expected.wanted), held, tolerated=wanted(expected.tolerated))
    assert as_consents(found, Status.MISSING) == plan.add
    assert as_consents(found, *BEYOND) == plan.remove
    assert as_consents(found, Status.AS_DOCUMENTED) == plan.keep
    assert as_consents(found, Status.TOLERATED) == plan.tolerated
    assert not found.of(Status.FOREIGN)


@given(held=_subsets)
def test_a_shared_principals_lists_are_what_a_plan_would_do(held: frozenset[Consent]) -> None:
    found, expected = judged("spfx/new", held)
    plan = plan_additive(wanted(expected.wanted), held)
    assert as_consents(found, Status.MISSING) == plan.add
    assert as_consents(found, Status.AS_DOCUMENTED) == plan.keep
    assert as_consents(found, Status.FOREIGN) == plan.foreign
    assert not any(found.of(status) for status in (*BEYOND, Status.TOLERATED))


@given(key=st.sampled_from(KEYS), held=_subsets, data=st.data())
def test_what_is_withheld_is_in_no_other_list(key: str, held: frozenset[Consent], data: st.DataObject) -> None:
    documented = exact().app(key.partition("/")[0])
    withheld = data.draw(st.sets(st.sampled_from(documented.wanted)).map(tuple))
    left = tuple(entry for entry in documented.wanted if entry not in withheld)
    decisions = tuple(Withheld(entry, "r", "b") for entry in withheld)
    found, _ = judged(key, held, expected=replace(documented, wanted=left, withheld=decisions))
    assert as_consents(found, Status.WITHHELD) == wanted(withheld)
    assert as_consents(found, Status.MISSING) == wanted(left) - held


@given(held=_subsets)
def test_the_case_of_a_scope_does_not_matter(held: frozenset[Consent]) -> None:
    shouted = frozenset(Consent(c.api, c.type, c.value.upper() if c.type is DELEGATED else c.value, c.id) for c in held)
    plain, loud = judged("connex-api", held)[0], judged("connex-api", shouted)[0]
    assert [(row.value.casefold(), row.status) for row in plain.rows] == [
        (r.value.casefold(), r.status) for r in loud.rows
    ]


@pytest.mark.parametrize(
    ("key", "held", "status"),
    [
        ("workspaces-sync", Consent(GRAPH, APPLICATION, "User.Read.All", USER_READ_ALL), Status.AS_DOCUMENTED),
        ("workspaces-sync", Consent(SHAREPOINT, APPLICATION, "User.Read.All", USER_READ_ALL), Status.AS_DOCUMENTED),
        # One GUID on two APIs: Provisioning has it documented on Graph only.
        ("provisioning", Consent(GRAPH, APPLICATION, "User.Read.All", USER_READ_ALL), Status.AS_DOCUMENTED),
        ("provisioning", Consent(SHAREPOINT, APPLICATION, "User.Read.All", USER_READ_ALL), Status.EXTRA),
        # One name in both types.
        ("provisioning", graph("Sites.Read.All", "application"), Status.AS_DOCUMENTED),
        ("provisioning", graph("Sites.Read.All"), Status.WRONG_TYPE),
        # One name on two APIs: SharePoint's is documented, Graph's is not.
        ("provisioning", graph("Sites.FullControl.All", "application"), Status.EXTRA),
        # One GUID for both types of one API.
        ("atera", Consent(GRAPH, DELEGATED, "User.Export.All", SHARED_TYPES), Status.EXTRA),
        ("provisioning", Consent(FOREIGN_API, DELEGATED, "Expenses.Read", ""), Status.UNDOCUMENTED_API),
        ("connex-api", Consent(GRAPH, DELEGATED, "offline_access", ""), Status.TOLERATED),
        ("connex-api", Consent(SHAREPOINT, DELEGATED, "offline_access", ""), Status.EXTRA),
        ("spfx/new", Consent(GRAPH, DELEGATED, "offline_access", ""), Status.FOREIGN),
        ("atera", graph("Calendars.ReadWrite"), Status.TOLERATED),
    ],
)  # fmt: skip
def test_a_permission_is_known_by_api_type_and_id(key: str, held: Consent, status: Status) -> None:
    found, _ = judged(key, frozenset({held}))
    rows = [row for row in found.rows if row.consented]
    assert [row.status for row in rows] == [status]


def test_configured_and_consented_are_brought_together_by_the_tenants_own_lists() -> None:
    mail = graph("Mail.Read")
    both = judged("connex-api", frozenset({mail}), frozenset({mail}))[0]
    row = next(row for row in both.rows if row.value == "Mail.Read")
    assert (row.configured, row.consented, row.status) == (True, True, Status.EXTRA)
    only = judged("connex-api", frozenset(), frozenset({mail}))[0]
    assert mail in as_consents(replace(only, rows=only.unconsented), *Status)


def test_a_configured_permission_that_no_list_knows_is_shown_by_its_id() -> None:
    unknown = Permission(GRAPH, APPLICATION, ident("nothing"))
    world = exact()
    app = replace(world.applications["connex-api"], configured=frozenset({unknown}))
    found = permissions(world.app("connex-api"), Holdings(), world.reading(), {}, application=app)
    row = next(row for row in found.rows if row.configured)
    assert (row.value, row.id, row.status) == ("", unknown.id, Status.EXTRA)
    assert row.title == f"Microsoft Graph · application · {unknown.id}"


def test_users_own_consents_are_counted_and_change_no_list() -> None:
    world = exact()
    read, mail = graph("User.Read"), graph("Mail.Read")
    held = Holdings(users={read: 12, mail: 1})
    found = permissions(world.app("connex-api"), held, world.reading(), owned(world))
    assert {(row.value, row.users) for row in found.users} == {("User.Read", 12), ("Mail.Read", 1)}
    assert not any(row.consented for row in (*found.rows, *found.users))
    assert not any(row.value == "Mail.Read" for row in found.rows)
    both = permissions(
        world.app("connex-api"), replace(held, consents=frozenset({read})), world.reading(), owned(world)
    )
    assert {(row.value, row.consented) for row in both.users} == {("User.Read", True), ("Mail.Read", False)}


def test_what_a_vendor_names_at_all_counts_as_documented() -> None:
    twin, none = graph("Calendars.ReadWrite"), graph("Chat.Read")
    found, expected = judged("atera", frozenset({twin, none}))
    documented = {row.value for row in found.rows if row.documented}
    assert documented == {entry.name for entry in expected.wanted} | {"Calendars.ReadWrite"}
    assert [(row.value, row.documented) for row in found.rows if row.status is Status.EXTRA] == [("Chat.Read", False)]


def test_the_two_halves_of_a_permission() -> None:
    asked, given, both = graph("Mail.Read"), graph("Chat.Read"), graph("Mail.Send")
    found, _ = judged("connex-api", frozenset({given, both}), frozenset({asked, both}))
    assert {row.value for row in found.unconsented} == {"Mail.Read"}
    assert {row.value for row in found.unconfigured} == {"Chat.Read"}
    atera, _ = judged("atera", frozenset({given}))
    assert atera.unconsented == atera.unconfigured == ()


def test_every_public_permission_gets_a_status() -> None:
    everything = frozenset(
        Consent(api.app_id, entry.type, entry.name, entry.id) for api in apis().values() for entry in api.permissions
    )
    found, expected = judged("connex-api", everything)
    assert len(found.rows) == len(everything)
    assert len(found.of(Status.AS_DOCUMENTED)) == len(expected.wanted)


def test_names_come_from_microsofts_lists_where_the_tenants_own_were_not_read() -> None:
    world, mail = exact(), graph("Mail.Read")
    app = replace(world.applications["connex-api"], configured=frozenset({mail.permission}))
    unread = replace(world.reading(), apis={})
    found = permissions(world.app("connex-api"), Holdings(), unread, {}, application=app)
    row = next(row for row in found.rows if row.configured)
    assert (row.title, row.status) == ("Microsoft Graph · delegated · Mail.Read", Status.EXTRA)


@pytest.mark.parametrize(
    ("type", "value", "status"),
    [(DELEGATED, "Workspaces.FullControl.All", Status.MISSING), (APPLICATION, "", Status.EXTRA)],
)
def test_a_scope_of_the_vendors_own_api_is_known_by_the_id_that_it_has_in_the_tenant(
    type: PermissionType, value: str, status: Status
) -> None:
    world = exact()
    own = world.applications["connex-api"]
    entry = Permission(own.app_id, type, own.scopes[0].id)
    world.register("api-client", "Atlas.ConneX API Client", configured=frozenset({entry}))
    found = world.audits()["api-client"].permissions
    row = next(row for row in found.rows if row.configured)
    assert (row.api, row.value, row.status) == ("Atlas.ConneX API", value, status)
