"""What is in a token: what is consented to and nothing else, in the application's name and in a user's."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, USER_PASSWORD, Emulator
from tests.emulator.client import BASE, Client
from tests.emulator.test_signin import claims

SITES_READ = "332a536c-c7ef-4017-ab91-336970924f0d"
SCOPE_ID, ROLE_ID = "7b1b3d0e-0000-4000-8000-000000000001", "7b1b3d0e-0000-4000-8000-000000000002"
ADA = "ada@local.test"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"


@pytest.fixture
def product(graph: Client) -> dict[str, Any]:
    """A client with a secret, as a product has it."""
    app = graph.application("Product")
    principal = graph.post("/servicePrincipals", {"appId": app["appId"]})
    secret = graph.post(f"/applications/{app['id']}/addPassword", {})["secretText"]
    return {**principal, "secret": secret, "application": app["id"]}


def grant(graph: Client, client: Any, scope: str, user: str | None = None, api: str = "Microsoft Graph") -> None:
    body = {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": graph.api(api)["id"]}
    if user is not None:
        body |= {"consentType": "Principal", "principalId": graph.get(f"/users/{user}")["id"]}
    graph.post("/oauth2PermissionGrants", {**body, "scope": scope})


def form(client: dict[str, Any], **more: str) -> dict[str, str]:
    return {"client_id": client["appId"], "client_secret": client["secret"], **more}


def as_user(client: dict[str, Any], user: str = ADA, **more: str) -> dict[str, str]:
    return form(client, **{"grant_type": "password", "username": user, "password": USER_PASSWORD, **more})


def number(answer: Any) -> int | None:
    codes = answer.json().get("error_codes")
    return int(codes[0]) if codes else None


def test_own_token_has_the_roles_that_are_assigned_on_that_api(graph: Client, product: dict[str, Any]) -> None:
    assert "roles" not in claims(graph, graph.sign_in(**form(product)).json()["access_token"])
    body = {"appRoleId": SITES_READ, "principalId": product["id"], "resourceId": graph.api()["id"]}
    graph.post(f"/servicePrincipals/{product['id']}/appRoleAssignments", body)
    payload = claims(graph, graph.sign_in(**form(product)).json()["access_token"])
    assert (payload["roles"], payload["idtyp"], "scp" in payload) == (["Sites.Read.All"], "app", False)
    other = graph.sign_in(**form(product), scope=f"{SHAREPOINT}/.default").json()["access_token"]
    assert "roles" not in claims(graph, other)


def test_configured_permissions_are_no_consents(graph: Client, product: dict[str, Any]) -> None:
    access = {"id": SITES_READ, "type": "Role"}
    configured = [{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [access]}]
    path = f"/applications/{product['application']}"
    assert graph.status("PATCH", path, {"requiredResourceAccess": configured}) == (204, "")
    assert "roles" not in claims(graph, graph.sign_in(**form(product)).json()["access_token"])
    assert number(graph.sign_in(**as_user(product))) == 65001


def test_users_token_has_everyones_scopes_and_the_users_own(graph: Client, product: dict[str, Any]) -> None:
    grant(graph, product, "User.Read Mail.Send")
    grant(graph, product, "Calendars.Read", "ben@local.test")
    grant(graph, product, "AllSites.Read", api="Office 365 SharePoint Online")
    payload = claims(graph, graph.sign_in(**as_user(product)).json()["access_token"])
    assert (payload["scp"], payload["upn"], payload["idtyp"]) == ("Mail.Send User.Read", ADA, "user")
    payload = claims(graph, graph.sign_in(**as_user(product, "ben@local.test")).json()["access_token"])
    assert payload["scp"] == "Calendars.Read Mail.Send User.Read"
    payload = claims(graph, graph.sign_in(**as_user(product), scope=f"{SHAREPOINT}/.default").json()["access_token"])
    assert (payload["scp"], payload["aud"]) == ("AllSites.Read", SHAREPOINT)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (f"{BASE}/.default", None),
        ("User.Read", None),
        ("https://graph.microsoft.com/User.Read openid profile", None),
        ("https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Send", 65001),
        (f"{SHAREPOINT}/.default", 65001),
    ],
)
def test_users_token_needs_every_scope_that_is_asked_for(
    graph: Client, product: dict[str, Any], scope: str, expected: int | None
) -> None:
    grant(graph, product, "User.Read")
    answer = graph.sign_in(**as_user(product), scope=scope)
    assert number(answer) == expected
    if expected:
        assert answer.json()["suberror"] == "consent_required"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, None),
        ({"password": "wrong"}, 50126),
        ({"username": "nobody@local.test"}, 50034),
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000218),
    ],
)
def test_sign_in_by_password_is_judged(
    graph: Client, product: dict[str, Any], more: dict[str, str], expected: int | None
) -> None:
    grant(graph, product, "User.Read")
    assert number(graph.sign_in(**{**as_user(product), **more})) == expected


def test_public_client_needs_no_secret(graph: Client, product: dict[str, Any]) -> None:
    grant(graph, product, "User.Read")
    assert number(graph.sign_in(**{**as_user(product), "client_secret": ""})) == 7000218
    path = f"/applications/{product['application']}"
    assert graph.status("PATCH", path, {"isFallbackPublicClient": True}) == (204, "")
    assert number(graph.sign_in(**{**as_user(product), "client_secret": ""})) is None


def test_id_token_comes_with_openid(graph: Client, product: dict[str, Any]) -> None:
    grant(graph, product, "User.Read openid")
    answer = graph.sign_in(**as_user(product), scope=f"openid {BASE}/.default").json()
    payload = claims(graph, answer["id_token"])
    assert (payload["aud"], payload["preferred_username"]) == (product["appId"], ADA)
    client_info = json.loads(base64.urlsafe_b64decode(answer["client_info"] + "=="))
    assert client_info == {"uid": payload["oid"], "utid": TENANT_ID}
    assert graph.get(f"{BASE}/common/userrealm/{ADA}?api-version=1.0")["account_type"] == "Managed"


def test_me_is_the_user_of_the_token(graph: Client, product: dict[str, Any]) -> None:
    grant(graph, product, "User.Read")
    deployer = graph.token
    graph.token = graph.sign_in(**as_user(product)).json()["access_token"]
    assert graph.get("/me?$select=userPrincipalName")["userPrincipalName"] == ADA
    graph.send("POST", "/applications", json={"displayName": "By Ada"})
    graph.token = deployer
    row = graph.get("/auditLogs/directoryAudits")["value"][0]
    assert (row["initiatedBy"]["app"], row["initiatedBy"]["user"]["userPrincipalName"]) == (None, ADA)


@pytest.fixture
def api(graph: Client) -> dict[str, Any]:
    """An API of the tenant's own, with one scope and one role."""
    scope = {"id": SCOPE_ID, "value": "Use.All", "isEnabled": True, "type": "Admin"}
    role = {
        "allowedMemberTypes": ["Application", "User"], "description": "Do", "displayName": "Do", "id": ROLE_ID,
        "isEnabled": True, "value": "Do.All",
    }  # fmt: skip
    app = graph.application("Own API", api={"oauth2PermissionScopes": [scope]}, appRoles=[role])
    uri = f"api://{app['appId']}"
    graph.send("PATCH", f"/applications/{app['id']}", json={"identifierUris": [uri]})
    principal = graph.post("/servicePrincipals", {"appId": app["appId"]})
    secret = graph.post(f"/applications/{app['id']}/addPassword", {})["secretText"]
    return {**principal, "application": app["id"], "uri": uri, "secret": secret}


@pytest.mark.parametrize(("requested", "version", "audience"), [(None, "1.0", "{uri}"), (2, "2.0", "{appId}")])
def test_version_of_a_token_is_what_the_api_asks_for(
    graph: Client, product: dict[str, Any], api: dict[str, Any], requested: int | None, version: str, audience: str
) -> None:
    path = f"/applications/{api['application']}"
    assert graph.status("PATCH", path, {"api": {"requestedAccessTokenVersion": requested}}) == (204, "")
    payload = claims(graph, graph.sign_in(**form(product), scope=f"{api['uri']}/.default").json()["access_token"])
    assert (payload["ver"], payload["aud"]) == (version, audience.format(**api))
    assert payload["appid" if requested is None else "azp"] == product["appId"]


def test_scope_of_the_tenants_own_api_after_consent_or_where_pre_authorised(
    graph: Client, product: dict[str, Any], api: dict[str, Any]
) -> None:
    sign_in = {**as_user(product), "scope": f"{api['uri']}/Use.All"}
    assert number(graph.sign_in(**sign_in)) == 65001
    allowed = [{"appId": product["appId"], "delegatedPermissionIds": [SCOPE_ID]}]
    path = f"/applications/{api['application']}"
    assert graph.status("PATCH", path, {"api": {"preAuthorizedApplications": allowed}}) == (204, "")
    assert claims(graph, graph.sign_in(**sign_in).json()["access_token"])["scp"] == "Use.All"


def test_api_goes_on_in_the_users_name(graph: Client, product: dict[str, Any], api: dict[str, Any]) -> None:
    grant(graph, product, "Use.All", api="Own API")
    grant(graph, api, "User.Read")
    token = graph.sign_in(**as_user(product), scope=f"{api['uri']}/.default").json()["access_token"]
    flow = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "requested_token_use": "on_behalf_of"}
    payload = claims(graph, graph.sign_in(**form(api, **flow, assertion=token)).json()["access_token"])
    assert (payload["appid"], payload["scp"], payload["upn"]) == (api["appId"], "User.Read", ADA)
    assert number(graph.sign_in(**form(product, **flow, assertion=token))) == 500131
    assert number(graph.sign_in(**form(api, **flow, assertion="x.y.z"))) == 50013
    own = graph.sign_in(**form(product), scope=f"{api['uri']}/.default").json()["access_token"]
    assert number(graph.sign_in(**form(api, **flow, assertion=own))) == 50000


def test_api_that_wants_its_clients_assigned(graph: Client, product: dict[str, Any], api: dict[str, Any]) -> None:
    sign_in = {**form(product), "scope": f"{api['uri']}/.default"}
    assert number(graph.sign_in(**sign_in)) is None
    path = f"/servicePrincipals/{api['id']}"
    assert graph.status("PATCH", path, {"appRoleAssignmentRequired": True}) == (204, "")
    assert number(graph.sign_in(**sign_in)) == 501051
    body = {"appRoleId": ROLE_ID, "principalId": product["id"], "resourceId": api["id"]}
    graph.post(f"{path}/appRoleAssignedTo", body)
    assert claims(graph, graph.sign_in(**sign_in).json()["access_token"])["roles"] == ["Do.All"]


def test_application_that_wants_its_users_assigned(graph: Client, api: dict[str, Any]) -> None:
    grant(graph, api, "User.Read")
    path = f"/servicePrincipals/{api['id']}"
    assert graph.status("PATCH", path, {"appRoleAssignmentRequired": True}) == (204, "")
    assert number(graph.sign_in(**as_user(api))) == 50105
    staff = graph.get("/groups?$filter=displayName eq 'All Staff'")["value"][0]["id"]
    graph.post(f"{path}/appRoleAssignedTo", {"appRoleId": ROLE_ID, "principalId": staff, "resourceId": api["id"]})
    assert number(graph.sign_in(**as_user(api))) is None


def test_directory_roles_are_in_the_token(graph: Client) -> None:
    principal = graph.get(f"/servicePrincipals(appId='{DEPLOYER_CLIENT_ID}')")
    assert "wids" not in claims(graph, str(graph.token))
    role = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
    body = {"directoryScopeId": "/", "principalId": principal["id"], "roleDefinitionId": role}
    graph.post("/roleManagement/directory/roleAssignments", body)
    assert claims(graph, graph.sign_in().json()["access_token"])["wids"] == [role]


def test_principal_of_a_foreign_application_signs_in_with_a_secret_of_its_own(graph: Client) -> None:
    principal = graph.post("/servicePrincipals", {"appId": "90657e27-59e1-4bfa-86c3-03f59b731666"})
    secret = graph.post(f"/servicePrincipals/{principal['id']}/addPassword", {})["secretText"]
    assert number(graph.sign_in(client_id=principal["appId"], client_secret="x")) == 7000215
    assert number(graph.sign_in(client_id=principal["appId"], client_secret=secret)) is None


@pytest.mark.parametrize(
    "body",
    [{}, {"client": 7}, {"client": "x", "colour": "red"}, {"client": "x"}, {"client": DEPLOYER_CLIENT_ID, "user": ADA}],
)
def test_control_door_mints_no_token_that_sign_in_would_refuse(graph: Client, body: dict[str, Any]) -> None:
    answer = graph.send("POST", "/_emulator/token", json=body)
    assert answer.status_code == 400 or answer.json()["refused"].startswith("AADSTS")


AZURE_CLI = {"client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "client_secret": ""}
OFFLINE = "openid profile offline_access"


def test_azure_cli_signs_people_in_without_a_principal_here(graph: Client) -> None:
    answer = graph.sign_in(**as_user({"appId": "", "secret": ""}) | AZURE_CLI).json()
    assert "Directory.AccessAsUser.All" in claims(graph, answer["access_token"])["scp"].split()
    assert graph.get("/servicePrincipals?$filter=displayName eq 'Microsoft Azure CLI'")["value"] == []
    own = graph.sign_in(client_id=AZURE_CLI["client_id"], client_secret="x")
    assert number(own) == 7000215
    wrong = {**as_user({"appId": "", "secret": ""}), **AZURE_CLI, "password": "wrong"}
    assert number(graph.sign_in(**wrong)) == 50126


@pytest.mark.parametrize(("user", "allowed"), [("ada", True), ("ben", True), ("cleo", False)])
def test_person_may_do_what_the_persons_roles_allow(graph: Client, user: str, allowed: bool) -> None:
    form = {**as_user({"appId": "", "secret": ""}, f"{user}@local.test"), **AZURE_CLI}
    graph.token = graph.sign_in(**form).json()["access_token"]
    graph.emulator.enforce_permissions = True
    assert graph.status("GET", "/applications") == (200, "")
    outcome = graph.status("POST", "/applications", {"displayName": "x"})
    assert outcome == ((201, "") if allowed else (403, "Authorization_RequestDenied"))


def test_refresh_token_stands_for_its_user_at_its_client_until_it_ends() -> None:
    now = [1_800_000_000.0]
    with Emulator.open(clock=lambda: now[0]) as emulator, Client(emulator) as client:
        form = {**as_user({"appId": "", "secret": ""}), **AZURE_CLI}
        first = client.sign_in(**form, scope=f"{OFFLINE} {BASE}/.default").json()
        assert "refresh_token" not in client.sign_in(**form).json()
        again = {**AZURE_CLI, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        assert claims(client, client.sign_in(**again).json()["access_token"])["upn"] == ADA
        assert number(client.sign_in(**{**again, "refresh_token": first["access_token"]})) == 9002313
        other = {"client_id": DEPLOYER_CLIENT_ID, "client_secret": DEPLOYER_SECRET}
        assert number(client.sign_in(**{**again, **other})) == 9002313
        now[0] += 91 * 24 * 3600
        assert number(client.sign_in(**again)) == 700082


def test_refresh_token_opens_no_graph(graph: Client) -> None:
    form = {**as_user({"appId": "", "secret": ""}), **AZURE_CLI}
    first = graph.sign_in(**form, scope=f"{OFFLINE} {BASE}/.default").json()
    head = f"Bearer {first['refresh_token']}"
    assert graph.status("GET", "/applications", authorization=head) == (401, "InvalidAuthenticationToken")


def test_tenant_has_no_subscriptions(graph: Client) -> None:
    assert graph.get(f"{BASE}/subscriptions?api-version=2022-12-01") == {"value": []}
    assert [row["tenantId"] for row in graph.get(f"{BASE}/tenants")["value"]] == [TENANT_ID]


@pytest.mark.parametrize(
    ("name", "password", "again", "own"),
    [("organizations", None, None, 90002), ("common", 90002, None, 90002), ("consumers", 90002, 90002, 90002)],
)
def test_e7_who_signs_in_tells_the_tenant(
    graph: Client, product: dict[str, Any], name: str, password: int | None, again: int | None, own: int
) -> None:
    grant(graph, product, "User.Read")
    scope = "User.Read offline_access"
    refresh = graph.sign_in(**as_user(product), scope=scope).json()["refresh_token"]
    assert number(graph.sign_in(name, **as_user(product), scope=scope)) == password
    more = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert number(graph.sign_in(name, **form(product, **more), scope=scope)) == again
    assert number(graph.sign_in(name, **form(product))) == own
