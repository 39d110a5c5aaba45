"""App registrations."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, TENANT_ID
from tests.emulator.client import Client

GRAPH = "00000003-0000-0000-c000-000000000000"
SCOPE = {"id": "7b1b3d0e-0000-4000-8000-000000000001", "value": "Use.All", "isEnabled": True, "type": "Admin"}
CREATE_IF_MISSING = {"prefer": "create-if-missing"}


def scopes(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"api": {"oauth2PermissionScopes": list(entries)}}


def test_create_answers_with_the_whole_object(graph: Client) -> None:
    app = graph.application("New", tags=["a"])
    assert app["displayName"] == "New"
    assert app["publisherDomain"] == "local.test"
    assert app["web"]["implicitGrantSettings"] == {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False}
    assert not [name for name in app if name.startswith("_")]
    assert graph.get(f"/applications/{app['id']}") == app


@pytest.mark.parametrize("key", ["{id}", "(appId='{appId}')", "(uniqueName='only')"])
def test_get_by_every_key(graph: Client, key: str) -> None:
    app = graph.application("New", uniqueName="only")
    path = key.format(**app)
    path = f"/applications{path}" if path[0] == "(" else f"/applications/{path}"
    assert graph.get(path)["id"] == app["id"]
    assert graph.status("PATCH", path, {"notes": "n"}) == (204, "")
    assert graph.get(path)["notes"] == "n"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "Request_BadRequest"),
        ({"displayName": " "}, "Request_BadRequest"),
        ({"displayName": 7}, "Request_BadRequest"),
        ({"displayName": "x" * 121}, "Request_BadRequest"),
        ({"displayName": "x", "colour": "red"}, "Request_BadRequest"),
        ({"displayName": "x", "signInAudience": "All"}, "Request_BadRequest"),
        ({"displayName": "x", "tags": "a"}, "Request_BadRequest"),
        ({"displayName": "x", "web": {"redirectUris": "a"}}, "Request_BadRequest"),
        ({"displayName": "x", "identifierUris": ["https://vendor.test/x"]}, "HostNameNotOnVerifiedDomain"),
        ({"displayName": "x", "identifierUris": ["api://vendor"]}, "HostNameNotOnVerifiedDomain"),
        ({"displayName": "x", "requiredResourceAccess": [{"resourceAppId": "x"}]}, "Request_BadRequest"),
    ],
)
def test_create_refuses(graph: Client, body: dict[str, Any], code: str) -> None:
    before = graph.emulator.snapshot()
    assert graph.status("POST", "/applications", body) == (400, code)
    assert graph.emulator.snapshot() == before


def test_requests_for_unknown_permissions_are_taken_but_not_too_many(graph: Client) -> None:
    access = [{"id": f"00000000-0000-4000-8000-{number:012}", "type": "Role"} for number in range(401)]
    few = [{"resourceAppId": GRAPH, "resourceAccess": access[:400]}]
    assert graph.application(requiredResourceAccess=few)["requiredResourceAccess"] == few
    many = {"displayName": "x", "requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": access}]}
    assert graph.status("POST", "/applications", many) == (400, "Directory_QuotaExceeded")


def test_patch_merges_complex_values_and_replaces_lists(graph: Client) -> None:
    app = graph.application(api={"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [SCOPE]}, tags=["a"])
    path = f"/applications/{app['id']}"
    body = {"id": app["id"], "api": {"acceptMappedClaims": True}, "tags": ["b"], "description": None}
    assert graph.status("PATCH", path, body) == (204, "")
    application = graph.get(path)
    assert (application["api"]["requestedAccessTokenVersion"], application["api"]["oauth2PermissionScopes"]) == (
        2,
        [SCOPE],
    )
    assert application["tags"] == ["b"]
    assert graph.status("PATCH", path, {"appId": GRAPH})[0] == 400


def test_exposed_scope_is_disabled_before_it_is_deleted(graph: Client) -> None:
    app = graph.application(**scopes(SCOPE))
    path = f"/applications/{app['id']}"
    assert graph.status("PATCH", path, scopes()) == (400, "CannotDeleteOrUpdateEnabledEntitlement")
    assert graph.status("PATCH", path, scopes({**SCOPE, "isEnabled": False})) == (204, "")
    assert graph.status("PATCH", path, scopes()) == (204, "")


def test_exposed_scope_ids_and_values_are_unique(graph: Client) -> None:
    twice = {**SCOPE, "id": "7b1b3d0e-0000-4000-8000-000000000002"}
    assert graph.status("POST", "/applications", {"displayName": "x", **scopes(SCOPE, twice)})[0] == 400
    assert graph.status("POST", "/applications", {"displayName": "x", **scopes(SCOPE, SCOPE)})[0] == 400


def test_identifier_uri_belongs_to_one_application(graph: Client) -> None:
    uri = f"api://{TENANT_ID}/one"
    graph.application("One", identifierUris=[uri])
    again = {"displayName": "Two", "identifierUris": [uri.upper().replace("API", "api")]}
    assert graph.status("POST", "/applications", again) == (400, "Request_MultipleObjectsWithSameKeyValue")


def test_upsert_by_unique_name_creates_once(graph: Client) -> None:
    path = "/applications(uniqueName='estate')"
    assert graph.status("PATCH", path, {"displayName": "E"}) == (404, "Request_ResourceNotFound")
    assert graph.status("PATCH", path, {"displayName": "E"}, **CREATE_IF_MISSING) == (201, "")
    assert graph.status("PATCH", path, {"displayName": "F"}, **CREATE_IF_MISSING) == (204, "")
    applications = graph.get("/applications?$filter=uniqueName eq 'estate'")["value"]
    assert [app["displayName"] for app in applications] == ["F"]


def test_owners_are_added_listed_and_removed(graph: Client) -> None:
    me = graph.get(f"/servicePrincipals(appId='{DEPLOYER_CLIENT_ID}')?$select=id")["id"]
    bound = {"owners@odata.bind": [f"https://localhost:8443/v1.0/directoryObjects/{me}"]}
    app = graph.post("/applications", {"displayName": "An app", **bound})
    path = f"/applications/{app['id']}/owners"
    owner = graph.get(path)["value"][0]
    assert (owner["id"], owner["@odata.type"]) == (me, "#microsoft.graph.servicePrincipal")
    link = {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects('{me}')"}
    assert graph.status("POST", f"{path}/$ref", link) == (400, "Request_BadRequest")
    assert graph.status("DELETE", f"{path}/{me}/$ref") == (204, "")
    assert graph.status("DELETE", f"{path}/{me}/$ref") == (404, "Request_ResourceNotFound")
    assert graph.get(path)["value"] == []
    user = graph.get("/users/ada@local.test")["id"]
    assert graph.status("POST", f"{path}/$ref", {"@odata.id": f"https://x/v1.0/directoryObjects/{user}"}) == (204, "")
    assert graph.status("POST", f"{path}/$ref", {"@odata.id": "https://x/v1.0/directoryObjects/nobody"})[0] == 404


def test_federated_credentials_have_one_name_each(graph: Client) -> None:
    app = graph.application()
    path = f"/applications/{app['id']}/federatedIdentityCredentials"
    body = {"name": "ci", "issuer": "https://ci.test", "subject": "a", "audiences": ["x"]}
    credential = graph.post(path, body)
    assert graph.status("POST", path, body) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert graph.status("POST", path, {**body, "name": "other"})[0] == 409
    assert graph.status("POST", path, {**body, "name": "", "subject": "b"})[0] == 400
    assert graph.status("PATCH", f"{path}/{credential['id']}", {"subject": "b"}) == (204, "")
    assert graph.get(f"{path}(name='ci')")["subject"] == "b"
    assert [entry["name"] for entry in graph.get(path)["value"]] == ["ci"]
    assert graph.status("DELETE", f"{path}/{credential['id']}") == (204, "")
    assert graph.status("GET", f"{path}/{credential['id']}")[0] == 404


def test_deleted_application_takes_its_principal_along_and_comes_back_without_it(graph: Client) -> None:
    principal = graph.principal("Gone")
    resource = graph.api()
    body = {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": resource["id"]}
    graph.post("/oauth2PermissionGrants", {**body, "scope": "User.Read"})
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    assert graph.status("DELETE", f"/applications/{app['id']}") == (204, "")
    assert graph.status("GET", f"/servicePrincipals/{principal['id']}")[0] == 404
    assert len(graph.emulator.snapshot()["deletedItems"]) == 2
    listed = graph.get("/directory/deletedItems/microsoft.graph.application")["value"]
    assert [row["id"] for row in listed] == [app["id"]]
    assert graph.get(f"/directory/deletedItems/{principal['id']}")["displayName"] == "Gone"
    graph.post(f"/directory/deletedItems/{app['id']}/restore", None)
    assert graph.get(f"/applications/{app['id']}") == app
    assert graph.status("GET", f"/servicePrincipals/{principal['id']}")[0] == 404
    graph.post(f"/directory/deletedItems/{principal['id']}/restore", None)
    assert graph.get(f"/servicePrincipals/{principal['id']}/oauth2PermissionGrants")["value"] == []


def test_permanently_deleted_application_takes_its_deleted_principal_along(graph: Client) -> None:
    principal = graph.principal("Gone")
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    graph.send("DELETE", f"/applications/{app['id']}")
    assert graph.status("DELETE", f"/directory/deletedItems/{app['id']}") == (204, "")
    assert graph.emulator.snapshot()["deletedItems"] == []
    assert graph.status("POST", f"/directory/deletedItems/{app['id']}/restore")[0] == 404


def test_restore_is_refused_while_another_has_the_identifier_uri(graph: Client) -> None:
    uri = f"api://{TENANT_ID}/one"
    app = graph.application("One", identifierUris=[uri])
    graph.send("DELETE", f"/applications/{app['id']}")
    graph.application("Two", identifierUris=[uri])
    assert graph.status("POST", f"/directory/deletedItems/{app['id']}/restore")[0] == 400
