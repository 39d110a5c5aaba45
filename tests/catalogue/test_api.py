"""The permission lists of Microsoft's APIs, and Microsoft's own apps."""

from __future__ import annotations

from collections import Counter

import pytest

from lockstep.catalogue import (
    GRAPH,
    SHAREPOINT,
    Permission,
    PermissionType,
    apis,
    observed_grants,
    public_apps,
    risk,
)

APPLICATION, DELEGATED = PermissionType.APPLICATION, PermissionType.DELEGATED
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"


@pytest.mark.parametrize(
    ("key", "name", "app_id", "application", "delegated"),
    [
        ("graph", "Microsoft Graph", GRAPH, 716, 807),
        ("sharepoint", "Office 365 SharePoint Online", SHAREPOINT, 20, 29),
    ],
)
def test_lists_are_whole(key: str, name: str, app_id: str, application: int, delegated: int) -> None:
    api = apis()[key]
    assert (api.key, api.name, api.app_id) == (key, name, app_id)
    assert Counter(entry.type for entry in api.permissions) == {APPLICATION: application, DELEGATED: delegated}


@pytest.mark.parametrize("key", ["graph", "sharepoint"])
def test_names_and_ids_are_unique_in_a_type(key: str) -> None:
    entries = apis()[key].permissions
    assert len({(entry.type, entry.name) for entry in entries}) == len(entries)
    assert len({(entry.type, entry.id) for entry in entries}) == len(entries)
    assert all(entry.id == entry.id.lower() for entry in entries)


def test_find_wants_the_type() -> None:
    graph = apis()["graph"]
    found = graph.find("InformationProtectionPolicy.Read", DELEGATED)
    assert found is not None
    assert found.id == "4ad84827-5578-4e18-ad7a-86530b12f884"
    assert graph.find("InformationProtectionPolicy.Read", APPLICATION) is None


def test_by_id_wants_the_api_and_the_type() -> None:
    """One GUID names two permissions of two APIs, and another both types of one name."""
    assert [name(key, APPLICATION, USER_READ_ALL.upper()) for key in apis()] == ["User.Read.All", "User.Read.All"]
    assert name("graph", DELEGATED, USER_READ_ALL) is None
    export = "405a51b5-8d8d-430b-9842-8be4b0e9f324"
    assert [name("graph", type, export) for type in PermissionType] == ["User.Export.All", "User.Export.All"]


def name(key: str, type: PermissionType, id: str) -> str | None:
    entry = apis()[key].by_id(type, id)
    return entry.name if entry else None


def test_disabled_permissions_say_so() -> None:
    disabled = {(entry.type, entry.name) for entry in apis()["graph"].permissions if not entry.enabled}
    names = ("AgentCard.Read.All", "AgentCard.ReadWrite.All")
    assert disabled == {(type, name) for type in PermissionType for name in names}


def test_application_permissions_always_need_an_administrator() -> None:
    entries = [entry for api in apis().values() for entry in api.permissions if entry.type is APPLICATION]
    assert all(entry.admin_consent_required for entry in entries)


def test_public_apps_hold_the_apis_and_the_shared_principal() -> None:
    apps = public_apps()
    assert {apps[api.app_id] for api in apis().values()} == {api.name for api in apis().values()}
    assert apps["08e18876-6177-487e-b8b5-cf950c1e598c"] == "SharePoint Online Web Client Extensibility"


def test_observed_grants_hold_scopes_that_the_api_does_not_list() -> None:
    grant = next(grant for grant in observed_grants() if grant.resource == "Office 365 SharePoint Online")
    unlisted = [scope for scope in grant.scopes if apis()["sharepoint"].find(scope, DELEGATED) is None]
    assert "Sites.FullControl.All" in unlisted


def test_risk_keeps_types_apart() -> None:
    graph = apis()["graph"]
    tiers = {}
    for type in PermissionType:
        entry = graph.find("Files.Read.All", type)
        assert entry is not None
        tiers[type] = risk(graph.permission(entry))
    assert None not in tiers.values()
    assert tiers[DELEGATED] != tiers[APPLICATION]


def test_risk_of_what_no_edition_documents_is_none() -> None:
    assert risk(Permission(GRAPH, DELEGATED, "0" * 36)) is None


@pytest.mark.parametrize(("type", "word"), [(DELEGATED, "Scope"), (APPLICATION, "Role")])
def test_type_and_manifest_word(type: PermissionType, word: str) -> None:
    assert type.entra == word
    assert PermissionType.from_entra(word) is type


def test_type_refuses_other_words() -> None:
    with pytest.raises(ValueError, match="'scope' is neither 'Scope' nor 'Role'"):
        PermissionType.from_entra("scope")
