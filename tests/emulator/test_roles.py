"""Directory roles and memberships: who has what, asked from either side."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from lockstep.emulator.roles.model import BuiltInRole
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


DEFINITIONS = "/roleManagement/directory/roleDefinitions"
CONSENT = "microsoft.directory/servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin"
CUSTOM = {
    "displayName": "May consent",
    "isEnabled": True,
    "rolePermissions": [{"allowedResourceActions": [CONSENT, "microsoft.directory/applications/standard/read"]}],
}


def allowing(*actions: str, **values: Any) -> dict[str, Any]:
    return {"rolePermissions": [{"allowedResourceActions": list(actions), **values}]}


HELPDESK, USER = "729827e3-9c14-49f7-bb1b-9608f156bbb8", "a0b1b346-4d3e-4e8b-98f8-753987be4970"


def test_e2_every_built_in_role_has_its_fixed_id_everywhere(graph: Client) -> None:
    document = json.loads((files("lockstep.emulator.roles") / "built_in.json").read_text("utf-8"))
    roles = document["roles"]
    assert {"title", "publisher", "address", "retrieved"} <= set(document["source"])
    assert len(roles) > 120
    assert len(set(roles.values())) == len(roles)
    templates = graph.get("/directoryRoleTemplates")["value"]
    assert {row["id"]: row["displayName"] for row in templates} == roles
    definitions = graph.get(f"{DEFINITIONS}?$filter=isBuiltIn eq true")["value"]
    assert {row["id"]: row["displayName"] for row in definitions} == roles
    assert all(row["templateId"] == row["id"] for row in definitions)
    assert {role.value: role.name.replace("_", " ").title() for role in BuiltInRole}.items() <= roles.items()


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (HELPDESK, "Helpdesk Administrator"),
        ("7495fdc4-34c4-4d15-a289-98788ce399fd", "Azure Information Protection Administrator"),
        ("194AE4CB-B126-40B2-BD5B-6091B380977D", "Security Administrator"),
        (USER, "User"),
    ],
)
def test_e2_any_built_in_role_is_activated_assigned_and_had(graph: Client, template: str, name: str) -> None:
    role = graph.post("/directoryRoles", {"roleTemplateId": template})
    assert (role["displayName"], role["roleTemplateId"]) == (name, template.lower())
    principal = graph.principal()
    graph.post(ASSIGNMENTS, assignment(principal, template))
    assert role_of(graph, principal) == [template.lower()]
    members = graph.get(f"/directoryRoles(roleTemplateId='{template.lower()}')/members")["value"]
    assert [row["id"] for row in members] == [principal["id"]]


def test_e2_what_a_built_in_role_allows_is_named_as_lacking(graph: Client) -> None:
    assert "rolePermissions" not in graph.get(f"{DEFINITIONS}/{HELPDESK}")
    answer = graph.send("GET", f"{DEFINITIONS}/{HELPDESK}?$select=rolePermissions")
    assert (answer.status_code, "rolePermissions" in answer.json()["error"]["message"]) == (501, True)
    assert graph.send("GET", f"{DEFINITIONS}?$select=rolePermissions").status_code == 501


def test_e4_custom_role_is_defined_read_changed_assigned_and_deleted_with_its_assignments(graph: Client) -> None:
    made = graph.post(DEFINITIONS, {**CUSTOM, "description": "", "templateId": "", "version": "1"})
    path = f"{DEFINITIONS}/{made['id']}"
    assert (made["isBuiltIn"], made["templateId"], made["resourceScopes"]) == (False, made["id"], ["/"])
    assert graph.get(path)["rolePermissions"] == CUSTOM["rolePermissions"]
    custom = graph.get(f"{DEFINITIONS}?$filter=isBuiltIn eq false&$select=id,rolePermissions")["value"]
    assert custom == [{"id": made["id"], "rolePermissions": CUSTOM["rolePermissions"]}]
    body = {"displayName": "May read", "rolePermissions": [{"allowedResourceActions": [CONSENT]}]}
    assert graph.status("PATCH", path, body) == (204, "")
    assert graph.get(path)["displayName"] == "May read"
    principal = graph.principal()
    row = graph.post(ASSIGNMENTS, assignment(principal, made["id"]))
    expanded = graph.get(f"{ASSIGNMENTS}/{row['id']}?$expand=roleDefinition($select=displayName,rolePermissions)")
    assert expanded["roleDefinition"] == {"displayName": "May read", "rolePermissions": body["rolePermissions"]}
    # A custom role has no template, so it is no directoryRole and nobody is its member.
    assert graph.get(f"/servicePrincipals/{principal['id']}/memberOf")["value"] == []
    assert graph.status("POST", "/directoryRoles", {"roleTemplateId": made["id"]})[0] == 404
    assert graph.status("DELETE", path) == (204, "")
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")
    assert role_of(graph, principal) == []
    done = [entry["activityDisplayName"] for entry in graph.get("/auditLogs/directoryAudits")["value"]]
    assert [name for name in done if name.endswith("role definition")] == [
        "Delete role definition", "Update role definition", "Add role definition",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "status", "named"),
    [
        ({}, 201, ""),
        ({"templateId": "7E57AB1E-0000-4000-8000-000000000001"}, 201, ""),
        ({"resourceScopes": ["/"]}, 201, ""),
        ({"displayName": None}, 400, "displayName"),
        ({"isEnabled": None}, 400, "isEnabled"),
        ({"rolePermissions": None}, 400, "rolePermissions"),
        ({"isEnabled": "yes"}, 400, "isEnabled"),
        ({"isBuiltIn": True}, 400, "isBuiltIn"),
        ({"templateId": "one"}, 400, "templateId"),
        ({"templateId": HELPDESK}, 400, "templateId"),
        ({"resourceScopes": ["/administrativeUnits/1"]}, 400, "resourceScopes"),
        (allowing(), 400, "allowedResourceActions"),
        ({"rolePermissions": [{"colour": []}]}, 400, "colour"),
        (allowing("microsoft.office365.network/locations/allProperties/read"), 400, "'microsoft.office365.network' is"),
        (allowing("microsoft.directory/users"), 400, "'microsoft.directory/users' is"),
        (allowing(CONSENT, condition="$ResourceIsSelf"), 400, "condition"),
        (allowing(CONSENT, excludedResourceActions=[CONSENT]), 400, "excluded"),
        ({"isPrivileged": True}, 400, "isPrivileged"),
        ({"inheritsPermissionsFrom": []}, 501, "inheritsPermissionsFrom"),
    ],
)  # fmt: skip
def test_e4_custom_role_is_judged(graph: Client, values: dict[str, Any], status: int, named: str) -> None:
    answer = graph.send("POST", DEFINITIONS, json={**CUSTOM, **values})
    assert (answer.status_code, named in answer.text) == (status, True), answer.text
    if "templateId" in values and status == 201:
        assert answer.json()["id"] == str(values["templateId"]).lower()


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"displayName": "Mine"}), ("DELETE", None)])
def test_e4_built_in_role_is_neither_changed_nor_deleted(graph: Client, method: str, body: Any) -> None:
    assert graph.status(method, f"{DEFINITIONS}/{HELPDESK}", body) == (400, "Request_BadRequest")
    assert graph.get(f"{DEFINITIONS}/{HELPDESK}")["displayName"] == "Helpdesk Administrator"
    assert graph.status(method, f"{DEFINITIONS}/{NOBODY}", body)[0] == 404


def test_e4_custom_role_keeps_its_id_and_is_not_assigned_while_it_is_off(graph: Client) -> None:
    made = graph.post(DEFINITIONS, {**CUSTOM, "isEnabled": False})
    assert graph.status("POST", ASSIGNMENTS, assignment(graph.principal(), made["id"]))[0] == 400
    assert graph.status("PATCH", f"{DEFINITIONS}/{made['id']}", {"templateId": NOBODY}) == (501, "NotImplemented")
    assert graph.status("PATCH", f"{DEFINITIONS}/{made['id']}", {**CUSTOM, "templateId": made["id"]}) == (204, "")
    assert graph.status("POST", ASSIGNMENTS, assignment(graph.principal(), made["id"])) == (201, "")


def test_e4_tenant_has_at_most_a_hundred_custom_roles(graph: Client) -> None:
    for number in range(100):
        graph.emulator.tenant.role_definitions.create({**CUSTOM, "displayName": f"Role {number}"})
    assert graph.status("POST", DEFINITIONS, CUSTOM) == (400, "Directory_QuotaExceeded")
    names = [row["displayName"] for row in graph.get(f"{DEFINITIONS}?$filter=isBuiltIn eq false&$top=999")["value"]]
    assert names == [f"Role {number}" for number in range(100)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/roleManagement/directory/roleEligibilityScheduleRequests"),
        ("GET", "/roleManagement/directory/roleEligibilityScheduleRequests"),
        ("GET", "/roleManagement/directory/deletedItems/roleDefinitions"),
        ("POST", "/roleManagement/directory/roleAssignmentScheduleRequests"),
    ],
)
def test_e4_what_is_not_emulated_of_roles_is_501_by_its_name(graph: Client, method: str, path: str) -> None:
    answer = graph.send(method, path, **({"json": {}} if method == "POST" else {}))
    assert (answer.status_code, path in answer.json()["error"]["message"]) == (501, True)


def test_e4_role_over_an_applications_own_scope_is_named_as_lacking(graph: Client) -> None:
    principal = graph.principal()
    assert graph.status("POST", ASSIGNMENTS, assignment(principal, appScopeId="/x")) == (501, "NotImplemented")
    assert graph.post(ASSIGNMENTS, assignment(principal, appScopeId=None))["appScopeId"] is None
