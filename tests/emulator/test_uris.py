"""Identifier URIs, as the tenant's policy has them, and redirects: what is allowed beside what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import TENANT_ID
from tests.emulator.client import Client

POLICY = "/policies/defaultAppManagementPolicy"
UNIQUE, DEFAULT = "uriAdditionWithoutUniqueTenantIdentifier", "nonDefaultUriAddition"
MADE, OK, FOREIGN = (201, ""), (204, ""), (400, "HostNameNotOnVerifiedDomain")
BAD = (400, "Request_BadRequest")
EXEMPT: dict[str, Any] = {"customSecurityAttributes": []}
OTHER = "99999999-9999-4999-8999-999999999999"
SECOND: dict[str, Any] = {"api": {"requestedAccessTokenVersion": 2}}


def restrict(graph: Client, name: str, **values: Any) -> None:
    body = {"applicationRestrictions": {"identifierUris": {name: values}}}
    assert graph.status("PATCH", POLICY, body) == OK


def old_tenant(graph: Client) -> None:
    restrict(graph, UNIQUE, state="disabled")


def create(graph: Client, uri: str, audience: str = "AzureADMyOrg", **values: Any) -> tuple[int, str]:
    body = {"displayName": "x", "identifierUris": [uri], "signInAudience": audience, **values}
    return graph.status("POST", "/applications", body)


AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount")


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("uri", ["api://myapp", "api://myapp/v1", "ms-appx://myapp"])
def test_e6_tokens_of_version_2_free_an_application_of_the_policy(graph: Client, audience: str, uri: str) -> None:
    assert create(graph, uri, audience, **SECOND) == MADE
    assert create(graph, f"{uri}-1", audience) == FOREIGN


@pytest.mark.parametrize("audience", AUDIENCES)
def test_e6_an_older_tenant_has_no_such_policy(graph: Client, audience: str) -> None:
    old_tenant(graph)
    assert create(graph, "api://myapp", audience) == MADE
    assert create(graph, "https://vendor.test/x", audience) == FOREIGN


SAFE = [
    "api://{app}", f"api://{TENANT_ID}/{{app}}", f"api://{TENANT_ID}/x", "api://{app}/x", "api://product/{app}",
    f"api://product/{TENANT_ID}", "https://local.test/x", "https://product.local.test", "api://product.local.test/x",
    "https://local.test/x?a=b#c", "urn:product:{app}", f"spn://x/{TENANT_ID}",
]  # fmt: skip


@pytest.mark.parametrize("uri", SAFE)
def test_e6_a_uri_with_something_that_only_this_tenant_has_is_safe(graph: Client, uri: str) -> None:
    app = graph.application()
    path = f"/applications/{app['id']}"
    assert graph.status("PATCH", path, {"identifierUris": [uri.format(app=app["appId"])]}) == OK


@pytest.mark.parametrize(
    ("uri", "by_policy", "without"),
    [
        ("api://myapp", FOREIGN, MADE),
        ("urn:myapp:x", FOREIGN, MADE),
        ("ms-appx://myapp", FOREIGN, MADE),
        ("api://local.test.evil.test/x", FOREIGN, MADE),
        (f"api://{OTHER}", FOREIGN, FOREIGN),
        (f"api://{OTHER}/x", FOREIGN, FOREIGN),
        ("https://vendor.test", FOREIGN, FOREIGN),
        ("https://evillocal.test", FOREIGN, FOREIGN),
        (f"api://{TENANT_ID}/x/", BAD, BAD),
        (f"api://{TENANT_ID}/*", BAD, BAD),
        ("no scheme", BAD, BAD),
        ("https://[", BAD, BAD),
    ],
)
def test_e6_what_a_new_and_an_old_tenant_refuse(
    graph: Client, uri: str, by_policy: tuple[int, str], without: tuple[int, str]
) -> None:
    assert create(graph, uri) == by_policy
    old_tenant(graph)
    assert create(graph, uri) == without


def test_e6_the_refusal_has_microsofts_words(graph: Client) -> None:
    body = {"displayName": "x", "identifierUris": ["api://myapp"], "signInAudience": "AzureADMyOrg"}
    message = graph.send("POST", "/applications", json=body).json()["error"]["message"]
    assert message.startswith("Failed to add identifier URI api://myapp. All newly added URIs must contain")


@pytest.mark.parametrize("uri", ["https://vendor.test/x", f"api://{OTHER}", f"api://{OTHER}/x"])
def test_e6_a_foreign_host_is_free_for_single_tenants_with_tokens_of_version_2(graph: Client, uri: str) -> None:
    assert create(graph, uri, "AzureADMultipleOrgs", **SECOND) == FOREIGN
    assert create(graph, uri, **SECOND) == MADE


def test_e6_what_an_application_has_stays_unless_its_tokens_become_version_1(graph: Client) -> None:
    app = graph.application(identifierUris=["api://myapp"], **SECOND)
    path = f"/applications/{app['id']}"
    assert graph.status("PATCH", path, {"api": {"requestedAccessTokenVersion": 1}}) == FOREIGN
    assert graph.status("PATCH", path, {"api": {"requestedAccessTokenVersion": None}}) == FOREIGN
    old_tenant(graph)
    assert graph.status("PATCH", path, {"api": {"requestedAccessTokenVersion": 1}}) == OK
    restrict(graph, UNIQUE, state="enabled")
    assert graph.status("PATCH", path, {"identifierUris": ["api://myapp", f"api://{app['appId']}"]}) == OK
    assert graph.status("PATCH", path, {"identifierUris": ["api://myapp", "api://another"]}) == FOREIGN


def test_e6_the_stricter_policy_leaves_the_default_uris(graph: Client) -> None:
    restrict(graph, DEFAULT, state="enabled")
    app = graph.application()
    path = f"/applications/{app['id']}"
    for uri in (f"api://{app['appId']}", f"api://{TENANT_ID}/{app['appId']}"):
        assert graph.status("PATCH", path, {"identifierUris": [uri]}) == OK
    for uri in (f"api://{TENANT_ID}/x", "https://local.test/x", f"api://{app['appId']}/x"):
        assert graph.status("PATCH", path, {"identifierUris": [uri]}) == FOREIGN
    assert graph.status("PATCH", path, {"identifierUris": ["https://local.test/x"], **SECOND}) == OK


def test_e6_saml_frees_an_application(graph: Client) -> None:
    principal = graph.principal("SAML")
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    change = ("PATCH", f"/applications/{app['id']}", {"identifierUris": ["api://myapp"]})
    assert graph.status(*change) == FOREIGN
    assert graph.status("PATCH", f"/servicePrincipals/{principal['id']}", {"preferredSingleSignOnMode": "saml"}) == OK
    assert graph.status(*change) == OK


def test_e6_whom_the_policy_leaves_out_is_its_own_setting(graph: Client) -> None:
    restrict(graph, UNIQUE, excludeAppsReceivingV2Tokens=False)
    assert create(graph, "api://myapp", **SECOND) == FOREIGN
    restrict(graph, UNIQUE, restrictForAppsCreatedAfterDateTime="2999-01-01T00:00:00Z")
    assert create(graph, "api://myapp") == MADE
    restrict(graph, UNIQUE, restrictForAppsCreatedAfterDateTime=None)
    assert create(graph, "api://another") == FOREIGN
    assert graph.status("PATCH", POLICY, {"isEnabled": False}) == OK
    assert create(graph, "api://another") == MADE


def test_e6_the_policy_is_read_and_changed_through_graph(graph: Client) -> None:
    policy = graph.get(POLICY)
    uris = policy["applicationRestrictions"]["identifierUris"]
    assert (policy["isEnabled"], policy["id"]) == (True, "00000000-0000-0000-0000-000000000000")
    assert (uris[UNIQUE]["state"], uris[UNIQUE]["isStateSetByMicrosoft"]) == ("enabled", True)
    assert uris[UNIQUE]["excludeAppsReceivingV2Tokens"] is True
    assert uris[DEFAULT]["state"] == "disabled"
    old_tenant(graph)
    changed = graph.get(POLICY)["applicationRestrictions"]["identifierUris"][UNIQUE]
    assert (changed["state"], changed["isStateSetByMicrosoft"]) == ("disabled", False)
    assert graph.send("GET", f"/beta{POLICY}").status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"applicationRestrictions": {"passwordCredentials": [{"restrictionType": "passwordAddition"}]}}, 501),
        ({"applicationRestrictions": {"colours": {}}}, 400),
        ({"applicationRestrictions": {"identifierUris": {UNIQUE: {"excludeActors": EXEMPT}}}}, 501),
        ({"applicationRestrictions": {"identifierUris": {UNIQUE: {"state": "on"}}}}, 400),
        ({"applicationRestrictions": {"identifierUris": {UNIQUE: {"isStateSetByMicrosoft": False}}}}, 400),
        ({"isEnabled": "yes"}, 400),
        ({"id": OTHER}, 400),
    ],
)  # fmt: skip
def test_e6_what_the_emulator_would_not_enforce_is_refused_by_name(graph: Client, body: Any, expected: int) -> None:
    before = graph.get(POLICY)
    answer = graph.send("PATCH", POLICY, json=body)
    assert answer.status_code == expected
    assert graph.get(POLICY) == before


@pytest.mark.parametrize(
    ("platform", "uri", "allowed"),
    [
        ("web", "urn:ietf:wg:oauth:2.0:oob", True),
        ("publicClient", "urn:ietf:wg:oauth:2.0:oob", True),
        ("spa", "urn:ietf:wg:oauth:2.0:oob", False),
        ("web", "ms-appx-web://Microsoft.AAD.BrokerPlugin/22222222-2222-4222-8222-222222222222", True),
        ("publicClient", "ms-appx-web://Microsoft.AAD.BrokerPlugin/x", True),
        ("spa", "brk-multihub://contoso.com", True),
        ("spa", "brk-multihub://localhost:3000", True),
        ("spa", "brk-multihub://contoso.com/", True),
        ("spa", "brk-multihub://contoso.com/go", False),
        ("spa", "brk-multihub:contoso.com", False),
        ("spa", "brk-9199bf20-a13f-4107-85dc-02114787ef48://contoso.com", True),
        ("spa", "http://localhost:3000/x", True),
        ("spa", "http://contoso.com", False),
        ("spa", "msal00000000://auth", False),
        ("web", "msal00000000://auth", False),
        ("publicClient", "msal00000000://auth", True),
        ("publicClient", "msauth.com.contoso.app://auth", True),
        ("publicClient", "https://login.microsoftonline.com/common/oauth2/nativeclient", True),
        ("web", "http://127.0.0.1:8400/x", True),
        ("web", "http://[::1]/x", False),
        ("web", "http://localhost.evil.test", False),
        ("web", "https://localhost", True),
        ("web", "https://*.contoso.com/x", True),
        ("web", "https://contoso.com/x?a=b", True),
        ("web", "https://contoso.com/x(1)", False),
        ("web", "https://contoso.com/#x", False),
        ("web", "https:///x", False),
        ("web", "https://contoso.com:port/", False),
        ("web", "https://contoso.com/a b", False),
        ("web", "", False),
    ],
)
def test_e7_redirects_by_platform(graph: Client, platform: str, uri: str, allowed: bool) -> None:
    body = {"displayName": "x", "signInAudience": "AzureADMyOrg", platform: {"redirectUris": [uri]}}
    assert graph.status("POST", "/applications", body) == (MADE if allowed else BAD)


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ({"web": {"redirectUris": ["https://*.contoso.com/x"]}}, False),
        ({"web": {"redirectUris": ["https://contoso.com/x?a=b"]}}, False),
        ({"spa": {"redirectUris": ["brk-multihub://contoso.com"]}}, True),
        ({"displayName": "x" * 90}, True),
        ({"displayName": "x" * 91}, False),
        ({"identifierUris": [f"api://{TENANT_ID}/x?a=b"]}, False),
        ({"identifierUris": [f"urn:{TENANT_ID}:x"]}, False),
        ({"identifierUris": [f"api://{TENANT_ID}/{number}" for number in range(50)]}, True),
        ({"identifierUris": [f"api://{TENANT_ID}/{number}" for number in range(51)]}, False),
    ],
)
def test_e7_personal_accounts_are_narrower(graph: Client, values: dict[str, Any], allowed: bool) -> None:
    body = {"displayName": "x", "signInAudience": "AzureADandPersonalMicrosoftAccount", **values}
    assert graph.status("POST", "/applications", body) == (MADE if allowed else BAD)


@pytest.mark.parametrize(("audience", "most"), [("AzureADMyOrg", 256), ("AzureADandPersonalMicrosoftAccount", 100)])
def test_e7_the_number_of_redirects_is_that_of_all_platforms(graph: Client, audience: str, most: int) -> None:
    uris = [f"https://contoso.com/{number}" for number in range(most - 1)]
    app = graph.application(
        signInAudience=audience, web={"redirectUris": uris}, spa={"redirectUris": ["https://x.test"]}
    )
    path = f"/applications/{app['id']}"
    more = {"publicClient": {"redirectUris": ["myapp://auth"]}}
    assert graph.status("PATCH", path, more) == (400, "Directory_QuotaExceeded")
    assert graph.status("PATCH", path, {**more, "spa": {"redirectUris": []}}) == OK


@pytest.mark.parametrize(
    ("url", "allowed"),
    [("https://localhost/x", True), ("https://contoso.com/x", True), (None, True), ("http://contoso.com", False),
     ("https://contoso.com/".ljust(256, "x"), False)],
)  # fmt: skip
def test_e7_the_address_to_sign_out_at(graph: Client, url: str | None, allowed: bool) -> None:
    body = {"displayName": "x", "signInAudience": "AzureADMyOrg", "web": {"logoutUrl": url}}
    assert graph.status("POST", "/applications", body) == (MADE if allowed else BAD)


@pytest.mark.parametrize(
    ("value", "allowed"), [("Do-It_1.2/x@y:z", True), ("Dö", False), ('a"b', False), ("a<b", False)]
)
def test_e7_the_characters_of_a_role(graph: Client, value: str, allowed: bool) -> None:
    role = {"allowedMemberTypes": ["User"], "description": "d", "displayName": "n", "id": OTHER, "value": value}
    body = {"displayName": "x", "signInAudience": "AzureADMyOrg", "appRoles": [role]}
    assert graph.status("POST", "/applications", body) == (MADE if allowed else BAD)
