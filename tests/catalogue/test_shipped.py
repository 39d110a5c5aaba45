"""What the shipped editions say: the facts of both articles that are more than rows."""

from __future__ import annotations

from collections import Counter

import pytest

from lockstep.catalogue import (
    App,
    AppKind,
    Basis,
    Capability,
    DocumentedPermission,
    Edition,
    EditionBasis,
    PermissionType,
    load,
    risk,
    stable_scope_id,
)

APPLICATION, DELEGATED = PermissionType.APPLICATION, PermissionType.DELEGATED
ALL = [(vendor, date) for vendor in load().vendors for date in load().dates(vendor)]


@pytest.fixture
def atlas() -> Edition:
    return load().edition("atlas", "2025-03-01")


@pytest.fixture
def atera() -> App:
    return load().edition("atera", "2026-11-22").app("atera")


def find(app: App, api: str, type: PermissionType, name: str) -> DocumentedPermission:
    entry = app.find(api, type, name)
    assert entry is not None
    return entry


@pytest.mark.parametrize(
    ("key", "name", "kind", "optional", "created_by", "delegated", "application"),
    [
        ("connex-api", "Atlas.ConneX API", AppKind.REGISTRATION, False, "ClearPeople", 11, 4),
        ("provisioning", "Atlas.ConneX Provisioning", AppKind.REGISTRATION, False, "ClearPeople", 0, 14),
        ("workspaces-sync", "Atlas.ConneX Workspaces Sync", AppKind.REGISTRATION, False, "ClearPeople", 0, 4),
        ("spfx", "SharePoint Online Web Client Extensibility", AppKind.SHARED_PRINCIPAL, False, "Microsoft", 17, 0),
        ("api-client", "Atlas.ConneX API Client", AppKind.REGISTRATION, True, "ClearPeople", 2, 0),
        ("pnp", "Atlas.PnP App", AppKind.REGISTRATION, True, None, 5, 0),
    ],
)
@pytest.mark.parametrize("date", load().dates("atlas"))
def test_atlas_apps(
    date: str,
    key: str,
    name: str,
    kind: AppKind,
    optional: bool,
    created_by: str | None,
    delegated: int,
    application: int,
) -> None:
    app = load().edition("atlas", date).app(key)
    types = Counter(entry.type for entry in app.permissions)
    assert (app.name, app.kind, app.optional, app.created_by) == (name, kind, optional, created_by)
    assert (types[DELEGATED], types[APPLICATION]) == (delegated, application)


def test_atlas_has_six_apps(atlas: Edition) -> None:
    assert [app.key for app in atlas.apps] == [
        "connex-api",
        "provisioning",
        "workspaces-sync",
        "spfx",
        "api-client",
        "pnp",
    ]


def test_atlas_edition_before_march_2025_differs_in_the_principal_only(atlas: Edition) -> None:
    old = load().edition("atlas", "2025-02-28")
    assert (old.basis, atlas.basis) == (EditionBasis.RECONSTRUCTED, EditionBasis.DOCUMENTED)
    assert old.basis_reason is not None
    assert atlas.basis_reason is None
    assert (old.app("spfx").documented_on, atlas.app("spfx").documented_on) == ("old", "new")
    assert [app.permissions for app in old.apps] == [app.permissions for app in atlas.apps]
    assert (old.footnotes, old.statements) == (atlas.footnotes, atlas.statements)


def test_atlas_spfx_principals(atlas: Edition) -> None:
    new, old = atlas.app("spfx").principals
    assert (new.key, new.app_id, new.identifier_uris) == ("new", "08e18876-6177-487e-b8b5-cf950c1e598c", ())
    assert (old.key, old.app_id) == ("old", None)
    assert old.name == "SharePoint Online Client Extensibility Web Application Principal"
    assert old.identifier_uris == ("api://{tenant}/microsoft.spfx3rdparty.com", "https://microsoft.spfx3rdparty.com")


def test_atlas_spfx_warns_of_sharing_and_of_the_change(atlas: Edition) -> None:
    sharing, change = atlas.app("spfx").warnings
    assert "Revoking" in sharing
    assert "March 2025" in change


def test_atlas_scope_of_its_own_api(atlas: Edition) -> None:
    (scope,) = atlas.app("connex-api").exposes
    assert (scope.value, scope.type) == ("Workspaces.FullControl.All", "Admin")
    assert scope.stable_id == stable_scope_id("atlas", "connex-api", scope.value)
    users = [app.key for app in atlas.apps if app.find("connex-api", DELEGATED, scope.value)]
    assert users == ["spfx", "api-client"]


def test_atlas_correction_of_a_name_that_does_not_exist(atlas: Edition) -> None:
    corrected = [entry for app in atlas.apps for entry in app.permissions if entry.correction]
    (entry,) = corrected
    assert entry.correction is not None
    assert (entry.name, entry.correction.written_as) == ("AllSites.FullControl", "AllSites.FullControl.All")


def test_six_rows_carry_the_description_of_another_permission(atlas: Edition, atera: App) -> None:
    apps = [*atlas.apps, atera]
    found = {
        (app.key, entry.api, entry.type.value, entry.name)
        for app in apps
        for entry in app.permissions
        if entry.misdescribed
    }
    assert found == {
        ("connex-api", "graph", "delegated", "Group.ReadWrite.All"),
        ("workspaces-sync", "sharepoint", "application", "User.Read.All"),
        ("pnp", "graph", "delegated", "User.Read.All"),
        ("pnp", "graph", "delegated", "Group.Read.All"),
        ("atera", "graph", "application", "Sites.FullControl.All"),
        ("atera", "graph", "application", "Contacts.ReadWrite"),
    }


def test_atlas_rejected_alternative(atlas: Edition) -> None:
    rejecting = [(app.key, entry) for app in atlas.apps for entry in app.permissions if entry.rejected]
    ((key, entry),) = rejecting
    assert (key, entry.name) == ("connex-api", "Group.ReadWrite.All")
    assert entry.rejected[0].name == "GroupMember.ReadWrite.All"
    assert "owner" in entry.rejected[0].reason


def test_atlas_gives_a_purpose_for_all_but_one(atlas: Edition) -> None:
    without = [(app.key, entry.title) for app in atlas.apps for entry in app.permissions if entry.purpose is None]
    assert without == [("pnp", "Office 365 SharePoint Online · delegated · User.Read.All")]


def test_atera_types_and_twins(atera: App) -> None:
    certain = Counter(entry.type for entry in atera.permissions if entry.certain)
    assert certain == {DELEGATED: 12, APPLICATION: 15}
    twins = {entry.name: entry.basis for entry in atera.permissions if not entry.certain}
    applications = {entry.name for entry in atera.permissions if entry.type is APPLICATION}
    assert set(twins) == applications - {"Application.ReadWrite.OwnedBy"}
    assert [name for name, basis in twins.items() if basis is Basis.LIKELY] == ["Contacts.ReadWrite"]
    assert all(
        find(atera, "graph", DELEGATED, name).label == find(atera, "graph", APPLICATION, name).label for name in twins
    )


def test_atera_writes_only_with_robin(atera: App) -> None:
    for entry in atera.permissions:
        expected = "only-with-robin" if entry.capability is Capability.WRITE else "not-stated"
        assert entry.when_used == expected, entry.title


def test_atera_says_what_each_permission_allows_and_never_why(atera: App) -> None:
    assert all(entry.purpose is None for entry in atera.permissions)
    assert all(entry.allows for entry in atera.permissions if entry.certain)
    assert all(entry.group for entry in atera.permissions)


def test_atera_statement_of_user_rights_stands_beside_microsofts_rule() -> None:
    statements = {entry.key: entry for entry in load().edition("atera", "2026-11-22").statements}
    bounded = statements["bounded-by-user"]
    assert bounded.differs
    assert bounded.microsoft is not None
    assert "delegated permissions only" in bounded.microsoft
    assert "15 of the 27" in bounded.microsoft


READ = {"Read", "ReadBasic"}


@pytest.mark.parametrize(("vendor", "date"), ALL)
def test_capability_follows_from_the_name(vendor: str, date: str) -> None:
    """Read-only permissions say so in their second word; offline_access gives no data at all."""
    for app in load().edition(vendor, date).apps:
        for entry in app.permissions:
            reads = entry.name == "offline_access" or entry.name.split(".")[1] in READ
            assert (entry.capability is Capability.READ) is reads, entry.title


@pytest.mark.parametrize(("vendor", "date"), ALL)
def test_every_documented_permission_has_a_risk(vendor: str, date: str) -> None:
    for app in load().edition(vendor, date).apps:
        for entry in app.permissions:
            found = risk(entry.permission)
            assert found is not None, entry.title
            assert (found.name, bool(found.reason)) == (entry.name, True)


@pytest.mark.parametrize(("vendor", "date"), ALL)
def test_every_edition_has_a_footnote_a_type(vendor: str, date: str) -> None:
    assert set(load().edition(vendor, date).footnotes) == set(PermissionType)


def test_same_guid_on_two_apis_is_two_permissions(atlas: Edition) -> None:
    """Atlas asks for User.Read.All of Graph and of SharePoint, whose ids are the same."""
    sync = atlas.app("workspaces-sync")
    pair = [find(sync, api, APPLICATION, "User.Read.All") for api in ("graph", "sharepoint")]
    assert pair[0].id == pair[1].id
    assert pair[0].permission != pair[1].permission
