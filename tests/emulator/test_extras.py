"""Smaller operations: logos, upserts, counts, deleted items of each type, parts of a role assignment."""

from __future__ import annotations

import pytest

from tests.emulator.client import Client
from tests.vendors import ATERA_CLIENT_ID

EVENTUAL = {"consistencylevel": "eventual"}
CREATE_IF_MISSING = {"prefer": "create-if-missing"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"


def put_logo(graph: Client, path: str, content: bytes) -> int:
    return graph.send("PUT", path, content=content, headers={"content-type": "image/png"}).status_code


def test_logo_is_set_and_read(graph: Client) -> None:
    app = graph.application()
    path = f"/applications/{app['id']}/logo"
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")
    assert put_logo(graph, path, PNG) == 204
    answer = graph.send("GET", path)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert graph.get(f"/applications/{app['id']}")["info"]["logoUrl"].endswith(path)


@pytest.mark.parametrize(("content", "status"), [(b"<svg>", 400), (b"", 400), (PNG + b"\0" * 102_400, 400), (PNG, 204)])
def test_logo_is_judged(graph: Client, content: bytes, status: int) -> None:
    assert put_logo(graph, f"/applications/{graph.application()['id']}/logo", content) == status


def test_service_principal_is_upserted_by_app_id(graph: Client) -> None:
    path = f"/servicePrincipals(appId='{ATERA_CLIENT_ID}')"
    assert graph.status("PATCH", path, {"tags": ["a"]}) == (404, "Request_ResourceNotFound")
    assert graph.status("PATCH", path, {"tags": ["a"]}, **CREATE_IF_MISSING) == (201, "")
    assert graph.status("PATCH", path, {"tags": ["b"]}, **CREATE_IF_MISSING) == (204, "")
    assert graph.get(path)["tags"] == ["b"]


def test_federated_credential_is_upserted_by_name(graph: Client) -> None:
    app = graph.application()
    path = f"/applications/{app['id']}/federatedIdentityCredentials"
    body = {"issuer": "https://ci.test", "subject": "a", "audiences": ["x"]}
    assert graph.status("PATCH", f"{path}(name='ci')", body) == (404, "Request_ResourceNotFound")
    assert graph.status("PATCH", f"{path}(name='ci')", body, **CREATE_IF_MISSING) == (201, "")
    assert graph.status("PATCH", f"{path}(name='ci')", {**body, "subject": "b"}, **CREATE_IF_MISSING) == (204, "")
    assert [entry["subject"] for entry in graph.get(path)["value"]] == ["b"]
    assert graph.get(f"{path}/$count", **EVENTUAL) == 1


def test_grants_of_a_client_one_by_one_and_counted(graph: Client) -> None:
    client, other = graph.principal("Client"), graph.principal("Other")
    body = {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": graph.api()["id"]}
    grant = graph.post("/oauth2PermissionGrants", {**body, "scope": "User.Read"})
    path = f"/servicePrincipals/{client['id']}/oauth2PermissionGrants"
    assert graph.get(f"{path}/$count", **EVENTUAL) == 1
    assert graph.get(f"{path}/{grant['id']}")["scope"] == "User.Read"
    theirs = f"/servicePrincipals/{other['id']}/oauth2PermissionGrants"
    assert graph.status("GET", f"{theirs}/{grant['id']}") == (404, "Request_ResourceNotFound")
    assert graph.get(f"{theirs}/$count", **EVENTUAL) == 0


def test_assignments_are_counted_on_both_ends(graph: Client) -> None:
    client, resource = graph.principal("Client"), graph.api()
    role = {"appRoleId": "332a536c-c7ef-4017-ab91-336970924f0d", "principalId": client["id"]}
    graph.post(f"/servicePrincipals/{client['id']}/appRoleAssignments", {**role, "resourceId": resource["id"]})
    assert graph.get(f"/servicePrincipals/{client['id']}/appRoleAssignments/$count", **EVENTUAL) == 1
    assignment = graph.get(f"/servicePrincipals/{client['id']}/appRoleAssignments")["value"][0]["id"]
    assert graph.get(f"/servicePrincipals/{client['id']}/appRoleAssignments/{assignment}")["id"] == assignment
    assert graph.status("GET", f"/servicePrincipals/{resource['id']}/appRoleAssignments/{assignment}")[0] == 404
    held = graph.get(f"/servicePrincipals/{resource['id']}/appRoleAssignedTo")["value"]
    assert graph.get(f"/servicePrincipals/{resource['id']}/appRoleAssignedTo/$count", **EVENTUAL) == len(held)


def test_deleted_items_by_type_and_counted(graph: Client) -> None:
    principal = graph.principal("Gone")
    app = graph.get(f"/applications(appId='{principal['appId']}')")
    body = {"displayName": "Gone", "mailEnabled": False, "mailNickname": "gone", "securityEnabled": True}
    group = graph.post("/groups", body)
    graph.send("DELETE", f"/applications/{app['id']}")
    graph.send("DELETE", f"/groups/{group['id']}")
    for kind, row in (("application", app), ("servicePrincipal", principal), ("group", group)):
        path = f"/directory/deletedItems/microsoft.graph.{kind}"
        assert [entry["id"] for entry in graph.get(path)["value"]] == [row["id"]]
        assert graph.get(f"{path}/$count", **EVENTUAL) == 1
        assert graph.get(f"/directory/deletedItems/{row['id']}")["displayName"] == "Gone"
    assert graph.get("/directory/deletedItems/graph.group")["value"][0]["id"] == group["id"]
    assert graph.status("GET", "/directory/deletedItems/microsoft.graph.device")[0] == 501


def test_objects_are_found_by_ids_from_any_collection(graph: Client) -> None:
    principal = graph.principal()
    for kind in ("applications", "groups", "servicePrincipals", "users"):
        objects = graph.post(f"/{kind}/getByIds", {"ids": [principal["id"]]})["value"]
        assert [row["id"] for row in objects] == [principal["id"]]


def test_parts_of_a_role_assignment_and_of_a_template(graph: Client) -> None:
    principal = graph.principal()
    body = {"directoryScopeId": "/", "principalId": principal["id"], "roleDefinitionId": READER}
    assignment = graph.post("/roleManagement/directory/roleAssignments", body)
    path = f"/roleManagement/directory/roleAssignments/{assignment['id']}"
    assert graph.get(f"{path}/principal")["id"] == principal["id"]
    assert graph.get(f"{path}/roleDefinition")["displayName"] == "Global Reader"
    assert graph.get(f"/directoryRoleTemplates/{READER}")["displayName"] == "Global Reader"
    assert graph.status("GET", f"/directoryRoleTemplates/{principal['id']}") == (404, "Request_ResourceNotFound")


def test_principals_are_counted(graph: Client) -> None:
    every = len(graph.get("/servicePrincipals")["value"])
    assert graph.get("/servicePrincipals/$count", **EVENTUAL) == every
    assert graph.status("GET", "/servicePrincipals/$count") == (400, "Request_BadRequest")


def test_secret_of_a_service_principal_comes_and_goes(graph: Client) -> None:
    principal = graph.principal()
    path = f"/servicePrincipals/{principal['id']}"
    key = graph.post(f"{path}/addPassword", {"passwordCredential": {"displayName": "x"}})["keyId"]
    assert [entry["keyId"] for entry in graph.get(path)["passwordCredentials"]] == [key]
    assert graph.status("POST", f"{path}/removePassword", {"keyId": key}) == (204, "")
    assert graph.status("POST", f"{path}/removePassword", {"keyId": key}) == (400, "Request_BadRequest")


def test_words_of_a_function_are_no_id(graph: Client) -> None:
    for path in ("/applications/delta", "/applications/delta()", "/servicePrincipals/delta", "/users/delta()"):
        assert graph.status("GET", path)[0] == 501, path
