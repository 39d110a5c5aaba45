"""Service principals and what hangs on them: grants and assignments."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator.odata import documented
from lockstep.emulator.serviceprincipals.model import PRINCIPAL, TAKEN
from tests.emulator.client import Client
from tests.vendors import ATERA_CLIENT_ID

GRAPH = "00000003-0000-0000-c000-000000000000"
SITES_READ = "332a536c-c7ef-4017-ab91-336970924f0d"
USER_READ_SCOPE = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
DISABLED_ROLE = "aec9e0a0-6f46-4150-a9f7-05e9e3e87399"
NOBODY = "99999999-9999-4999-8999-999999999999"
NO_ROLE = "99999999-9999-4999-8999-999999999999"


def grant_body(client: Any, resource: Any, **values: Any) -> dict[str, Any]:
    base = {
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "resourceId": resource["id"],
        "scope": "User.Read",
    }
    return {**base, **values}


def role_body(client: Any, resource: Any, role: str = SITES_READ) -> dict[str, Any]:
    return {"appRoleId": role, "principalId": client["id"], "resourceId": resource["id"]}


def test_api_principals_carry_their_whole_permission_lists(graph: Client) -> None:
    api = graph.api()
    assert (len(api["appRoles"]), len(api["oauth2PermissionScopes"])) == (716, 807)
    api = graph.api("Office 365 SharePoint Online")
    assert (len(api["appRoles"]), len(api["oauth2PermissionScopes"])) == (20, 29)


def test_foreign_application_can_be_instantiated_once(graph: Client) -> None:
    principal = graph.post("/servicePrincipals", {"appId": ATERA_CLIENT_ID})
    assert principal["displayName"] == "Atera"
    assert principal["appOwnerOrganizationId"] != graph.get("/organization")["value"][0]["id"]
    again = graph.status("POST", "/servicePrincipals", {"appId": ATERA_CLIENT_ID})
    assert again == (409, "Request_MultipleObjectsWithSameKeyValue")


@pytest.mark.parametrize(
    ("body", "code"), [({"appId": NOBODY}, "NoBackingApplicationObject"), ({}, "Request_BadRequest")]
)
def test_principal_without_application_is_refused(graph: Client, body: dict[str, str], code: str) -> None:
    assert graph.status("POST", "/servicePrincipals", body) == (400, code)


def test_principal_follows_its_application(graph: Client) -> None:
    principal = graph.principal("Before")
    scope = {"id": NO_ROLE, "value": "Use.All", "isEnabled": True, "type": "Admin"}
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    uri = f"api://{app['appId']}"
    body = {"displayName": "After", "identifierUris": [uri], "api": {"oauth2PermissionScopes": [scope]}}
    assert graph.status("PATCH", f"/applications/{app['id']}", body) == (204, "")
    follower = graph.get(f"/servicePrincipals/{principal['id']}")
    assert (follower["displayName"], follower["oauth2PermissionScopes"]) == ("After", [scope])
    assert follower["servicePrincipalNames"] == [uri, app["appId"]]
    by_name = graph.get(f"/servicePrincipals?$filter=servicePrincipalNames/any(n:n eq '{uri}')")["value"]
    assert [row["id"] for row in by_name] == [principal["id"]]


def test_alternate_key_reaches_what_hangs_on_it(graph: Client) -> None:
    principal, resource = graph.principal(), graph.api()
    path = f"/servicePrincipals(appId='{principal['appId']}')"
    assignment = graph.post(f"{path}/appRoleAssignments", role_body(principal, resource))
    assert graph.get(f"{path}/appRoleAssignments")["value"][0]["id"] == assignment["id"]
    assert (
        graph.get(f"/servicePrincipals(appId='{GRAPH}')/appRoleAssignedTo/{assignment['id']}")["id"] == assignment["id"]
    )
    assert graph.status("PATCH", path, {"tags": ["x"]}) == (204, "")
    assert graph.status("GET", "/servicePrincipals(displayName='x')")[0] == 400


def test_second_grant_for_everyone_is_a_conflict(graph: Client) -> None:
    client, resource, user = graph.principal(), graph.api(), graph.get("/users/ben@local.test")
    graph.post("/oauth2PermissionGrants", grant_body(client, resource))
    second = graph.send("POST", "/oauth2PermissionGrants", json=grant_body(client, resource, scope="Mail.Send"))
    assert (second.status_code, second.json()["error"]["message"]) == (409, "Permission entry already exists.")
    assert second.json()["error"]["code"] == "Request_MultipleObjectsWithSameKeyValue"
    own = grant_body(client, resource, consentType="Principal", principalId=user["id"])
    assert graph.status("POST", "/oauth2PermissionGrants", own) == (201, "")
    assert graph.status("POST", "/oauth2PermissionGrants", own)[0] == 409


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"scope": "x" * 3850}, 201),
        ({"scope": "x" * 3851}, 400),
        ({"scope": "No.Such.Scope"}, 201),
        ({"consentType": "Everybody"}, 400),
        ({"consentType": "Principal"}, 400),
        ({"principalId": NOBODY}, 400),
        ({"clientId": NOBODY}, 404),
        ({"resourceId": NOBODY}, 404),
        ({"resourceId": None}, 400),
    ],
)
def test_grant_is_judged(graph: Client, values: dict[str, Any], status: int) -> None:
    body = grant_body(graph.principal(), graph.api(), **values)
    assert graph.status("POST", "/oauth2PermissionGrants", body)[0] == status


def test_grant_update_replaces_the_whole_scope_and_nothing_else(graph: Client) -> None:
    grant = graph.post("/oauth2PermissionGrants", grant_body(graph.principal(), graph.api()))
    path = f"/oauth2PermissionGrants/{grant['id']}"
    assert graph.status("PATCH", path, {"scope": "Mail.Send"}) == (204, "")
    assert graph.get(path)["scope"] == "Mail.Send"
    assert graph.status("PATCH", path, {"scope": "x" * 3851})[0] == 400
    assert graph.status("PATCH", path, {"clientId": NOBODY})[0] == 400
    assert graph.status("DELETE", path) == (204, "")
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")


def test_assignment_is_given_once(graph: Client) -> None:
    client, resource = graph.principal(), graph.api()
    path = f"/servicePrincipals/{resource['id']}/appRoleAssignedTo"
    assignment = graph.post(path, role_body(client, resource))
    assert (assignment["principalDisplayName"], assignment["resourceDisplayName"]) == ("An app", "Microsoft Graph")
    second = graph.send("POST", path, json=role_body(client, resource))
    assert second.status_code == 400
    assert second.json()["error"]["message"] == "Permission being assigned already exists on the object"
    assert graph.status("DELETE", f"{path}/{assignment['id']}") == (204, "")
    assert graph.status("DELETE", f"{path}/{assignment['id']}")[0] == 404


@pytest.mark.parametrize("role", [NO_ROLE, USER_READ_SCOPE, DISABLED_ROLE, "nonsense"])
def test_assignment_of_no_enabled_role_is_refused(graph: Client, role: str) -> None:
    client, resource = graph.principal(), graph.api()
    body = role_body(client, resource, role)
    assert graph.status("POST", f"/servicePrincipals/{client['id']}/appRoleAssignments", body)[0] == 400


def test_assignment_path_and_body_agree(graph: Client) -> None:
    client, resource = graph.principal(), graph.api()
    body = role_body(client, resource)
    assert graph.status("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignments", body)[0] == 400


@pytest.mark.parametrize("end", ["client", "resource"])
def test_deleting_a_principal_removes_its_consents_on_either_end(graph: Client, end: str) -> None:
    role = {"id": NO_ROLE, "value": "Do", "displayName": "Do", "description": "Do", "isEnabled": True}
    client = graph.principal("Client")
    resource = graph.principal("Resource", appRoles=[{**role, "allowedMemberTypes": ["Application"]}])
    before = graph.emulator.snapshot()
    graph.post("/oauth2PermissionGrants", grant_body(client, resource))
    graph.post(f"/servicePrincipals/{client['id']}/appRoleAssignments", role_body(client, resource, NO_ROLE))
    gone = client if end == "client" else resource
    assert graph.status("DELETE", f"/servicePrincipals/{gone['id']}") == (204, "")
    after = graph.emulator.snapshot()
    assert after["oauth2PermissionGrants"] == before["oauth2PermissionGrants"]
    assert after["appRoleAssignments"] == before["appRoleAssignments"]
    assert [row["id"] for row in after["deletedItems"]] == [gone["id"]]


def test_get_by_ids_finds_any_kind(graph: Client) -> None:
    user, principal = graph.get("/users/ada@local.test"), graph.principal()
    ids = [user["id"], principal["id"], NOBODY]
    objects = graph.post("/directoryObjects/getByIds", {"ids": ids})["value"]
    assert [row["@odata.type"] for row in objects] == ["#microsoft.graph.user", "#microsoft.graph.servicePrincipal"]
    only = graph.post("/directoryObjects/getByIds", {"ids": ids, "types": ["user"]})["value"]
    assert [row["id"] for row in only] == [user["id"]]
    assert graph.get(f"/directoryObjects/{principal['id']}")["id"] == principal["id"]
    assert graph.status("POST", "/directoryObjects/getByIds", {"ids": "x"})[0] == 400


def test_me_is_refused_to_an_application(graph: Client) -> None:
    assert graph.status("GET", "/me") == (400, "BadRequest")


OWN = {
    "accountEnabled": "the tenant's switch",
    "addIns": "set on each of the two",
    "alternativeNames": "of managed identities",
    "appRoleAssignmentRequired": "the tenant's switch",
    "createdByAppId": "who made the principal",
    "createdDateTime": "when the principal was made",
    "customSecurityAttributes": "the tenant's",
    "deletedDateTime": "when the principal was deleted",
    "description": "the tenant's words; the application's are appDescription",
    "errorUrl": "deprecated",
    "id": "the principal's own",
    "isDisabled": "set on each of the two",
    "isManagementRestricted": "of the principal's administrative units",
    "keyCredentials": "the principal's own",
    "lifecycle": "the principal's own",
    "loginUrl": "the tenant's address of the application",
    "notes": "the tenant's notes",
    "notificationEmailAddresses": "the tenant's addresses",
    "passwordCredentials": "the principal's own",
    "passwordSingleSignOnSettings": "the tenant's",
    "preferredSingleSignOnMode": "the tenant's choice",
    "preferredTokenSigningKeyEndDateTime": "the principal's own",
    "preferredTokenSigningKeyThumbprint": "the principal's own",
    "publishedPermissionScopes": "beta's name of oauth2PermissionScopes, which the emulator shows in both versions",
    "publisherName": "the owner's name, of its tenant",
    "resourceSpecificApplicationPermissions": "of the application's manifest, which Graph does not show",
    "samlSingleSignOnSettings": "the tenant's",
    "servicePrincipalType": "what kind of principal it is",
    "tokenEncryptionKeyId": "the principal's own",
}
"""What Graph documents of a service principal and it does not take from its application: each with the reason."""


def documented_of(kind: str) -> set[str]:
    both = {**documented.properties(kind, "beta"), **documented.properties(kind, "v1.0")}
    return {entry.name for entry in both.values() if not entry.relationship}


def test_e5_every_documented_property_of_a_principal_is_taken_or_its_own() -> None:
    assert set(TAKEN) | set(OWN) == documented_of("servicePrincipal")
    assert not set(TAKEN) & set(OWN)


def test_e5_what_application_and_principal_both_have_is_taken_or_explained() -> None:
    both = documented_of("application") & documented_of("servicePrincipal")
    assert both - set(TAKEN) <= set(OWN)
    assert set(TAKEN) <= PRINCIPAL.properties


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"web": {"logoutUrl": "https://app.test/out"}}, {"logoutUrl": "https://app.test/out"}),
    ({"web": {"homePageUrl": "https://app.test"}}, {"homepage": "https://app.test"}),
    ({"web": {"redirectUris": ["https://app.test/w"]}}, {"replyUrls": ["https://app.test/w"]}),
    ({"spa": {"redirectUris": ["https://app.test/s"]}}, {"replyUrls": ["https://app.test/s"]}),
    ({"publicClient": {"redirectUris": ["https://app.test/p"]}}, {"replyUrls": ["https://app.test/p"]}),
    ({"displayName": "Renamed"}, {"appDisplayName": "Renamed", "displayName": "Renamed"}),
    ({"description": "What it does"}, {"appDescription": "What it does", "description": None}),
    ({"notes": "For us"}, {"notes": None}),
    ({"tags": ["one", "two"]}, {"tags": ["one", "two"]}),
    ({"signInAudience": "AzureADMultipleOrgs"}, {"signInAudience": "AzureADMultipleOrgs"}),
    ({"samlMetadataUrl": "https://app.test/saml"}, {"samlMetadataUrl": "https://app.test/saml"}),
]


@pytest.mark.parametrize(("change", "shown"), CHANGES)
def test_e5_principal_takes_it_when_it_is_made_and_at_every_change(
    graph: Client, change: dict[str, Any], shown: dict[str, Any]
) -> None:
    made_with = graph.principal("Made with it", **change)
    changed = graph.principal("Changed")
    app = graph.get(f"/applications(appId='{changed['appId']}')")
    assert graph.status("PATCH", f"/applications/{app['id']}", change) == (204, "")
    for principal in (made_with, changed):
        row = graph.get(f"/beta/servicePrincipals/{principal['id']}")
        assert {name: row[name] for name in shown} == shown


def test_e5_info_with_the_logo_and_roles_are_taken(graph: Client) -> None:
    principal = graph.principal("Shown", info={"supportUrl": "https://app.test/help"})
    assert principal["info"]["supportUrl"] == "https://app.test/help"
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    png = b"\x89PNG\r\n\x1a\n"
    options = {"content": png, "headers": {"content-type": "image/png"}}
    assert graph.send("PUT", f"/applications/{app['id']}/logo", **options).status_code == 204
    role = {
        "allowedMemberTypes": ["User"], "description": "Do", "displayName": "Do", "id": NO_ROLE, "isEnabled": True,
        "value": "Do",
    }  # fmt: skip
    assert graph.status("PATCH", f"/applications/{app['id']}", {"appRoles": [role]}) == (204, "")
    row = graph.get(f"/servicePrincipals/{principal['id']}")
    assert row["info"]["logoUrl"].endswith("/logo")
    assert [entry["value"] for entry in row["appRoles"]] == ["Do"]


def test_e5_what_a_principal_has_of_its_own_outlives_other_changes_of_its_application(graph: Client) -> None:
    principal = graph.principal("Both", tags=["app"], web={"homePageUrl": "https://app.test"})
    path = f"/servicePrincipals/{principal['id']}"
    own = {"homepage": "https://ours.test", "replyUrls": ["https://ours.test/back"], "tags": ["app", "ours"]}
    assert graph.status("PATCH", path, own) == (204, "")
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    assert graph.status("PATCH", f"/applications/{app['id']}", {"notes": "Changed"}) == (204, "")
    row = graph.get(path)
    assert {name: row[name] for name in own} == own
    assert graph.status("PATCH", f"/applications/{app['id']}", {"tags": ["new"]}) == (204, "")
    assert graph.get(path)["tags"] == ["ours", "new"]
    assert graph.status("PATCH", f"/applications/{app['id']}", {"web": {"homePageUrl": None}}) == (204, "")
    assert graph.get(path)["homepage"] is None


def test_e5_tags_of_a_new_principal_join_those_of_its_application(graph: Client) -> None:
    app = graph.application("Tagged", tags=["app"])
    principal = graph.post("/servicePrincipals", {"appId": app["appId"], "tags": ["ours", "app"]})
    assert principal["tags"] == ["app", "ours"]
