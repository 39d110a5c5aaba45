"""What a stack wants of an app, and whose permission is which: what policy, audit, adoption and read-back go by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockstep.catalogue import GRAPH, SHAREPOINT, Permission, PermissionType, load
from lockstep.settings.stack_app import StackApp, stack_apps, vendor_apps
from tests.settings.reading import ATERA, LOCAL_TENANT, OPTIONAL, REAL_TENANT, apps, read

APPLICATION, DELEGATED = PermissionType.APPLICATION, PermissionType.DELEGATED
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
EDITIONS = [load().edition("atlas", "2025-03-01"), load().edition("atera", "2026-11-22")]
DOCUMENTED = {app.key: app for app in vendor_apps(LOCAL_TENANT, EDITIONS, {"atera": ATERA})}
SCOPE = "5ca1ab1e-0000-4000-8000-000000000001"


def of_stack(changes: dict[str, Any], **settings: str) -> dict[str, StackApp]:
    """Return the apps of a local stack with these settings of apps, by key."""
    return {app.key: app for app in stack_apps(read(apps=apps({**OPTIONAL, **changes}), **settings))}


@pytest.mark.parametrize(
    ("app", "permission", "allowed"),
    [
        ("workspaces-sync", Permission(GRAPH, APPLICATION, USER_READ_ALL), True),
        ("workspaces-sync", Permission(SHAREPOINT, APPLICATION, USER_READ_ALL), True),
        ("provisioning", Permission(GRAPH, APPLICATION, USER_READ_ALL), True),
        ("provisioning", Permission(SHAREPOINT, APPLICATION, USER_READ_ALL), False),
        ("workspaces-sync", Permission(GRAPH, DELEGATED, USER_READ_ALL), False),
        ("api-client", Permission(GRAPH, APPLICATION, USER_READ_ALL), False),
    ],
)
def test_an_app_may_have_a_permission_by_api_type_and_id(app: str, permission: Permission, allowed: bool) -> None:
    assert (permission in DOCUMENTED[app].wanted_identities) is allowed


def test_what_is_only_possible_is_allowed_to_stay_and_not_wanted() -> None:
    atera = DOCUMENTED["atera"]
    possible = atera.allowed_identities - atera.wanted_identities
    assert (len(atera.wanted_identities), len(possible)) == (27, 14)
    assert possible == {atera.identity(entry) for entry in atera.tolerated}


def test_a_scope_of_an_own_api_has_an_identity_before_the_api_has_an_app_id() -> None:
    (scope,) = DOCUMENTED["connex-api"].app.exposes
    permission = Permission("app:connex-api", DELEGATED, scope.stable_id)
    assert permission in DOCUMENTED["spfx"].wanted_identities
    assert permission not in DOCUMENTED["provisioning"].documented


def test_a_scope_of_an_adopted_api_keeps_its_id_for_everybody_who_asks_for_it() -> None:
    kept = {"displayName": "Old API", "scopeIds": {"Workspaces.FullControl.All": SCOPE}}
    chosen = of_stack({"connex-api": {"adopted": kept}})
    permission = Permission("app:connex-api", DELEGATED, SCOPE)
    assert chosen["connex-api"].scope_ids == {"Workspaces.FullControl.All": SCOPE}
    assert all(permission in chosen[key].wanted_identities for key in ("spfx", "api-client"))


@pytest.mark.parametrize(
    ("setting", "name", "uris"),
    [
        ({}, "Atlas.ConneX API Test 2", (f"api://{LOCAL_TENANT}/atlas-connex-api-test-2",)),
        ({"adopted": {"displayName": "Ours"}}, "Ours", ()),
        ({"adopted": {"displayName": "Ours", "identifierUris": ["api://x"]}}, "Ours", ("api://x",)),
    ],
    ids=["made by us", "adopted", "adopted with a URI"],
)
def test_name_and_identifier_uri(setting: dict[str, Any], name: str, uris: tuple[str, ...]) -> None:
    app = of_stack({"connex-api": setting}, nameSuffix="Test 2")["connex-api"]
    assert (app.name, app.identifier_uris) == (name, uris)


@pytest.mark.parametrize(
    ("principals", "required", "one_of"),
    [
        ("auto", set(), True),
        ("new", {"new"}, False),
        ("old", {"old"}, False),
        ("both", {"new", "old"}, False),
        ("later", set(), False),
    ],
)
def test_which_principals_must_be_there(principals: str, required: set[str], one_of: bool) -> None:
    app = of_stack({"spfx": {"principals": principals}})["spfx"]
    assert (set(app.required), app.one_of) == (required, one_of)


def test_without_a_stack_every_app_is_there_and_an_optional_one_may_be_absent() -> None:
    assert {key for key, app in DOCUMENTED.items() if app.may_be_absent} == {"api-client", "pnp"}
    assert len(DOCUMENTED) == sum(len(edition.apps) for edition in EDITIONS)
    assert not any(app.may_be_absent for app in of_stack({}).values())


def test_two_vendors_with_an_app_of_one_key_cannot_share_a_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from lockstep.errors import SettingError

    catalogue = load()
    atera = catalogue.edition("atera", "2026-11-22")
    twin = replace(atera, apps=tuple(replace(app, key="spfx") for app in atera.apps))
    monkeypatch.setattr(catalogue, "edition", lambda vendor, date: twin if vendor == "atera" else EDITIONS[0])
    pinned = json.dumps({"atlas": "2025-03-01", "atera": "2026-11-22"})
    with pytest.raises(SettingError, match="vendors names atlas and atera, which both have an app 'spfx'"):
        read(target=REAL_TENANT, editions=pinned)
