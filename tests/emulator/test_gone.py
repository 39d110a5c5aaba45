"""Whatever is deleted, each door answers in its own words, and Graph can put it back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, USER_PASSWORD
from tests.emulator.callers import caller, token_of
from tests.emulator.client import BASE, Client

GRAPH, SHAREPOINT = "00000003-0000-0000-c000-000000000000", "00000003-0000-0ff1-ce00-000000000000"
ADA = "ada@local.test"
SCOPE = "7b1b3d0e-0000-4000-8000-000000000001"


class Scene:
    """A product and an API of the customer's own, and what can be asked of each door about them."""

    def __init__(self, graph: Client) -> None:
        self.graph = graph
        scope = {"adminConsentDescription": "x", "adminConsentDisplayName": "x", "id": SCOPE, "value": "Use"}
        self.api = graph.application("API", api={"oauth2PermissionScopes": [{**scope, "type": "Admin"}]})
        self.api_principal = graph.post("/servicePrincipals", {"appId": self.api["appId"]})
        self.product = graph.application("Product")
        self.principal = graph.post("/servicePrincipals", {"appId": self.product["appId"]})
        self.secret = graph.post(f"/applications/{self.product['id']}/addPassword", {})["secretText"]
        self.group = graph.post(
            "/groups", {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
        )
        self.user = graph.get(f"/users/{ADA}")
        for resource, words in ((graph.api()["id"], "User.Read"), (self.api_principal["id"], "Use")):
            body = {"clientId": self.principal["id"], "consentType": "AllPrincipals", "resourceId": resource}
            graph.post("/oauth2PermissionGrants", {**body, "scope": words})
        body = {"clientId": self.api_principal["id"], "consentType": "AllPrincipals", "resourceId": graph.api()["id"]}
        graph.post("/oauth2PermissionGrants", {**body, "scope": "User.Read"})
        self.api_secret = graph.post(f"/applications/{self.api['id']}/addPassword", {})["secretText"]
        self.refresh = self.as_user(scope="User.Read offline_access").json()["refresh_token"]
        self.assertion = self.as_user(scope=f"{self.api['appId']}/.default").json()["access_token"]

    @property
    def client(self) -> dict[str, str]:
        return {"client_id": self.product["appId"], "client_secret": self.secret}

    def as_user(self, **form: str) -> httpx.Response:
        return self.graph.sign_in(**self.client, grant_type="password", username=ADA, password=USER_PASSWORD, **form)

    def tokens(self) -> dict[str, httpx.Response]:
        """Ask the token endpoints for one of each."""
        sign_in, own = self.graph.sign_in, self.client
        version_1 = {"grant_type": "client_credentials", "resource": GRAPH, **own}
        return {
            "Graph": sign_in(**own),
            "Graph, by its own name": sign_in(**own, scope="https://graph.microsoft.com/.default"),
            "Graph, version 1": self.graph.send("POST", f"{BASE}/{TENANT_ID}/oauth2/token", data=version_1),
            "SharePoint": sign_in(**own, scope=f"{SHAREPOINT}/.default"),
            "the API": sign_in(**own, scope=f"{self.api['appId']}/.default"),
            "a user, Graph": self.as_user(),
            "a user, the API": self.as_user(scope=f"{self.api['appId']}/.default"),
            "a user, again": sign_in(**own, grant_type="refresh_token", refresh_token=self.refresh, scope="User.Read"),
            "on behalf": sign_in(
                client_id=self.api["appId"],
                client_secret=self.api_secret,
                grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer",
                assertion=self.assertion,
                scope="User.Read",
            ),
            "the deployer": sign_in(client_id=DEPLOYER_CLIENT_ID, client_secret=DEPLOYER_SECRET),
        }


@pytest.fixture
def scene(graph: Client) -> Scene:
    return Scene(graph)


OK = (200, "", 0)
NO_API = (400, "invalid_resource", 500011)
NO_CLIENT = (400, "unauthorized_client", 700016)
NO_PRINCIPAL = (401, "invalid_client", 7000229)
NO_USER = (400, "invalid_grant", 50034)
ALL_OF_GRAPH = dict.fromkeys(
    (
        "Graph",
        "Graph, by its own name",
        "Graph, version 1",
        "a user, Graph",
        "a user, again",
        "on behalf",
        "the deployer",
    ),
    NO_API,
)
OF_THE_CLIENT = (
    "Graph", "Graph, by its own name", "Graph, version 1", "SharePoint", "the API", "a user, Graph", "a user, the API",
    "a user, again",
)  # fmt: skip
GONE: dict[str, dict[str, tuple[int, str, int]]] = {
    "Graph's principal": ALL_OF_GRAPH,
    "SharePoint's principal": {"SharePoint": NO_API},
    "the API's principal": {"the API": NO_API, "a user, the API": NO_API, "on behalf": NO_PRINCIPAL},
    "the API": {"the API": NO_API, "a user, the API": NO_API, "on behalf": NO_CLIENT},
    "the client's principal": dict.fromkeys(OF_THE_CLIENT, NO_PRINCIPAL),
    "the client": dict.fromkeys(OF_THE_CLIENT, NO_CLIENT),
    "the caller's principal": {"the deployer": NO_PRINCIPAL},
    "the caller": {"the deployer": NO_CLIENT},
    "the user": {
        "a user, Graph": NO_USER,
        "a user, the API": NO_USER,
        "a user, again": (400, "invalid_grant", 9002313),
        "on behalf": (400, "invalid_grant", 50000),
    },
    "the group": {},
}
"""What is deleted, and which token is refused for it, how; every other one is still given."""


def path_of(scene: Scene, what: str) -> list[str]:
    """Return the paths by which it is deleted; what comes after the first goes with it and has to come back too."""
    tenant = scene.graph.emulator.tenant
    principals = {
        "Graph": GRAPH, "SharePoint": SHAREPOINT, "the API": scene.api["appId"], "the client": scene.product["appId"],
        "the caller": DEPLOYER_CLIENT_ID,
    }  # fmt: skip
    name = what.removesuffix("'s principal")
    if name in principals:
        principal = f"/servicePrincipals/{tenant.principals.get(principals[name], 'appId')['id']}"
        if what != name:
            return [principal]
        return [f"/applications/{tenant.applications.get(principals[name], 'appId')['id']}", principal]
    return [f"/users/{scene.user['id']}"] if what == "the user" else [f"/groups/{scene.group['id']}"]


def seen(answer: httpx.Response) -> tuple[int, str, int]:
    """Return status, OAuth error and number of a token endpoint's answer, which has no other form."""
    body: dict[str, Any] = answer.json()
    if answer.status_code == 200:
        assert body["access_token"]
        return OK
    assert set(body) - {"suberror"} == {
        "correlation_id", "error", "error_codes", "error_description", "timestamp", "trace_id"
    }  # fmt: skip
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"][0]


@pytest.mark.parametrize("what", GONE)
def test_e10_whatever_is_deleted_each_door_answers_in_its_own_words(scene: Scene, what: str) -> None:
    graph = scene.graph
    assert {name: seen(answer) for name, answer in scene.tokens().items()} == dict.fromkeys(scene.tokens(), OK)
    paths = path_of(scene, what)
    assert graph.status("DELETE", paths[0]) == (204, "")
    refused = GONE[what]
    assert {name: seen(answer) for name, answer in scene.tokens().items() if seen(answer) != OK} == refused
    # The control door says whether there would be a token, never that a resource does not exist.
    for names in ({"client": scene.product["appId"]}, {"client": scene.product["appId"], "user": ADA}):
        shown = graph.send("POST", "/_emulator/token", json=names)
        if what == "the user" and "user" in names:
            assert (shown.status_code, shown.json()["error"]["message"]) == (
                400,
                f"There is no user {ADA} in this tenant.",
            )
            continue
        assert shown.status_code == 200, shown.text
        assert ("access_token" in shown.json()) or shown.json()["refused"].startswith("AADSTS")
    # Who has a token goes on, and so puts it back.
    assert graph.status("GET", "/applications") == (200, "")
    assert graph.status("GET", paths[0]) == (404, "Request_ResourceNotFound")
    for path in paths:
        assert graph.status("POST", f"/directory/deletedItems/{path.rpartition('/')[2]}/restore") == (200, "")
    consents = (400, "invalid_grant", 65001)  # those that went with it are gone for good
    assert {seen(answer) for answer in scene.tokens().values()} <= {OK, consents}
    assert seen(graph.sign_in(client_id=DEPLOYER_CLIENT_ID, client_secret=DEPLOYER_SECRET)) == OK


def test_e10_graph_is_made_anew_after_it_was_deleted_for_good(graph: Client) -> None:
    ident = graph.api()["id"]
    assert graph.status("DELETE", f"/servicePrincipals/{ident}") == (204, "")
    assert graph.status("DELETE", f"/directory/deletedItems/{ident}") == (204, "")
    assert seen(graph.sign_in()) == NO_API
    assert graph.status("POST", "/servicePrincipals", {"appId": GRAPH}) == (201, "")
    assert seen(graph.sign_in()) == OK


def test_e10_a_caller_whose_principal_is_gone_creates_without_an_owner(graph: Client) -> None:
    who = caller(graph, ["Application.ReadWrite.OwnedBy"])
    graph.token, deployer = token_of(graph, who), graph.token
    principal = f"/servicePrincipals/{who['id']}"
    graph.token, own = deployer, graph.token
    assert graph.status("DELETE", principal) == (204, "")
    graph.token = own
    made = graph.application("Mine")
    assert graph.get(f"/applications/{made['id']}/owners")["value"] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "error", "numbers"),
    [
        ("GET", "oauth2/v2.0/token", 400, "invalid_request", [900561]),
        ("POST", "oauth2/v2.0/devicecode", 501, "invalid_request", []),
        ("GET", "oauth2/v2.0/authorize", 501, "invalid_request", []),
        ("POST", "oauth2/v2.0/logout", 501, "invalid_request", []),
    ],
)
def test_e10_what_the_sign_in_does_not_do_it_says_in_its_own_words(
    graph: Client, method: str, path: str, status: int, error: str, numbers: list[int]
) -> None:
    answer = graph.send(method, f"{BASE}/{TENANT_ID}/{path}")
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, numbers)
    assert status != 501 or f"{method} /{TENANT_ID}/{path}" in body["error_description"]


@pytest.mark.parametrize(("status", "error"), [(429, "temporarily_unavailable"), (503, "temporarily_unavailable"),
                                               (403, "invalid_request")])  # fmt: skip
def test_e10_a_fault_of_the_sign_in_is_written_as_one(graph: Client, status: int, error: str) -> None:
    path = f"/{TENANT_ID}/oauth2/v2.0/token"
    graph.emulator.faults.add(method="POST", path=path, status=status, retry_after=1)
    graph.emulator.faults.add(method="GET", path="/v1.0/applications", status=status, retry_after=1)
    answer = graph.sign_in()
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["retry-after"] == "1"
    assert isinstance(graph.send("GET", "/applications").json()["error"], dict)
    assert graph.sign_in().status_code == 200
