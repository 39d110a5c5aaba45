"""The directory audit log: what happened, to what, by whom."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID
from tests.emulator.client import Client

LOG = "/auditLogs/directoryAudits"
SITES_READ = "332a536c-c7ef-4017-ab91-336970924f0d"


def told(graph: Client) -> list[str]:
    """Return the names of what happened, oldest first."""
    return [row["activityDisplayName"] for row in reversed(graph.get(LOG)["value"])]


def test_new_tenant_has_no_history(graph: Client) -> None:
    assert told(graph) == []


def test_reads_and_refused_writes_leave_no_trace(graph: Client) -> None:
    graph.get("/applications")
    assert graph.status("POST", "/applications", {"displayName": ""})[0] == 400
    assert told(graph) == []


def test_life_of_an_application_is_told_in_order(graph: Client) -> None:
    app = graph.application("Mine")
    path = f"/applications/{app['id']}"
    graph.post("/servicePrincipals", {"appId": app["appId"]})
    graph.send("PATCH", path, json={"notes": "n"})
    key = graph.post(f"{path}/addPassword", {"passwordCredential": {}})["keyId"]
    graph.post(f"{path}/removePassword", {"keyId": key})
    ada = graph.get("/users/ada@local.test")["id"]
    graph.post(f"{path}/owners/$ref", {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{ada}"})
    graph.send("DELETE", f"{path}/owners/{ada}/$ref")
    graph.send("DELETE", path)
    graph.post(f"/directory/deletedItems/{app['id']}/restore", None)
    graph.send("DELETE", path)
    graph.send("DELETE", f"/directory/deletedItems/{app['id']}")
    secrets = "Update application \N{EN DASH} Certificates and secrets management"
    assert told(graph) == [
        "Add application",
        "Add service principal",
        "Update application",
        secrets,
        secrets,
        "Add owner to application",
        "Remove owner from application",
        "Remove service principal",
        "Delete application",
        "Restore application",
        "Delete application",
        "Hard Delete application",
        "Hard delete service principal",
    ]


def changed(row: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    properties = row["targetResources"][0]["modifiedProperties"]
    return {entry["displayName"]: (entry["oldValue"], entry["newValue"]) for entry in properties}


def test_consents_name_permission_client_and_api(graph: Client) -> None:
    client, resource = graph.principal("Mine"), graph.api()
    body = {"clientId": client["id"], "consentType": "AllPrincipals", "resourceId": resource["id"]}
    grant = graph.post("/oauth2PermissionGrants", {**body, "scope": "User.Read"})
    graph.send("PATCH", f"/oauth2PermissionGrants/{grant['id']}", json={"scope": "User.Read Mail.Send"})
    graph.send("DELETE", f"/oauth2PermissionGrants/{grant['id']}")
    path = f"/servicePrincipals/{client['id']}/appRoleAssignments"
    role = {"appRoleId": SITES_READ, "principalId": client["id"], "resourceId": resource["id"]}
    assignment = graph.post(path, role)
    graph.send("DELETE", f"{path}/{assignment['id']}")
    rows = list(reversed(graph.get(LOG)["value"]))[-5:]
    assert [row["activityDisplayName"] for row in rows] == [
        "Add delegated permission grant",
        "Add delegated permission grant",
        "Remove delegated permission grant",
        "Add app role assignment to service principal",
        "Remove app role assignment from service principal",
    ]
    assert {tuple(target["displayName"] for target in row["targetResources"]) for row in rows} == {
        ("Microsoft Graph", "Mine")
    }
    assert changed(rows[1])["DelegatedPermissionGrant.Scope"] == ('"User.Read"', '"User.Read Mail.Send"')
    assert changed(rows[2])["DelegatedPermissionGrant.Scope"] == ('"User.Read Mail.Send"', None)
    assert changed(rows[3])["AppRole.Value"] == (None, '"Sites.Read.All"')
    assert changed(rows[4])["AppRole.Value"] == ('"Sites.Read.All"', None)
    assert changed(rows[3])["ServicePrincipal.AppId"] == (None, f'"{client["appId"]}"')


def test_entry_names_its_caller_and_the_request(graph: Client) -> None:
    headers = {"client-request-id": "11111111-2222-4333-8444-555555555555"}
    graph.send("POST", "/applications", json={"displayName": "Mine"}, headers=headers)
    row = graph.get(LOG)["value"][0]
    assert row["initiatedBy"]["app"]["appId"] == DEPLOYER_CLIENT_ID
    assert row["initiatedBy"]["app"]["displayName"] == "Lockstep deployer"
    assert (row["initiatedBy"]["user"], row["correlationId"]) == (None, headers["client-request-id"])
    assert graph.get(f"{LOG}/{row['id']}")["id"] == row["id"]
    assert graph.status("GET", f"{LOG}/nothing") == (404, "Request_ResourceNotFound")


def test_directory_roles_and_groups_are_told(graph: Client) -> None:
    principal = graph.principal("Mine")
    body = {"directoryScopeId": "/", "principalId": principal["id"]}
    assignment = graph.post(
        "/roleManagement/directory/roleAssignments",
        {**body, "roleDefinitionId": "f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
    )
    graph.send("DELETE", f"/roleManagement/directory/roleAssignments/{assignment['id']}")
    rows = graph.get(f"{LOG}?$filter=category eq 'RoleManagement'")["value"]
    assert [row["activityDisplayName"] for row in rows] == ["Remove member from role", "Add member to role"]
    assert changed(rows[1])["Role.DisplayName"] == (None, '"Global Reader"')


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("activityDisplayName eq 'Add application'", 2),
        ("startsWith(activityDisplayName,'Add')", 2),
        ("category eq 'ApplicationManagement'", 2),
        ("targetResources/any(t:t/id eq '{id}')", 1),
        ("targetResources/any(t:t/displayName eq 'Second')", 1),
        ("initiatedBy/app/displayName eq 'Lockstep deployer'", 2),
        ("activityDateTime ge 2000-01-01T00:00:00Z", 2),
        ("activityDateTime ge 2999-01-01T00:00:00Z and category eq 'ApplicationManagement'", 0),
    ],
)
def test_log_is_filtered(graph: Client, text: str, count: int) -> None:
    graph.application("First")
    second = graph.application("Second")
    answer = graph.send("GET", LOG, params={"$filter": text.format(**second)})
    assert len(answer.json()["value"]) == count


def test_log_is_paged_newest_first_or_as_asked(graph: Client) -> None:
    for number in range(5):
        graph.application(f"App {number}")
    page = graph.get(f"{LOG}?$top=2")
    apps = [row["targetResources"][0]["displayName"] for row in page["value"]]
    while "@odata.nextLink" in page:
        page = graph.get(page["@odata.nextLink"])
        apps += [row["targetResources"][0]["displayName"] for row in page["value"]]
    assert apps == [f"App {number}" for number in reversed(range(5))]
    oldest = graph.get(f"{LOG}?$orderby=activityDateTime asc&$top=1")["value"][0]
    assert oldest["targetResources"][0]["displayName"] == "App 0"
    assert graph.status("GET", f"{LOG}?$orderby=category") == (400, "Request_UnsupportedQuery")


def test_batch_keeps_one_entry_for_each_step_that_worked(graph: Client) -> None:
    json = {"Content-Type": "application/json"}
    steps = [
        {"id": str(n), "method": "POST", "url": "/applications", "headers": json, "body": {"displayName": name}}
        for n, name in enumerate(("One", "", "Three"))
    ]
    graph.post("/$batch", {"requests": steps})
    assert told(graph) == ["Add application", "Add application"]


def test_e7_a_page_of_the_audit_log_holds_a_thousand(graph: Client) -> None:
    assert graph.status("GET", "/auditLogs/directoryAudits?$top=1000") == (200, "")
    assert graph.status("GET", "/auditLogs/directoryAudits?$top=1001")[0] == 400
    assert graph.status("GET", "/applications?$top=1000")[0] == 400
