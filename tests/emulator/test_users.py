"""Users, the organization and its domains: enough to own, to be assigned, and to sign in."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, TENANT_DOMAIN, TENANT_ID
from lockstep.emulator.users.model import WRITABLE
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


SHOWN = {
    "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName",
}  # fmt: skip


def test_e1_user_keeps_every_property_that_may_be_written_and_null_is_its_default(graph: Client) -> None:
    texts = {name: f"some {name}" for name, value in WRITABLE.items() if value is None}
    values = {
        **texts,
        **DANA,
        "ageGroup": "Adult",
        "birthday": "1990-01-01T00:00:00Z",
        "businessPhones": ["+41 61 000 00 00"],
        "consentProvidedForMinor": "NotRequired",
        "employeeHireDate": "2026-01-01T00:00:00Z",
        "employeeLeaveDateTime": "2027-01-01T00:00:00Z",
        "employeeOrgData": {"costCenter": "7", "division": "Research"},
        "hireDate": "2026-01-01T00:00:00Z",
        "interests": ["maps"],
        "onPremisesExtensionAttributes": {"extensionAttribute3": "three"},
        "otherMails": ["dana@example.org"],
        "passwordPolicies": "DisablePasswordExpiration, DisableStrongPassword",
        "showInAddressList": False,
        "usageLocation": "CH",
        "userType": "Guest",
    }
    del values["passwordProfile"]
    user = graph.post("/users", {**values, "passwordProfile": DANA["passwordProfile"]})
    path = f"/users/{user['id']}"
    kept = graph.get(f"{path}?$select={','.join(values)}")
    attributes = kept["onPremisesExtensionAttributes"]
    assert (attributes.pop("extensionAttribute3"), set(attributes.values()), len(attributes)) == ("three", {None}, 14)
    del kept["onPremisesExtensionAttributes"], values["onPremisesExtensionAttributes"], kept["@odata.context"]
    assert kept == values
    optional = [name for name in values if name not in DANA and name != "userType"]
    assert graph.status("PATCH", path, dict.fromkeys(optional)) == (204, "")
    emptied = graph.get(f"{path}?$select={','.join(optional)}")
    assert {name: emptied[name] for name in optional} == {name: WRITABLE[name] for name in optional}


def test_e1_new_user_with_most_properties_null_is_made(graph: Client) -> None:
    nothing = {name: None for name in WRITABLE if name not in DANA}
    user = graph.post("/users", {**nothing, **DANA, "usageLocation": "CH"})
    assert set(user) - {"@odata.context"} == SHOWN
    kept = graph.get(f"/users/{user['id']}?$select=usageLocation,businessPhones,userType,passwordProfile")
    assert (kept["usageLocation"], kept["businessPhones"], kept["userType"]) == ("CH", [], "Member")
    assert kept["passwordProfile"]["password"] is None


def test_e1_v1_shows_eleven_properties_unless_asked_and_beta_shows_more(graph: Client) -> None:
    user = graph.post("/users", DANA)
    for shown in (graph.get(f"/users/{user['id']}"), graph.get("/users")["value"][-1]):
        assert set(shown) - {"@odata.context"} == SHOWN
    chosen = graph.get(f"/users/{user['id']}?$select=accountEnabled,mailNickname,userType,createdDateTime")
    assert (chosen["accountEnabled"], chosen["mailNickname"], chosen["userType"]) == (True, "dana", "Member")
    beta = graph.get(f"/beta/users/{user['id']}")
    assert {"accountEnabled", "createdDateTime", "showInAddressList", "usageLocation", *SHOWN} < set(beta)
    assert graph.status("PATCH", f"/beta/users/{user['id']}", {"showInAddressList": False}) == (204, "")
    assert graph.get(f"/beta/users/{user['id']}")["showInAddressList"] is False
    assert graph.get(f"/users/{user['id']}?$select=showInAddressList")["showInAddressList"] is False


@pytest.mark.parametrize(
    "values",
    [
        {"ageGroup": "Old"},
        {"consentProvidedForMinor": "Perhaps"},
        {"passwordPolicies": "DisableEverything"},
        {"userType": "Robot"},
        {"usageLocation": "Switzerland"},
        {"businessPhones": ["1", "2"]},
        {"accountEnabled": None},
        {"displayName": None},
        {"createdDateTime": "2026-01-01T00:00:00Z"},
    ],
)
def test_e1_values_that_a_user_cannot_have_are_refused(graph: Client, values: dict[str, Any]) -> None:
    assert graph.status("POST", "/users", {**DANA, **values}) == (400, "Request_BadRequest")
    user = graph.post("/users", DANA)
    if "createdDateTime" not in values:
        assert graph.status("PATCH", f"/users/{user['id']}", values) == (400, "Request_BadRequest")


def test_e1_manager_is_404_where_there_is_none_set_shown_expanded_and_removed(graph: Client) -> None:
    user, ada = graph.post("/users", DANA), graph.get("/users/ada@local.test")
    path = f"/users/{user['id']}/manager"
    for missing in (path, f"{path}/$ref"):
        assert graph.status("GET", missing) == (404, "Request_ResourceNotFound")
    assert "manager" not in graph.get(f"/users/{user['id']}?$expand=manager")
    link = {"@odata.id": f"https://localhost:8443/v1.0/users/{ada['id']}"}
    assert graph.status("PUT", f"{path}/$ref", link) == (204, "")
    assert graph.get(path)["id"] == ada["id"]
    assert graph.get(f"{path}?$select=accountEnabled")["accountEnabled"] is True
    assert graph.get(f"{path}/$ref")["@odata.id"].endswith(f"/directoryObjects/{ada['id']}")
    expanded = graph.get(f"/users/{user['id']}?$expand=manager($select=displayName)&$select=id")["manager"]
    assert expanded == {"@odata.type": "#microsoft.graph.user", "displayName": "Ada Admin"}
    reports = f"/users/{ada['id']}/directReports"
    assert [row["id"] for row in graph.get(reports)["value"]] == [user["id"]]
    assert graph.get(f"{reports}/microsoft.graph.user/$count", **EVENTUAL) == 1
    assert graph.get(f"{reports}/$count", **EVENTUAL) == 1
    assert [row["id"] for row in graph.get(f"{reports}/microsoft.graph.user")["value"]] == [user["id"]]
    assert graph.get(f"{reports}/{user['id']}")["displayName"] == "Dana"
    assert graph.status("GET", f"{reports}/{ada['id']}") == (404, "Request_ResourceNotFound")
    assert graph.status("DELETE", f"{path}/$ref") == (204, "")
    assert graph.status("DELETE", f"{path}/$ref") == (404, "Request_ResourceNotFound")
    assert graph.get(reports)["value"] == []


def test_e1_manager_is_bound_to_a_new_user_and_gone_with_the_manager(graph: Client) -> None:
    ben, group = graph.get("/users/ben@local.test"), graph.get("/groups")["value"][0]
    link = f"https://localhost:8443/v1.0/users/{ben['id']}"
    user = graph.post("/users", {**DANA, "manager@odata.bind": link})
    path = f"/users/{user['id']}/manager"
    assert graph.get(path)["id"] == ben["id"]
    wrong = {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{group['id']}"}
    assert graph.status("PUT", f"{path}/$ref", wrong)[0] == 400
    assert graph.send("DELETE", f"/users/{ben['id']}").status_code == 204
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")
