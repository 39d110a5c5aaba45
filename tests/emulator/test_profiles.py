"""What each profile holds."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import TENANT_ID, Emulator, profiles

NEW, OLD = (
    "SharePoint Online Web Client Extensibility",
    "SharePoint Online Client Extensibility Web Application Principal",
)


def opened(profile: str) -> dict[str, list[dict[str, Any]]]:
    with Emulator.open(profile=profile) as emulator:
        return emulator.snapshot()


def consents(found: dict[str, list[dict[str, Any]]], name: str) -> dict[str, str]:
    """Return the tenant-wide delegated consents of a client: API name to scope string."""
    names = {row["id"]: row["displayName"] for row in found["servicePrincipals"]}
    return {
        names[row["resourceId"]]: row["scope"]
        for row in found["oauth2PermissionGrants"]
        if names[row["clientId"]] == name and row["consentType"] == "AllPrincipals"
    }


@pytest.mark.parametrize("profile", profiles())
def test_profile_is_the_same_every_time(profile: str) -> None:
    assert opened(profile) == opened(profile)


@pytest.mark.parametrize(
    ("profile", "there"),
    [
        ("fresh", {NEW}),
        ("legacy-spfx", {OLD}),
        ("both-spfx", {NEW, OLD}),
        ("no-spfx", set()),
        ("brownfield", {NEW, OLD}),
    ],
)
def test_sharepoint_principals(profile: str, there: set[str]) -> None:
    names = {row["displayName"] for row in opened(profile)["servicePrincipals"]}
    assert names & {NEW, OLD} == there
    assert ("Atera" in names) is (profile == "brownfield")


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
    found = opened("legacy-spfx")
    app = next(row for row in found["applications"] if row["displayName"] == OLD)
    assert app["identifierUris"] == [f"api://{TENANT_ID}/microsoft.spfx3rdparty.com"]
    assert set(consents(found, OLD)) == {"Microsoft Graph", "Office 365 SharePoint Online"}


def test_brownfield_atlas_is_out_of_date() -> None:
    found = opened("brownfield")
    api = consents(found, "Atlas.ConneX API")["Microsoft Graph"].split()
    assert "GroupMember.ReadWrite.All" in api
    assert "Group.ReadWrite.All" not in api
    roles = roles_of(found, "Atlas.ConneX Provisioning")
    assert "Directory.ReadWrite.All" in roles
    assert "TermStore.ReadWrite.All" not in roles
    atera = consents(found, "Atera")["Microsoft Graph"].split()
    assert "Calendars.ReadWrite" in atera  # documented as an application permission: this is its delegated twin
    assert {row["consentType"] for row in found["oauth2PermissionGrants"]} == {"AllPrincipals", "Principal"}


def roles_of(found: dict[str, list[dict[str, Any]]], name: str) -> set[str]:
    """Return the values of the app roles that a client has."""
    with Emulator.open() as emulator:
        lists = [row["appRoles"] for row in emulator.tenant.store["servicePrincipals"].rows.values()]
    values = {role["id"]: role["value"] for roles in lists for role in roles}
    held = found["appRoleAssignments"]
    return {values[row["appRoleId"]] for row in held if row["principalDisplayName"] == name}
