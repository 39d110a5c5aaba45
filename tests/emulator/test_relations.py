"""Owners, members, memberships and owned objects: the same few operations on each, all with the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client

EVENTUAL = {"consistencylevel": "eventual"}
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
NOBODY = "99999999-9999-4999-8999-999999999999"
World = dict[str, str]


def link(ident: str) -> dict[str, str]:
    return {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{ident}"}


@pytest.fixture
def world(graph: Client) -> World:
    """A user, a group and a service principal: they own an application, are members of a group, and have a role."""
    principal = graph.principal("Robot")
    app = graph.application("Owned")
    idents = {
        "app": app["id"],
        "user": graph.get("/users/cleo@local.test")["id"],
        "principal": principal["id"],
        "owned": graph.post("/servicePrincipals", {"appId": app["appId"]})["id"],
    }
    for name in ("inner", "outer"):
        body = {"displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True}
        idents[name] = graph.post("/groups", body)["id"]
    for owned in (f"/applications/{app['id']}", f"/servicePrincipals/{idents['owned']}", f"/groups/{idents['outer']}"):
        for owner in ("user", "principal"):
            graph.post(f"{owned}/owners/$ref", link(idents[owner]))
    for member in ("user", "principal"):
        graph.post(f"/groups/{idents['inner']}/members/$ref", link(idents[member]))
        body = {"directoryScopeId": "/", "principalId": idents[member], "roleDefinitionId": READER}
        graph.post("/roleManagement/directory/roleAssignments", body)
    graph.post(f"/groups/{idents['outer']}/members/$ref", link(idents["inner"]))
    body = {"directoryScopeId": "/", "principalId": idents["inner"], "roleDefinitionId": READER}
    graph.post("/roleManagement/directory/roleAssignments", body)
    return idents


def walk(graph: Client, path: str, expected: dict[str, list[str]], *, links: bool) -> None:
    """Read a relation in every way there is; `expected` are the ids of each type."""
    every = {ident for idents in expected.values() for ident in idents}
    related = graph.get(path)["value"]
    assert {row["id"] for row in related} == every
    assert {row["@odata.type"] for row in related} <= {f"#microsoft.graph.{kind}" for kind in expected}
    assert graph.get(f"{path}/$count", **EVENTUAL) == len(every)
    for kind, idents in expected.items():
        for cast in (f"microsoft.graph.{kind}", f"graph.{kind}"):
            assert [row["id"] for row in graph.get(f"{path}/{cast}")["value"]] == idents, cast
        assert graph.get(f"{path}/microsoft.graph.{kind}/$count", **EVENTUAL) == len(idents)
    if links:
        referred = {row["@odata.id"].rpartition("/")[2] for row in graph.get(f"{path}/$ref")["value"]}
        assert referred == every
    else:
        for ident in every:
            assert graph.get(f"{path}/{ident}")["id"] == ident
        assert graph.status("GET", f"{path}/{NOBODY}") == (404, "Request_ResourceNotFound")
    assert graph.status("GET", f"{path}/microsoft.graph.device")[0] == 501


def take_away(graph: Client, path: str, ident: str) -> None:
    assert graph.status("DELETE", f"{path}/{ident}/$ref") == (204, "")
    assert graph.status("DELETE", f"{path}/{ident}/$ref") == (404, "Request_ResourceNotFound")


def test_owners_of_an_application(graph: Client, world: World) -> None:
    path = f"/applications/{world['app']}/owners"
    walk(graph, path, {"servicePrincipal": [world["principal"]], "user": [world["user"]]}, links=True)
    take_away(graph, path, world["user"])


def test_owners_of_a_service_principal(graph: Client, world: World) -> None:
    path = f"/servicePrincipals/{world['owned']}/owners"
    walk(graph, path, {"servicePrincipal": [world["principal"]], "user": [world["user"]]}, links=True)
    take_away(graph, path, world["user"])


def test_owners_of_a_group(graph: Client, world: World) -> None:
    path = f"/groups/{world['outer']}/owners"
    walk(graph, path, {"servicePrincipal": [world["principal"]], "user": [world["user"]]}, links=True)
    take_away(graph, path, world["user"])


def test_members_of_a_group(graph: Client, world: World) -> None:
    path = f"/groups/{world['inner']}/members"
    walk(graph, path, {"group": [], "servicePrincipal": [world["principal"]], "user": [world["user"]]}, links=True)
    take_away(graph, path, world["user"])


def test_members_of_a_directory_role(graph: Client, world: World) -> None:
    path = f"/directoryRoles(roleTemplateId='{READER}')/members"
    expected = {"group": [world["inner"]], "servicePrincipal": [world["principal"]], "user": [world["user"]]}
    walk(graph, path, expected, links=True)
    take_away(graph, path, world["user"])


def role(graph: Client) -> str:
    return str(graph.get(f"/directoryRoles(roleTemplateId='{READER}')")["id"])


def memberships(graph: Client, world: World, kind: str, who: str) -> None:
    mine = {"directoryRole": [role(graph)], "group": [world["inner"]]}
    walk(graph, f"/{kind}/{world[who]}/memberOf", mine, links=False)
    through = {"directoryRole": [role(graph)], "group": [world["inner"], world["outer"]]}
    walk(graph, f"/{kind}/{world[who]}/transitiveMemberOf", through, links=False)


def test_memberships_of_a_service_principal(graph: Client, world: World) -> None:
    memberships(graph, world, "servicePrincipals", "principal")


def test_memberships_of_a_group(graph: Client, world: World) -> None:
    expected = {"directoryRole": [role(graph)], "group": [world["outer"]]}
    walk(graph, f"/groups/{world['inner']}/memberOf", expected, links=False)
    walk(graph, f"/groups/{world['inner']}/transitiveMemberOf", expected, links=False)


def test_memberships_of_a_user(graph: Client, world: World) -> None:
    graph.send("DELETE", f"/groups/{graph.get('/groups')['value'][0]['id']}")  # All Staff
    memberships(graph, world, "users", "user")


@pytest.mark.parametrize(("kind", "who"), [("servicePrincipals", "principal"), ("users", "user")])
def test_owned_objects(graph: Client, world: World, kind: str, who: str) -> None:
    expected = {"application": [world["app"]], "group": [world["outer"]], "servicePrincipal": [world["owned"]]}
    walk(graph, f"/{kind}/{world[who]}/ownedObjects", expected, links=False)


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("directoryObjects", "principal"),
        ("groups", "inner"),
        ("servicePrincipals", "principal"),
        ("users", "user"),
    ],
)
def test_questions_about_memberships(graph: Client, world: World, kind: str, who: str) -> None:
    path = f"/{kind}/{world[who]}"
    groups = {world["outer"]} | ({world["inner"]} if who != "inner" else set())
    secure = set(graph.post(f"{path}/getMemberGroups", {"securityEnabledOnly": True})["value"])
    assert groups <= secure
    both = set(graph.post(f"{path}/getMemberObjects", {"securityEnabledOnly": False})["value"])
    assert both == secure | {role(graph)}
    candidates = [world["outer"], role(graph), NOBODY]
    assert graph.post(f"{path}/checkMemberGroups", {"groupIds": candidates})["value"] == [world["outer"]]
    assert set(graph.post(f"{path}/checkMemberObjects", {"ids": candidates})["value"]) == {world["outer"], role(graph)}
    assert graph.status("POST", f"{path}/checkMemberObjects", {"ids": "x"}) == (400, "Request_BadRequest")
    assert graph.status("POST", f"{path}/checkMemberGroups", {"groupIds": [NOBODY] * 21})[0] == 400


def test_owner_of_nothing_and_unknown_owner(graph: Client, world: World) -> None:
    assert graph.get("/users/ada@local.test/ownedObjects")["value"] == []
    assert graph.status("GET", f"/users/{NOBODY}/ownedObjects") == (404, "Request_ResourceNotFound")
    assert graph.status("POST", f"/applications/{world['app']}/owners/$ref", link(NOBODY))[0] == 404
    assert graph.status("POST", f"/applications/{world['app']}/owners/$ref", {}) == (404, "Request_ResourceNotFound")


def test_application_has_at_most_a_hundred_owners(graph: Client, world: World) -> None:
    tenant = graph.emulator.tenant
    row = tenant.applications.get(world["app"])
    people: list[Any] = [
        tenant.users.create(
            {
                "accountEnabled": True, "displayName": f"P{number}", "mailNickname": f"p{number}",
                "passwordProfile": {"password": "x"}, "userPrincipalName": f"p{number}@local.test",
            }
        )
        for number in range(99)
    ]  # fmt: skip
    for person in people[:98]:
        tenant.objects.add_owner("applications", tenant.applications.get(row["id"]), person["id"])
    answer = graph.status("POST", f"/applications/{row['id']}/owners/$ref", link(people[98]["id"]))
    assert answer == (400, "Directory_QuotaExceeded")


def pages(graph: Client, path: str, *, meanwhile: Any = None) -> list[str]:
    """Return the ids on all pages of a list, one object a page; `meanwhile` is done after each page, with its id."""
    idents: list[str] = []
    following: str | None = f"{path}{'&' if '?' in path else '?'}$top=1"
    while following:
        page = graph.get(following)
        assert len(page["value"]) <= 1
        for row in page["value"]:
            idents.append(row["@odata.id"].rpartition("/")[2] if "@odata.id" in row else row["id"])
            if meanwhile:
                meanwhile(idents[-1])
        following = page.get("@odata.nextLink")
    return idents


@pytest.fixture
def crowd(graph: Client) -> World:
    """A group whose members were added in another order than they were made, and who own and belong to much."""
    body = {"displayName": "Crowd", "mailEnabled": False, "mailNickname": "crowd", "securityEnabled": True}
    group, app = graph.post("/groups", body), graph.application("Crowded")
    principal = graph.post("/servicePrincipals", {"appId": app["appId"]})
    world = {"group": group["id"], "app": app["id"], "principal": principal["id"]}
    for name in ("cleo", "ben", "ada"):
        world[name] = graph.get(f"/users/{name}@local.test")["id"]
        for path in (f"/groups/{group['id']}/members", f"/applications/{app['id']}/owners"):
            graph.post(f"{path}/$ref", link(world[name]))
    graph.post(f"/groups/{group['id']}/members/$ref", link(principal["id"]))
    for role in (READER, "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "9360feb5-f418-4baa-8175-e2a00bac4301"):
        assignment = {"directoryScopeId": "/", "principalId": world["cleo"], "roleDefinitionId": role}
        graph.post("/roleManagement/directory/roleAssignments", assignment)
    for name in ("one", "two", "three"):
        credential = {"name": name, "issuer": "https://issuer.test", "subject": name, "audiences": ["api://x"]}
        graph.post(f"/applications/{app['id']}/federatedIdentityCredentials", credential)
        scope = {"clientId": principal["id"], "consentType": "AllPrincipals", "scope": "User.Read"}
        resource = graph.principal(f"Resource {name}")["id"]
        graph.post("/oauth2PermissionGrants", {**scope, "resourceId": resource})
        graph.send("DELETE", f"/servicePrincipals/{graph.principal(f'Gone {name}')['id']}")
    return world


PAGED = [
    "/groups/{group}/members",
    "/groups/{group}/members/$ref",
    "/groups/{group}/members/microsoft.graph.user",
    "/groups/{group}/members?$select=displayName,id",
    "/groups/{group}/members?$filter=startsWith(displayName,'A') or startsWith(displayName,'B')",
    "/applications/{app}/owners",
    "/applications/{app}/federatedIdentityCredentials",
    "/users/{cleo}/memberOf",
    "/users/{cleo}/transitiveMemberOf/microsoft.graph.directoryRole",
    "/users/{cleo}/ownedObjects",
    "/servicePrincipals/{principal}/oauth2PermissionGrants",
    "/directory/deletedItems/microsoft.graph.servicePrincipal",
    "/directoryRoles",
    "/roleManagement/directory/roleAssignments",
    "/roleManagement/directory/roleDefinitions?$filter=startsWith(displayName,'Directory')",
    "/directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')/members",
]


@pytest.mark.parametrize("path", PAGED)
def test_e1_pages_of_related_objects_hold_each_of_them_once(graph: Client, crowd: World, path: str) -> None:
    path = path.format(**crowd)
    whole = [row.get("id") or row["@odata.id"].rpartition("/")[2] for row in graph.get(path)["value"]]
    assert pages(graph, path) == whole
    assert len(set(whole)) == len(whole) >= 1
    if path.endswith("/members"):
        expected = {crowd[name] for name in ("cleo", "ben", "ada", "principal")} if "groups" in path else set(whole)
        assert set(whole) == expected


@pytest.mark.parametrize(
    ("listed", "one"),
    [
        ("/groups/{group}/members", "/groups/{group}/members/{ident}/$ref"),
        ("/applications/{app}/owners", "/applications/{app}/owners/{ident}/$ref"),
        ("/servicePrincipals/{principal}/oauth2PermissionGrants", "/oauth2PermissionGrants/{ident}"),
        ("/directory/deletedItems/microsoft.graph.servicePrincipal", "/directory/deletedItems/{ident}"),
    ],
)
def test_e1_who_removes_what_each_page_shows_meets_every_object(
    graph: Client, crowd: World, listed: str, one: str
) -> None:
    path = listed.format(**crowd)
    whole = [row["id"] for row in graph.get(path)["value"]]
    assert len(whole) >= 3

    def remove(ident: str) -> None:
        assert graph.status("DELETE", one.format(**crowd, ident=ident)) == (204, "")

    assert pages(graph, path, meanwhile=remove) == whole
    assert graph.get(path)["value"] == []
