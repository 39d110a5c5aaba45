"""What each profile holds."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.catalogue import apis, load
from lockstep.emulator import TENANT_ID, Emulator, profiles
from tests.emulator.client import Client

NEW, OLD = (
    "SharePoint Online Web Client Extensibility",
    "SharePoint Online Client Extensibility Web Application Principal",
)


def opened(profile: str) -> dict[str, list[dict[str, Any]]]:
    with Emulator.open(profile=profile) as emulator:
        return emulator.snapshot()


def consents(tenant: dict[str, list[dict[str, Any]]], name: str) -> dict[str, str]:
    """Return the tenant-wide delegated consents of a client: API name to scope string."""
    names = {row["id"]: row["displayName"] for row in tenant["servicePrincipals"]}
    return {
        names[row["resourceId"]]: row["scope"]
        for row in tenant["oauth2PermissionGrants"]
        if names[row["clientId"]] == name and row["consentType"] == "AllPrincipals"
    }


@pytest.mark.parametrize("profile", profiles())
def test_profile_is_the_same_every_time(profile: str) -> None:
    assert opened(profile) == opened(profile)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("fresh", {NEW}),
        ("legacy-spfx", {OLD}),
        ("both-spfx", {NEW, OLD}),
        ("no-spfx", set()),
        ("brownfield", {NEW, OLD}),
        ("drifted", {NEW}),
    ],
)
def test_sharepoint_principals(profile: str, expected: set[str]) -> None:
    names = {row["displayName"] for row in opened(profile)["servicePrincipals"]}
    assert names & {NEW, OLD} == expected
    assert ("Atera" in names) is (profile in ("brownfield", "drifted"))


def test_fresh_holds_microsofts_own_grants_some_of_unlisted_scopes() -> None:
    held = consents(opened("fresh"), NEW)
    assert held == {
        "Graph Connector Service": "ExternalConnection.ReadWrite.All Sites.FullControl.All",
        "Microsoft Forms": "Forms.ReadWrite",
        "Microsoft Graph": "Files.Read.All Files.ReadWrite.All Sites.Read.All Tasks.ReadWrite",
        "Office 365 SharePoint Online": "Files.ReadWrite.All Sites.FullControl.All Sites.ReadWrite.All"
        " TermStore.ReadWrite.All",
    }
    with Emulator.open() as emulator:
        sharepoint = emulator.tenant.principals.get("00000003-0000-0ff1-ce00-000000000000", "appId")
    assert "Sites.FullControl.All" not in {scope["value"] for scope in sharepoint["oauth2PermissionScopes"]}


def test_old_principal_is_the_tenants_own_and_holds_a_foreign_vendors_scopes() -> None:
    tenant = opened("legacy-spfx")
    app = next(row for row in tenant["applications"] if row["displayName"] == OLD)
    assert app["identifierUris"] == [f"api://{TENANT_ID}/microsoft.spfx3rdparty.com"]
    assert set(consents(tenant, OLD)) == {"Microsoft Graph", "Office 365 SharePoint Online"}


def test_brownfield_is_three_years_old_and_out_of_date() -> None:
    tenant = opened("brownfield")
    api = consents(tenant, "Atlas.ConneX API")["Microsoft Graph"].split()
    assert "GroupMember.ReadWrite.All" in api
    assert "Group.ReadWrite.All" not in api
    roles = roles_of(tenant, "Atlas.ConneX Provisioning")
    assert "Directory.ReadWrite.All" in roles
    assert "TermStore.ReadWrite.All" not in roles
    app = next(row for row in tenant["applications"] if row["displayName"] == "Atlas.ConneX API")
    assert app["createdDateTime"].startswith("2023-")
    secret = app["passwordCredentials"][0]
    assert (secret["startDateTime"][:4], secret["endDateTime"][:4], secret["secretText"]) == ("2023", "2033", None)
    assert app["owners"]


def test_brownfield_has_a_look_alike_another_environment_and_users_own_consents() -> None:
    tenant = opened("brownfield")
    names = sorted(row["displayName"] for row in tenant["applications"] if row["displayName"].startswith("Atlas"))
    apps = ["Atlas.ConneX API", "Atlas.ConneX Provisioning", "Atlas.ConneX Workspaces Sync"]
    assert names == sorted(["Atlas ConneX Provisioning", *apps, *(f"{name} Test" for name in apps)])
    own = {row["clientId"] for row in tenant["oauth2PermissionGrants"] if row["consentType"] == "Principal"}
    clients = {row["id"]: row["displayName"] for row in tenant["servicePrincipals"]}
    assert {clients[client] for client in own} == {"Atlas.ConneX API", "Atera", NEW, OLD}


def test_brownfield_atera_has_every_possible_delegated_twin() -> None:
    atera = load().edition_as_of("atera", "current").app("atera")
    held = set(consents(opened("brownfield"), "Atera")["Microsoft Graph"].split())
    twins = {entry.name for entry in atera.permissions if not entry.certain}
    assert len(twins) == 14
    assert held >= twins | {"openid", "profile", "email", "offline_access"}


def test_brownfield_new_principal_lacks_the_customers_own_api_and_holds_others_scopes() -> None:
    tenant = opened("brownfield")
    assert consents(tenant, NEW)["Contoso Intranet API"] == "News.Read"
    assert "Atlas.ConneX API" not in consents(tenant, NEW)
    assert consents(tenant, OLD)["Atlas.ConneX API"] == "Workspaces.FullControl.All"


def test_drifted_differs_from_the_documents_in_one_of_each_way() -> None:
    tenant = opened("drifted")
    api = consents(tenant, "Atlas.ConneX API")
    assert "Mail.Read" in api["Microsoft Graph"].split()
    assert api["Contoso Expenses API"] == "Expenses.Read"
    roles = roles_of(tenant, "Atlas.ConneX Provisioning")
    assert "Mail.ReadWrite" in roles
    assert consents(tenant, "Atlas.ConneX Provisioning") == {"Microsoft Graph": "Files.Read.All"}
    assert "Files.Read.All" not in roles
    held = [
        row for row in tenant["appRoleAssignments"] if row["principalDisplayName"] == "Atlas.ConneX Workspaces Sync"
    ]
    # User.Read.All has one id on two APIs; only the assignment on one of them is gone.
    with_shared_id = [row["resourceDisplayName"] for row in held if row["appRoleId"].startswith("df021288")]
    assert with_shared_id == ["Office 365 SharePoint Online"]
    assert "Atlas.ConneX API" not in consents(tenant, NEW)
    app = next(row for row in tenant["applications"] if row["displayName"] == "Atlas.ConneX API")
    assert [scope["isEnabled"] for scope in app["api"]["oauth2PermissionScopes"]] == [False]


def roles_of(tenant: dict[str, list[dict[str, Any]]], name: str) -> set[str]:
    """Return the values of the app roles that a client has."""
    with Emulator.open() as emulator:
        lists = [row["appRoles"] for row in emulator.tenant.store["servicePrincipals"].rows.values()]
    values = {role["id"]: role["value"] for roles in lists for role in roles}
    held = tenant["appRoleAssignments"]
    return {values[row["appRoleId"]] for row in held if row["principalDisplayName"] == name}


def test_i6_every_api_that_is_listed_is_in_a_tenant_and_offers_what_its_list_has() -> None:
    with Emulator.open(profile="fresh") as emulator, Client(emulator) as graph:
        shown = [(api, graph.get(f"/servicePrincipals(appId='{api.app_id}')")) for api in apis().values()]
    for api, principal in shown:
        assert principal["displayName"] == api.name
        offered = {("application", row["value"], row["id"]) for row in principal["appRoles"]}
        offered |= {("delegated", row["value"], row["id"]) for row in principal["oauth2PermissionScopes"]}
        assert offered == {(entry.type.value, entry.name, entry.id) for entry in api.permissions}
