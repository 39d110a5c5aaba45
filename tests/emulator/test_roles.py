"""Directory roles and memberships: who has what, asked from either side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
NOBODY = "99999999-9999-4999-8999-999999999999"
ASSIGNMENTS = "/roleManagement/directory/roleAssignments"


def role_of(graph: Client, principal: Any) -> list[str]:
    assignments = graph.get(f"{ASSIGNMENTS}?$filter=principalId eq '{principal['id']}'")["value"]
    return [row["roleDefinitionId"] for row in assignments]


def assignment(principal: Any, role: str = GLOBAL_READER, **values: Any) -> dict[str, Any]:
    return {"directoryScopeId": "/", "principalId": principal["id"], "roleDefinitionId": role, **values}


def test_profile_has_an_administrator_seen_from_either_side(graph: Client) -> None:
    ada = graph.get("/users/ada@local.test")
    assert role_of(graph, ada) == [GLOBAL_ADMINISTRATOR]
    members = graph.get(f"/directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR}')/members")["value"]
    assert [(row["@odata.type"], row["id"]) for row in members] == [("#microsoft.graph.user", ada["id"])]
    roles = graph.get(f"/users/{ada['id']}/memberOf/microsoft.graph.directoryRole")["value"]
    assert [row["roleTemplateId"] for row in roles] == [GLOBAL_ADMINISTRATOR]


def test_role_is_assigned_once_and_removed(graph: Client) -> None:
    principal = graph.principal()
    created = graph.post(ASSIGNMENTS, assignment(principal))
    assert graph.status("POST", ASSIGNMENTS, assignment(principal)) == (400, "Request_BadRequest")
    assert graph.get(f"{ASSIGNMENTS}/{created['id']}")["principalId"] == principal["id"]
    expanded = graph.get(f"{ASSIGNMENTS}?$filter=principalId eq '{principal['id']}'&$expand=roleDefinition")["value"]
    assert expanded[0]["roleDefinition"]["displayName"] == "Global Reader"
    expanded = graph.get(f"{ASSIGNMENTS}?$filter=principalId eq '{principal['id']}'&$expand=principal($select=id)")
    assert expanded["value"][0]["principal"] == {
        "@odata.type": "#microsoft.graph.servicePrincipal", "id": principal["id"],
    }  # fmt: skip
    assert graph.status("DELETE", f"{ASSIGNMENTS}/{created['id']}") == (204, "")
    assert graph.status("DELETE", f"{ASSIGNMENTS}/{created['id']}") == (404, "Request_ResourceNotFound")
    assert role_of(graph, principal) == []


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 201),
        ({"roleDefinitionId": NOBODY}, 404),
        ({"principalId": NOBODY}, 404),
        ({"directoryScopeId": None}, 400),
        ({"principalId": None}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_assignment_of_a_role_is_judged(graph: Client, values: dict[str, Any], status: int) -> None:
    assert graph.status("POST", ASSIGNMENTS, assignment(graph.principal(), **values))[0] == status


def test_role_over_one_object_makes_no_member_of_the_role(graph: Client) -> None:
    principal, app = graph.principal(), graph.application("Watched")
    graph.post(ASSIGNMENTS, assignment(principal, directoryScopeId=f"/{app['id']}"))
    assert graph.get(f"/servicePrincipals/{principal['id']}/memberOf")["value"] == []
    graph.send("DELETE", f"/servicePrincipals/{principal['id']}")
    assert role_of(graph, principal) == []


def test_directory_role_is_activated_and_gets_members(graph: Client) -> None:
    by_template = f"/directoryRoles(roleTemplateId='{GLOBAL_READER}')"
    assert graph.status("GET", by_template) == (404, "Request_ResourceNotFound")
    role = graph.post("/directoryRoles", {"roleTemplateId": GLOBAL_READER})
    assert graph.status("POST", "/directoryRoles", {"roleTemplateId": GLOBAL_READER})[0] == 400
    assert graph.status("POST", "/directoryRoles", {"roleTemplateId": NOBODY})[0] == 404
    principal = graph.principal()
    link = {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{principal['id']}"}
    assert graph.status("POST", f"/directoryRoles/{role['id']}/members/$ref", link) == (204, "")
    assert role_of(graph, principal) == [GLOBAL_READER]
    assert graph.get(by_template)["id"] == role["id"]
    assert "Global Reader" in [row["displayName"] for row in graph.get("/directoryRoles")["value"]]
    assert graph.status("DELETE", f"{by_template}/members/{principal['id']}/$ref") == (204, "")
    assert graph.status("DELETE", f"{by_template}/members/{principal['id']}/$ref")[0] == 404


def test_definitions_and_templates_are_listed(graph: Client) -> None:
    definitions = graph.get("/roleManagement/directory/roleDefinitions?$filter=displayName eq 'Global Reader'")["value"]
    assert [(row["id"], row["templateId"], row["isBuiltIn"]) for row in definitions] == [
        (GLOBAL_READER, GLOBAL_READER, True)
    ]
    assert graph.get(f"/roleManagement/directory/roleDefinitions/{GLOBAL_READER}")["displayName"] == "Global Reader"
    assert graph.status("GET", f"/roleManagement/directory/roleDefinitions/{NOBODY}")[0] == 404
    assert GLOBAL_READER in [row["id"] for row in graph.get("/directoryRoleTemplates")["value"]]


def test_role_of_a_group_counts_for_its_members_transitively(graph: Client) -> None:
    principal, inner = graph.principal(), {"mailEnabled": False, "securityEnabled": True}
    links = [f"https://localhost:8443/v1.0/directoryObjects/{principal['id']}"]
    small = graph.post(
        "/groups", {**inner, "displayName": "Small", "mailNickname": "small", "members@odata.bind": links}
    )
    links = [f"https://localhost:8443/v1.0/directoryObjects/{small['id']}"]
    big = graph.post("/groups", {**inner, "displayName": "Big", "mailNickname": "big", "members@odata.bind": links})
    graph.post(ASSIGNMENTS, assignment(big))
    path = f"/servicePrincipals(appId='{principal['appId']}')"
    assert [row["displayName"] for row in graph.get(f"{path}/memberOf")["value"]] == ["Small"]
    memberships = graph.get(f"{path}/transitiveMemberOf")["value"]
    assert [row["displayName"] for row in memberships] == ["Small", "Big", "Global Reader"]
    roles = graph.get(f"{path}/transitiveMemberOf/microsoft.graph.directoryRole?$select=roleTemplateId")["value"]
    assert [row["roleTemplateId"] for row in roles] == [GLOBAL_READER]
    assert graph.get(f"/groups/{small['id']}/memberOf")["value"][0]["displayName"] == "Big"
    assert graph.status("GET", f"{path}/memberOf/microsoft.graph.device")[0] == 501
