"""Groups: enough to be owners, members and assignees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client

TEAM = {"displayName": "Team", "mailEnabled": False, "mailNickname": "team", "securityEnabled": True}
EVENTUAL = {"consistencylevel": "eventual"}


def link(ident: str) -> dict[str, str]:
    return {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{ident}"}


def test_group_is_made_read_changed_deleted_and_restored(graph: Client) -> None:
    group = graph.post("/groups", TEAM)
    path = f"/groups/{group['id']}"
    assert graph.get(path)["displayName"] == "Team"
    assert graph.status("PATCH", path, {"description": "Ours"}) == (204, "")
    assert graph.get("/groups?$filter=displayName eq 'Team'")["value"][0]["description"] == "Ours"
    assert graph.get("/groups/$count", **EVENTUAL) == 2
    assert graph.status("DELETE", path) == (204, "")
    assert graph.status("GET", path) == (404, "Request_ResourceNotFound")
    assert [row["id"] for row in graph.get("/directory/deletedItems/microsoft.graph.group")["value"]] == [group["id"]]
    graph.post(f"/directory/deletedItems/{group['id']}/restore", None)
    assert graph.get(path)["description"] == "Ours"


@pytest.mark.parametrize(
    ("values", "status"),
    [({}, 201), ({"displayName": ""}, 400), ({"mailNickname": None}, 400), ({"colour": "red"}, 400)],
)
def test_group_is_judged(graph: Client, values: dict[str, Any], status: int) -> None:
    assert graph.status("POST", "/groups", {**TEAM, **values})[0] == status


@pytest.mark.parametrize("links", ["members", "owners"])
def test_links_are_added_once_listed_expanded_and_removed(graph: Client, links: str) -> None:
    group, ada = graph.post("/groups", TEAM), graph.get("/users/ada@local.test")["id"]
    path = f"/groups/{group['id']}/{links}"
    assert graph.status("POST", f"{path}/$ref", link(ada)) == (204, "")
    assert graph.status("POST", f"{path}/$ref", link(ada)) == (400, "Request_BadRequest")
    assert [row["id"] for row in graph.get(path)["value"]] == [ada]
    assert graph.get(f"/groups/{group['id']}?$expand={links}($select=id)")[links] == [
        {"@odata.type": "#microsoft.graph.user", "id": ada}
    ]
    assert graph.status("DELETE", f"{path}/{ada}/$ref") == (204, "")
    assert graph.status("DELETE", f"{path}/{ada}/$ref") == (404, "Request_ResourceNotFound")


def test_group_can_own_nothing_but_have_an_app_role(graph: Client) -> None:
    role = {
        "allowedMemberTypes": ["User"], "description": "Do", "displayName": "Do", "id": TEAM_ROLE, "isEnabled": True,
        "value": "Do",
    }  # fmt: skip
    resource = graph.principal("Resource", appRoles=[role])
    group = graph.post("/groups", TEAM)
    body = {"appRoleId": TEAM_ROLE, "principalId": group["id"], "resourceId": resource["id"]}
    assignment = graph.post(f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", body)
    assert (assignment["principalType"], assignment["principalDisplayName"]) == ("Group", "Team")
    graph.send("DELETE", f"/groups/{group['id']}")
    assert graph.get(f"/servicePrincipals/{resource['id']}/appRoleAssignedTo")["value"] == []


TEAM_ROLE = "7b1b3d0e-0000-4000-8000-00000000000a"


def test_group_with_a_rule_for_its_members_is_refused_rather_than_left_empty(graph: Client) -> None:
    body = {"displayName": "All", "mailEnabled": False, "mailNickname": "all", "securityEnabled": True}
    rule = {"groupTypes": ["DynamicMembership"], "membershipRule": "user.accountEnabled -eq true"}
    assert graph.status("POST", "/groups", {**body, **rule}) == (501, "NotImplemented")
    group = graph.post("/groups", {**body, "membershipRule": None, "resourceBehaviorOptions": []})
    assert graph.status("PATCH", f"/groups/{group['id']}", rule) == (501, "NotImplemented")
