"""Users, the organization and its domains: enough to own, to be assigned, and to sign in."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, TENANT_DOMAIN, TENANT_ID
from tests.emulator.client import Client

EVENTUAL = {"consistencylevel": "eventual"}
DANA = {
    "accountEnabled": True,
    "displayName": "Dana",
    "mailNickname": "dana",
    "passwordProfile": {"password": "secret"},
    "userPrincipalName": "dana@local.test",
}


def test_user_is_made_read_changed_deleted_and_restored(graph: Client) -> None:
    user = graph.post("/users", DANA)
    path = f"/users/{user['id']}"
    assert not [name for name in user if "assword" in name or name.startswith("_")]
    assert graph.get("/users/dana@local.test")["id"] == user["id"]
    assert graph.status("PATCH", path, {"jobTitle": "Builder"}) == (204, "")
    assert graph.get(path)["jobTitle"] == "Builder"
    assert graph.get("/users/$count", **EVENTUAL) == 4
    assert graph.status("DELETE", path) == (204, "")
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")
    deleted = graph.get("/directory/deletedItems/microsoft.graph.user")["value"]
    assert [row["displayName"] for row in deleted] == ["Dana"]
    assert graph.get("/directory/deletedItems/microsoft.graph.user/$count", **EVENTUAL) == 1
    graph.post(f"/directory/deletedItems/{user['id']}/microsoft.graph.restore", None)
    assert graph.get(path)["jobTitle"] == "Builder"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 201),
        ({"userPrincipalName": "ADA@local.test"}, 400),
        ({"userPrincipalName": "dana@elsewhere.test"}, 400),
        ({"userPrincipalName": "dana@local.test.evil.test"}, 400),
        ({"passwordProfile": None}, 400),
        ({"displayName": ""}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_user_is_judged(graph: Client, values: dict[str, Any], status: int) -> None:
    assert graph.status("POST", "/users", {**DANA, **values})[0] == status


def test_deleted_users_consents_and_roles_are_gone(graph: Client) -> None:
    user, client, resource = graph.post("/users", DANA), graph.principal(), graph.api()
    body = {"clientId": client["id"], "consentType": "Principal", "principalId": user["id"]}
    graph.post("/oauth2PermissionGrants", {**body, "resourceId": resource["id"], "scope": "User.Read"})
    assert [row["scope"] for row in graph.get(f"/users/{user['id']}/oauth2PermissionGrants")["value"]] == ["User.Read"]
    assert graph.get(f"/users/{user['id']}/oauth2PermissionGrants/$count", **EVENTUAL) == 1
    before = graph.get("/oauth2PermissionGrants")["value"]
    graph.send("DELETE", f"/users/{user['id']}")
    after = graph.get("/oauth2PermissionGrants")["value"]
    assert [row for row in before if row not in after] == [row for row in before if row["principalId"] == user["id"]]


def test_password_is_changed(graph: Client) -> None:
    user, client = graph.post("/users", DANA), graph.principal()
    body = {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": graph.api()["id"]}
    graph.post("/oauth2PermissionGrants", {**body, "scope": "User.Read"})
    app = graph.get(f"/applications(appId='{client['appId']}')")
    secret = graph.post(f"/applications/{app['id']}/addPassword", {})["secretText"]
    form = {"client_id": client["appId"], "client_secret": secret, "grant_type": "password"}
    form["username"] = "dana@local.test"
    assert graph.sign_in(**form, password="secret").status_code == 200
    assert graph.status("PATCH", f"/users/{user['id']}", {"passwordProfile": {"password": "new"}}) == (204, "")
    assert graph.sign_in(**form, password="secret").json()["error_codes"] == [50126]
    assert graph.sign_in(**form, password="new").status_code == 200
    assert graph.status("PATCH", f"/users/{user['id']}", {"accountEnabled": False}) == (204, "")
    assert graph.sign_in(**form, password="new").json()["error_codes"] == [50057]


def test_organization_and_domains(graph: Client) -> None:
    assert [row["id"] for row in graph.get("/organization")["value"]] == [TENANT_ID]
    assert graph.get(f"/organization/{TENANT_ID}")["verifiedDomains"][0]["name"] == TENANT_DOMAIN
    assert graph.status("GET", f"/organization/{DEPLOYER_CLIENT_ID}") == (404, "Request_ResourceNotFound")
    assert [row["id"] for row in graph.get("/domains")["value"]] == [TENANT_DOMAIN]
    assert graph.get(f"/domains/{TENANT_DOMAIN}")["isVerified"] is True
    assert graph.status("GET", "/domains/elsewhere.test") == (404, "Request_ResourceNotFound")


def test_app_roles_of_users_and_groups(graph: Client) -> None:
    role = {
        "allowedMemberTypes": ["User"], "description": "Do", "displayName": "Do", "isEnabled": True, "value": "Do",
        "id": "7b1b3d0e-0000-4000-8000-00000000000a",
    }  # fmt: skip
    resource = graph.principal("Resource", appRoles=[role])
    staff = graph.get("/groups?$filter=displayName eq 'All Staff'")["value"][0]
    for kind, row in (("users", graph.get("/users/ada@local.test")), ("groups", staff)):
        path = f"/{kind}/{row['id']}/appRoleAssignments"
        body = {"appRoleId": role["id"], "principalId": row["id"], "resourceId": resource["id"]}
        assignment = graph.post(path, body)
        assert graph.status("POST", path, body) == (400, "Request_BadRequest")
        assert [entry["id"] for entry in graph.get(path)["value"]] == [assignment["id"]]
        assert graph.get(f"{path}/$count", **EVENTUAL) == 1
        assert graph.get(f"{path}/{assignment['id']}")["principalDisplayName"] == row["displayName"]
        assert graph.status("DELETE", f"{path}/{assignment['id']}") == (204, "")
        assert graph.status("GET", f"{path}/{assignment['id']}") == (404, "Request_ResourceNotFound")
    client = graph.principal("Client")
    body = {"appRoleId": role["id"], "principalId": client["id"], "resourceId": resource["id"]}
    # The role is for people: an application cannot have it.
    assert graph.status("POST", f"/servicePrincipals/{client['id']}/appRoleAssignments", body)[0] == 400
