"""Limits and rules of applications, each with what is still allowed beside what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import TENANT_ID
from tests.emulator.client import Client
from tests.vendors import ATERA_CLIENT_ID

GRAPH = "00000003-0000-0000-c000-000000000000"
SPFX = "08e18876-6177-487e-b8b5-cf950c1e598c"
BAD, TOO_LARGE = (400, "Request_BadRequest"), (403, "Directory_ResourceSizeExceeded")
MADE = (201, "")


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def role(**values: Any) -> dict[str, Any]:
    base = {"allowedMemberTypes": ["Application"], "description": "d", "displayName": "n", "id": guid(1), "value": "Do"}
    return {**base, "isEnabled": True, **values}


def scope(**values: Any) -> dict[str, Any]:
    return {"id": guid(2), "isEnabled": True, "type": "Admin", "value": "Use", **values}


def create(graph: Client, **values: Any) -> tuple[int, str]:
    return graph.status("POST", "/applications", {"displayName": "x", "signInAudience": "AzureADMyOrg", **values})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"displayName": "x" * 120}, MADE),
        ({"displayName": "x" * 121}, BAD),
        ({"identifierUris": [f"api://{TENANT_ID}/".ljust(255, "x")]}, MADE),
        ({"identifierUris": [f"api://{TENANT_ID}/".ljust(256, "x")]}, BAD),
        ({"appRoles": [role()]}, MADE),
        ({"appRoles": [role(value=None)]}, MADE),
        ({"appRoles": [role(value="Do It")]}, BAD),
        ({"appRoles": [role(value=".Do")]}, BAD),
        ({"appRoles": [role(value="x" * 120)]}, MADE),
        ({"appRoles": [role(value="x" * 121)]}, BAD),
        ({"appRoles": [role(allowedMemberTypes=["Application", "User"])]}, MADE),
        ({"appRoles": [role(allowedMemberTypes=["Device"])]}, BAD),
        ({"appRoles": [role(allowedMemberTypes=[])]}, BAD),
        ({"appRoles": [role(displayName="")]}, BAD),
        ({"appRoles": [role(description=None)]}, BAD),
        ({"api": {"oauth2PermissionScopes": [scope()]}}, MADE),
        ({"api": {"oauth2PermissionScopes": [scope(type="Everybody")]}}, BAD),
        ({"api": {"oauth2PermissionScopes": [scope(value=None)]}}, BAD),
        ({"api": {"oauth2PermissionScopes": [scope(value="a b")]}}, BAD),
        ({"web": {"redirectUris": ["https://local.test/x", "http://localhost:3000/x"]}}, MADE),
        ({"web": {"redirectUris": ["http://local.test/x"]}}, BAD),
        ({"web": {"redirectUris": ["http://localhost.evil.test/x"]}}, BAD),
        ({"spa": {"redirectUris": ["ftp://local.test"]}}, BAD),
        ({"web": {"redirectUris": ["https://local.test/#x"]}}, BAD),
        ({"publicClient": {"redirectUris": ["msal00000000://auth", "https://local.test"]}}, MADE),
        ({"publicClient": {"redirectUris": ["no scheme"]}}, BAD),
        ({"web": {"redirectUris": ["https://local.test/".ljust(256, "x")]}}, MADE),
        ({"web": {"redirectUris": ["https://local.test/".ljust(257, "x")]}}, BAD),
        ({"api": {"knownClientApplications": [guid(3)]}}, MADE),
        ({"api": {"knownClientApplications": ["x"]}}, BAD),
        ({"optionalClaims": {"idToken": [{"name": "email", "essential": False}], "accessToken": []}}, MADE),
        ({"optionalClaims": {"cookie": []}}, BAD),
        ({"optionalClaims": {"idToken": [{"essential": True}]}}, BAD),
        ({"tags": ["HideApp", "WindowsAzureActiveDirectoryIntegratedApp"]}, MADE),
        ({"tags": [""]}, BAD),
        ({"tags": ["lockstep-claim/2:new:00000003-0000-0000-c000-000000000000:+Mail.Send"]}, MADE),
        ({"tags": ["two words"]}, BAD),
        ({"tags": ["a\ttab"]}, BAD),
        ({"tags": [" HideApp"]}, BAD),
        ({"tags": ["HideApp", "HideApp"]}, BAD),
    ],
)
def test_values_of_an_application_are_judged(graph: Client, values: dict[str, Any], expected: tuple[int, str]) -> None:
    assert create(graph, **values) == expected


def requests(apis: int, permissions: int) -> list[dict[str, Any]]:
    access = [{"id": guid(number), "type": "Role"} for number in range(permissions)]
    return [{"resourceAppId": guid(api), "resourceAccess": access} for api in range(apis)]


@pytest.mark.parametrize(
    ("audience", "apis", "permissions", "allowed"),
    [
        ("AzureADMyOrg", 50, 8, True),
        ("AzureADMyOrg", 51, 1, False),
        ("AzureADMyOrg", 1, 400, True),
        ("AzureADMyOrg", 1, 401, False),
        ("AzureADMyOrg", 50, 9, False),
        ("AzureADandPersonalMicrosoftAccount", 6, 30, True),
        ("AzureADandPersonalMicrosoftAccount", 1, 31, False),
        ("AzureADandPersonalMicrosoftAccount", 7, 30, False),
    ],
)
def test_number_of_configured_permissions(
    graph: Client, audience: str, apis: int, permissions: int, allowed: bool
) -> None:
    answer = create(graph, signInAudience=audience, requiredResourceAccess=requests(apis, permissions))
    assert answer == (MADE if allowed else (400, "Directory_QuotaExceeded"))


@pytest.mark.parametrize(("tags", "expected"), [(1199, MADE), (1200, TOO_LARGE)])
def test_manifest_holds_twelve_hundred_entries(graph: Client, tags: int, expected: tuple[int, str]) -> None:
    assert create(graph, tags=[f"t{number}" for number in range(tags)], appRoles=[role()]) == expected


def test_names_may_be_doubled_but_unique_names_not(graph: Client) -> None:
    first, second = graph.application("Twin", uniqueName="one"), graph.application("Twin", uniqueName="two")
    assert first["id"] != second["id"]
    twins = graph.get("/applications?$filter=displayName eq 'Twin'")["value"]
    assert {row["id"] for row in twins} == {first["id"], second["id"]}
    assert create(graph, uniqueName="one") == (400, "Request_MultipleObjectsWithSameKeyValue")


def test_client_is_pre_authorised_for_scopes_that_are_there_already(graph: Client) -> None:
    app = graph.application()
    path = f"/applications/{app['id']}"
    entry = [{"appId": SPFX, "delegatedPermissionIds": [guid(2)]}]
    assert graph.status("PATCH", path, {"api": {"preAuthorizedApplications": entry}}) == (400, "InvalidValue")
    both = {"api": {"oauth2PermissionScopes": [scope()], "preAuthorizedApplications": entry}}
    assert graph.status("PATCH", path, both) == (400, "InvalidValue")
    assert graph.status("PATCH", path, {"api": {"oauth2PermissionScopes": [scope()]}}) == (204, "")
    assert graph.status("PATCH", path, {"api": {"preAuthorizedApplications": entry}}) == (204, "")
    assert graph.get(path)["api"]["oauth2PermissionScopes"] == [scope()]
    assert graph.status("PATCH", path, {"appRoles": [role()]}) == (204, "")
    with_role = [{"appId": SPFX, "delegatedPermissionIds": [guid(1), guid(2)]}]
    assert graph.status("PATCH", path, {"api": {"preAuthorizedApplications": with_role}}) == (204, "")
    wrong = [{"appId": "x", "delegatedPermissionIds": []}]
    assert graph.status("PATCH", path, {"api": {"preAuthorizedApplications": wrong}}) == BAD


def test_app_role_is_disabled_before_it_is_deleted(graph: Client) -> None:
    app = graph.application(appRoles=[role()])
    path = f"/applications/{app['id']}"
    refused = (400, "CannotDeleteOrUpdateEnabledEntitlement")
    assert graph.status("PATCH", path, {"appRoles": []}) == refused
    assert graph.status("PATCH", path, {"appRoles": [role(value="Other")]}) == refused
    assert graph.status("PATCH", path, {"appRoles": [role(isEnabled=False)]}) == (204, "")
    assert graph.status("PATCH", path, {"appRoles": []}) == (204, "")


def test_principal_has_at_most_fifteen_hundred_app_roles(graph: Client) -> None:
    tenant = graph.emulator.tenant
    client = graph.principal("Client")
    apis = [graph.principal(f"API {part}", appRoles=[role(id=guid(n), value=f"R{n}") for n in range(500)])
            for part in range(4)]  # fmt: skip
    with tenant.store.transaction():
        for api in apis[:3]:
            for number in range(500):
                tenant.assignments.assign(client["id"], api["id"], guid(number))
    path = f"/servicePrincipals/{client['id']}/appRoleAssignments"
    body = {"appRoleId": guid(0), "principalId": client["id"], "resourceId": apis[3]["id"]}
    assert graph.status("POST", path, body) == (400, "Directory_QuotaExceeded")
    held = graph.get(f"{path}?$top=1")["value"][0]["id"]
    assert graph.status("DELETE", f"{path}/{held}") == (204, "")
    assert graph.status("POST", path, body) == MADE


def test_microsofts_own_principal_can_be_deleted_here_though_the_portal_would_not(graph: Client) -> None:
    """So that a test can prove that Lockstep never does."""
    spfx = graph.get(f"/servicePrincipals(appId='{SPFX}')")
    assert spfx["appOwnerOrganizationId"] != TENANT_ID
    assert graph.status("DELETE", f"/servicePrincipals/{spfx['id']}") == (204, "")
    assert graph.get(f"/oauth2PermissionGrants?$filter=clientId eq '{spfx['id']}'")["value"] == []
    graph.post(f"/directory/deletedItems/{spfx['id']}/restore", None)
    assert graph.get(f"/oauth2PermissionGrants?$filter=clientId eq '{spfx['id']}'")["value"] == []


def test_principal_is_restored_only_where_its_application_is(graph: Client) -> None:
    own, foreign = graph.principal("Own"), graph.post("/servicePrincipals", {"appId": ATERA_CLIENT_ID})
    app = graph.get(f"/applications(appId='{own['appId']}')")
    graph.send("DELETE", f"/applications/{app['id']}")
    graph.send("DELETE", f"/servicePrincipals/{foreign['id']}")
    restore = "/directory/deletedItems/{}/restore"
    assert graph.status("POST", restore.format(own["id"])) == (400, "NoBackingApplicationObject")
    assert graph.status("POST", restore.format(foreign["id"])) == (200, "")
    assert graph.status("POST", restore.format(app["id"])) == (200, "")
    assert graph.status("POST", restore.format(own["id"])) == (200, "")
    assert graph.status("POST", restore.format(own["id"]))[0] == 404


def test_principal_is_not_restored_over_another_of_the_same_application(graph: Client) -> None:
    first = graph.post("/servicePrincipals", {"appId": ATERA_CLIENT_ID})
    graph.send("DELETE", f"/servicePrincipals/{first['id']}")
    graph.post("/servicePrincipals", {"appId": ATERA_CLIENT_ID})
    answer = graph.status("POST", f"/directory/deletedItems/{first['id']}/restore")
    assert answer == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_configured_permissions_are_taken_unchecked(graph: Client) -> None:
    configured = [{"resourceAppId": GRAPH, "resourceAccess": [{"id": guid(7), "type": "Scope"}]}]
    assert create(graph, requiredResourceAccess=configured) == MADE


def test_owners_are_bound_at_creation(graph: Client) -> None:
    ada = graph.get("/users/ada@local.test")["id"]
    bound = {"owners@odata.bind": [f"https://localhost:8443/v1.0/users/{ada}"]}
    app = graph.post("/applications", {"displayName": "x", **bound})
    assert [row["id"] for row in graph.get(f"/applications/{app['id']}/owners")["value"]] == [ada]
    nobody = {"owners@odata.bind": [f"https://localhost:8443/v1.0/users/{guid(9)}"]}
    before = graph.emulator.snapshot()
    assert graph.status("POST", "/applications", {"displayName": "x", **nobody}) == (404, "Request_ResourceNotFound")
    assert graph.emulator.snapshot() == before
