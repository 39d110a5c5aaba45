"""The permission lists of Microsoft's APIs, and Microsoft's own apps."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from lockstep.catalogue import (
    GRAPH,
    SHAREPOINT,
    Permission,
    PermissionType,
    api,
    api_of,
    apis,
    observed_grants,
    public_apps,
    risk,
)
from lockstep.catalogue.api import DATA, names_of_apis

APPLICATION, DELEGATED = PermissionType.APPLICATION, PermissionType.DELEGATED
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
AZURE_AD_GRAPH = "00000002-0000-0000-c000-000000000000"
SECOND_IDS = {"exchange-online": ["User.ReadBasic.All"]}
"""Names that an API has given two ids."""


@pytest.mark.parametrize(
    ("key", "name", "app_id", "application", "delegated"),
    [
        ("graph", "Microsoft Graph", GRAPH, 716, 807),
        ("sharepoint", "Office 365 SharePoint Online", SHAREPOINT, 20, 29),
        ("exchange-online", "Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", 28, 56),
        ("azure-ad-graph", "Windows Azure Active Directory", AZURE_AD_GRAPH, 9, 10),
        ("office-365-management", "Office 365 Management APIs", "c5393580-f805-4401-95e8-94b7a6ef2fc2", 7, 7),
        ("azure-service-management", "Azure Resource Manager", "797f4846-ba00-4fd7-ba43-dac1f8f63013", 0, 1),
        ("power-bi", "Power BI Service", "00000009-0000-0000-c000-000000000000", 2, 202),
        ("viva-engage", "Viva Engage", "00000005-0000-0ff1-ce00-000000000000", 11, 9),
        ("defender-for-endpoint", "WindowsDefenderATP", "fc780465-2017-40d4-a0c5-307022471b92", 32, 27),
        ("azure-devops", "Azure DevOps", "499b84ac-1321-427f-aa17-267ca6975798", 2, 80),
    ],
)
def test_lists_are_whole(key: str, name: str, app_id: str, application: int, delegated: int) -> None:
    api = apis()[key]
    assert (api.key, api.name, api.app_id) == (key, name, app_id)
    found = Counter(entry.type for entry in api.permissions)
    assert (found[APPLICATION], found[DELEGATED]) == (application, delegated)


@pytest.mark.parametrize("key", apis())
def test_names_and_ids_are_unique_in_a_type(key: str) -> None:
    entries = apis()[key].permissions
    names = Counter((entry.type, entry.name) for entry in entries)
    assert [name for (_, name), count in names.items() if count > 1] == SECOND_IDS.get(key, [])
    assert len({(entry.type, entry.id) for entry in entries}) == len(entries)
    assert all(entry.id == entry.id.lower() for entry in entries)


@pytest.mark.parametrize(
    ("key", "type", "name", "id"),
    [
        ("exchange-online", APPLICATION, "full_access_as_app", "dc890d15-9560-4a4c-9b7f-a736ec74ec40"),
        ("exchange-online", DELEGATED, "EWS.AccessAsUser.All", "3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5"),
        ("azure-ad-graph", APPLICATION, "Directory.Read.All", "5778995a-e1bf-45b8-affa-663a9f3f4d04"),
        ("office-365-management", APPLICATION, "ActivityFeed.Read", "594c1fb6-4f81-4475-ae41-0c394909246c"),
        ("azure-service-management", DELEGATED, "user_impersonation", "41094075-9dad-400e-a0bd-54e686782033"),
        ("azure-key-vault", DELEGATED, "user_impersonation", "f53da476-18e3-4152-8e01-aec403e6edc0"),
        ("dataverse", DELEGATED, "user_impersonation", "78ce3f0f-a1ce-49c2-8cde-64b5c0896db4"),
    ],
)
def test_i6_ids_are_those_that_others_have_seen(key: str, type: PermissionType, name: str, id: str) -> None:
    """These ids stand in many public scripts and manifests, beside the one export that each list is from."""
    entry = apis()[key].find(name, type)
    assert entry is not None
    assert entry.id == id


def test_i6_the_apis_are_the_files_of_the_folder() -> None:
    assert set(apis()) == {path.stem for path in (DATA / "apis").iterdir()}
    assert list(apis())[:2] == ["graph", "sharepoint"]
    assert len(apis()) == len(set(apis()))
    for key, listed in apis().items():
        assert listed.key == key
        assert api_of(listed.app_id.upper()) is listed
    assert api_of("0" * 36) is None
    assert "nothing" not in apis()


def test_i6_a_list_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = api._api

    def recorded(key: str) -> api.Api:
        read.append(key)
        return real(key)

    monkeypatch.setattr(api, "_api", recorded)
    assert "exchange-online" in apis()
    assert api_of(GRAPH) is apis()["graph"]
    assert api_of(SHAREPOINT) is not None
    assert set(read) == {"graph", "sharepoint"}


@pytest.mark.parametrize("key", apis())
def test_i6_every_list_is_dated_and_says_where_it_is_from(key: str) -> None:
    document = json.loads((DATA / "apis" / f"{key}.json").read_text(encoding="utf-8"))
    assert re.match(r"20\d\d-\d\d-\d\d \(", document["snapshot"])
    assert document["sources"]
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+:[^:]+\.\w+", source) for source in document["sources"])
    assert {"key", "name", "app_id", "snapshot", "sources", "permissions"} <= set(document)
    rows = [(row["value"], row["type"]) for row in document["permissions"]]
    assert rows
    assert all(value for value, _ in rows)


def test_i6_no_name_means_two_apis() -> None:
    names = [name for name, _ in names_of_apis()]
    assert len(names) == len(set(names))
    called = [
        name.casefold()
        for key, listed in apis().items()
        for name in {listed.name, *api.data(f"apis/{key}.json").get("also_called", ())}
    ]
    assert sorted(called) == sorted(names)
    assert dict(names_of_apis())["yammer"] == "viva-engage"
    assert dict(names_of_apis())["azure ad graph"] == "azure-ad-graph"


def test_i6_an_api_that_microsoft_retired_says_since_when_and_by_which_page() -> None:
    retired = {key: listed.retired for key, listed in apis().items() if listed.retired}
    assert list(retired) == ["azure-ad-graph"]
    assert retired["azure-ad-graph"].since == "2025-07-01"
    assert retired["azure-ad-graph"].source.startswith("https://techcommunity.microsoft.com/")


def test_find_wants_the_type() -> None:
    graph = apis()["graph"]
    found = graph.find("InformationProtectionPolicy.Read", DELEGATED)
    assert found is not None
    assert found.id == "4ad84827-5578-4e18-ad7a-86530b12f884"
    assert graph.find("InformationProtectionPolicy.Read", APPLICATION) is None


def test_by_id_wants_the_api_and_the_type() -> None:
    """One GUID names two permissions of two APIs, and another both types of one name."""
    assert [name(key, APPLICATION, USER_READ_ALL.upper()) for key in ("graph", "sharepoint")] == ["User.Read.All"] * 2
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
