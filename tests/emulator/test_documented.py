"""Whatever Microsoft documents of a type and the emulator lacks is refused with 501 and its name; all else with 400."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator.odata import documented
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.relations import ANY_OBJECT
from lockstep.emulator.routes import GRAPH
from scripts.graph_types import SERVED, TARGET, stable
from tests.emulator.client import Client
from tests.emulator.test_queries import entities

KINDS = {entity.types[0]: entity for entity in entities()}
LISTS = {
    "/applicationTemplates": "applicationTemplate",
    "/applications": "application",
    "/applications/{app}/federatedIdentityCredentials": "federatedIdentityCredential",
    "/auditLogs/directoryAudits": "directoryAudit",
    "/directoryRoles": "directoryRole",
    "/directoryRoleTemplates": "directoryRoleTemplate",
    "/domains": "domain",
    "/groups": "group",
    "/oauth2PermissionGrants": "oAuth2PermissionGrant",
    "/organization": "organization",
    "/policies/claimsMappingPolicies": "claimsMappingPolicy",
    "/roleManagement/directory/roleAssignments": "unifiedRoleAssignment",
    "/roleManagement/directory/roleDefinitions": "unifiedRoleDefinition",
    "/servicePrincipals": "servicePrincipal",
    "/servicePrincipals/{principal}/appRoleAssignments": "appRoleAssignment",
    "/users": "user",
}
WRITTEN = ("/applications", "/groups", "/servicePrincipals", "/users")
CASES = [(path, kind, version) for path, kind in LISTS.items() for version in ("v1.0", "beta")]


def refusal(graph: Client, method: str, path: str, **options: Any) -> tuple[int, str]:
    if "{app}" in path:
        path = path.replace("{app}", graph.get("/applications")["value"][0]["id"])
    if "{principal}" in path:
        path = path.replace("{principal}", graph.get("/servicePrincipals")["value"][0]["id"])
    answer = graph.send(method, path, **options)
    return answer.status_code, answer.json()["error"]["message"] if answer.status_code >= 400 else ""


def names(kind: str, version: str) -> list[documented.Documented]:
    """Return what is documented of a type; in beta only what v1.0 does not have, which is tried there."""
    found = documented.properties(kind, version)
    assert found, f"{kind} is not in graph_types.json: add it to SERVED in scripts/graph_types.py, and run that"
    known = documented.properties(kind, "v1.0") if version == "beta" else {}
    return [entry for name, entry in found.items() if name not in known]


def test_e1_data_hold_every_property_of_the_installed_sdk() -> None:
    pytest.importorskip("msgraph")
    spec = importlib.util.find_spec("msgraph")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(next(iter(spec.submodule_search_locations)))
    same = json.loads(TARGET.read_text("utf-8"))["v1.0"] == stable(package)
    assert same, "another version of msgraph-sdk: run scripts/graph_types.py, as docs/maintaining.md says"


def test_e1_data_name_their_sources_and_hold_every_type_that_is_served() -> None:
    source = json.loads(TARGET.read_text("utf-8"))["source"]
    assert {"v1.0", "beta", "address", "retrieved"} <= set(source)
    missing = sorted(kind for kind in KINDS if not documented.is_known(kind, "v1.0"))
    assert missing == [], "add them to SERVED in scripts/graph_types.py, and run that"
    assert {kind for kind in SERVED if documented.is_known(kind, "v1.0")} >= set(KINDS)


def test_e1_what_the_emulator_has_is_documented_in_some_version() -> None:
    for kind, entity in KINDS.items():
        if entity is ANY_OBJECT:
            continue
        both = {**documented.properties(kind, "beta"), **documented.properties(kind, "v1.0")}
        assert {name for name in entity.properties if name.lower() not in both} == set(), kind
        assert {name for name in entity.expands | entity.binds if not both[name.lower()].relationship} == set(), kind


@pytest.mark.parametrize(("path", "kind", "version"), CASES)
def test_e1_documented_names_are_answered_or_501_in_queries(graph: Client, path: str, kind: str, version: str) -> None:
    entity: Entity = KINDS[kind]
    for entry in names(kind, version):
        if entity.named(entry.name, version) is None:
            for query in ("$select={}", "$filter={} eq 'x'", "$orderby={}"):
                status, message = refusal(graph, "GET", f"/{version}{path}?{query.format(entry.name)}")
                assert (status, f"'{entry.name}'" in message) == (501, True), (entry.name, status, message)
        if entry.relationship:
            status, message = refusal(graph, "GET", f"/{version}{path}?$expand={entry.name}")
            known = entry.name in entity.expands
            assert (status, known or entry.name in message) == (200 if known else 501, True), entry.name
    known_names = {entity.named(entry.name, version) for entry in names(kind, version)} - {None, "rolePermissions"}
    if known_names:
        assert refusal(graph, "GET", f"/{version}{path}?$select={','.join(map(str, known_names))}") == (200, "")


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("path", LISTS)
def test_e1_undocumented_names_are_graphs_own_400_in_queries(graph: Client, path: str, version: str) -> None:
    for query in ("$select=colour", "$filter=colour eq 'x'", "$orderby=colour", "$expand=colour"):
        status, message = refusal(graph, "GET", f"/{version}{path}?{query}")
        assert (status, "'colour'" in message) == (400, True), (query, message)
    status, message = refusal(graph, "GET", f"/{version}{path}?$expand=id")
    assert (status, "'id'" in message) == (400, True), message


def test_e1_every_list_is_among_those_that_are_tried() -> None:
    lists = {route.template for route in GRAPH if route.method == "GET" and "{" not in route.template}
    apart = {path for path in lists if path.startswith("/directory/deletedItems/") or path.endswith("/$count")}
    assert lists - apart - {"/me", "/policies/defaultAppManagementPolicy"} == {
        path for path in LISTS if "{" not in path
    }


@pytest.mark.parametrize("path", WRITTEN)
@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_e1_documented_names_are_taken_or_501_in_bodies(graph: Client, path: str, version: str) -> None:
    kind = LISTS[path]
    one = f"/{version}{path}/{graph.get(path)['value'][0]['id']}"
    for entry in names(kind, version):
        if KINDS[kind].named(entry.name, version) is None:
            status, message = refusal(graph, "PATCH", one, json={entry.name: None})
            assert (status, f"'{entry.name}'" in message) == (501, True), (entry.name, message)
        if entry.relationship and entry.name not in KINDS[kind].binds:
            status, message = refusal(graph, "PATCH", one, json={f"{entry.name}@odata.bind": "https://x/y/1"})
            assert (status, f"'{entry.name}@odata.bind'" in message) == (501, True), entry.name
    assert refusal(graph, "PATCH", one, json={"colour": None}) == (400, "Invalid property 'colour'.")
    assert refusal(graph, "PATCH", one, json={"colour@odata.bind": []}) == (400, "Invalid property 'colour'.")


@pytest.mark.parametrize(
    ("path", "body", "status", "named"),
    [
        ("/applications", {"web": {"colour": "red"}}, 400, "'colour'"),
        ("/applications", {"api": {"oauth2PermissionScopes": [{"colour": "red"}]}}, 400, "'colour'"),
        ("/applications", {"web": {"implicitGrantSettings": {"colour": True}}}, 400, "'colour'"),
        ("/applications", {"web": []}, 400, "'web'"),
        ("/applications", {"notes": 7}, 400, "'notes'"),
        ("/applications", {"createdByAppId": "x"}, 501, "'createdByAppId'"),
        ("/applications", {"@odata.type": "#microsoft.graph.agentIdentityBlueprint"}, 501, "'agentIdentityBlueprint'"),
        ("/applications", {"@odata.type": "#microsoft.graph.user"}, 400, "'#microsoft.graph.user'"),
        ("/applications", {"@odata.type": "#microsoft.graph.application", "notes": "x"}, 201, ""),
        ("/groups", {"assignedLabels": []}, 501, "'assignedLabels'"),
        ("/groups", {"acceptedSenders@odata.bind": []}, 501, "'acceptedSenders@odata.bind'"),
        ("/groups", {"securityIdentifier": "S-1"}, 400, "read-only"),
        ("/servicePrincipals", {"customSecurityAttributes": {}}, 501, "'customSecurityAttributes'"),
        ("/servicePrincipals", {"appRoles": [{"id": "x"}]}, 501, "'appRoles'"),
        ("/servicePrincipals", {"servicePrincipalNames": ["api://x"]}, 501, "'servicePrincipalNames'"),
        ("/users", {"extension_0123456789abcdef0123456789abcdef_shoe": 7}, 501, "directory extensions"),
        ("/users", {"@odata.type": "microsoft.graph.agentUser"}, 501, "'agentUser'"),
        ("/users", {"mailboxSettings": {}}, 501, "'mailboxSettings'"),
        ("/users", {"showInAddressList": "yes"}, 400, "'showInAddressList'"),
        ("/users", {"employeeHireDate": "soon"}, 400, "'employeeHireDate'"),
        ("/users", {"department": 7}, 400, "'department'"),
        ("/users", {"otherMails": "x@y.z"}, 400, "'otherMails'"),
        ("/users", {"employeeOrgData": {"colour": "red"}}, 400, "'colour'"),
    ],
)
def test_e1_new_objects_are_judged_by_their_type(
    graph: Client, path: str, body: dict[str, Any], status: int, named: str
) -> None:
    answered, message = refusal(graph, "POST", path, json={"displayName": "New", **body})
    assert (answered, named in message) == (status, True), message


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"displayName": "One"}, 200),
        ({"displayName": 7}, 400),
        ({"endDateTime": "soon"}, 400),
        ({"colour": "red"}, 400),
        ([], 200),
        (["x"], 400),
    ],
)
def test_e1_a_new_secret_is_judged_by_its_type(graph: Client, values: Any, status: int) -> None:
    app = graph.application()
    answer = graph.send("POST", f"/applications/{app['id']}/addPassword", json={"passwordCredential": values})
    assert answer.status_code == status


def test_e1_what_a_principal_has_already_may_be_sent_again(graph: Client) -> None:
    principal = graph.principal()
    names = {"servicePrincipalNames": principal["servicePrincipalNames"], "appRoles": []}
    assert graph.status("PATCH", f"/servicePrincipals/{principal['id']}", {**names, "notes": "Ours"}) == (204, "")
    other = {"servicePrincipalNames": ["api://other"]}
    assert graph.status("PATCH", f"/servicePrincipals/{principal['id']}", other) == (501, "NotImplemented")


@pytest.mark.parametrize(
    ("types", "status"),
    [
        (["user"], 200),
        (["directoryObject"], 200),
        (None, 200),
        (["user", "device"], 501),
        (["administrativeUnit"], 501),
        (["colour"], 400),
        ("user", 400),
    ],
)
def test_e1_objects_of_a_type_that_is_not_emulated_are_never_an_empty_list(
    graph: Client, types: Any, status: int
) -> None:
    ada = graph.get("/users/ada@local.test")["id"]
    body = {"ids": [ada], **({"types": types} if types is not None else {})}
    answer = graph.send("POST", "/directoryObjects/getByIds", json=body)
    assert answer.status_code == status
    if status == 200:
        assert [row["id"] for row in answer.json()["value"]] == [ada]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$expand=owners($select=displayName)", 200),
        ("$expand=owners($select=signInActivity)", 501),
        ("$expand=owners($select=colour)", 400),
    ],
)
def test_e1_what_is_selected_of_related_objects_is_judged_too(graph: Client, query: str, status: int) -> None:
    assert graph.send("GET", f"/applications?{query}").status_code == status
    group = graph.get("/groups")["value"][0]["id"]
    of_members = query.partition("(")[2].rstrip(")")
    assert graph.send("GET", f"/groups/{group}/members?{of_members}").status_code == status
    assert graph.send("GET", f"/groups/{group}/members/microsoft.graph.user?{of_members}").status_code == status


def test_e1_related_objects_show_what_was_selected_and_their_type_has(graph: Client) -> None:
    principal = graph.principal("Robot")
    link = {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{principal['id']}"}
    group = graph.get("/groups")["value"][0]["id"]
    graph.post(f"/groups/{group}/members/$ref", link)
    rows = graph.get(f"/groups/{group}/members?$select=accountEnabled,appId,usageLocation")["value"]
    by_type = {row["@odata.type"].rpartition(".")[2]: row for row in rows}
    assert by_type["user"] == {"@odata.type": "#microsoft.graph.user", "accountEnabled": True, "usageLocation": None}
    assert {name: by_type["servicePrincipal"][name] for name in ("accountEnabled", "appId")} == {
        "accountEnabled": True,
        "appId": principal["appId"],
    }
    assert "usageLocation" not in by_type["servicePrincipal"]
    assert "accountEnabled" not in graph.get(f"/groups/{group}/members/microsoft.graph.user")["value"][0]


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/users", "$filter=usageLocation eq 'CH'", ["Dana"]),
        ("/users", "$filter=startsWith(city,'ba')", ["Dana"]),
        ("/users", "$filter=department in ('Research','Sales')", ["Dana"]),
        ("/users", "$filter=otherMails/any(m:m eq 'dana@example.org')", ["Dana"]),
        ("/users", "$filter=employeeHireDate ge 2026-01-01T00:00:00Z", ["Dana"]),
        ("/groups", "$filter=onPremisesSyncEnabled eq true", []),
    ],
)
def test_e1_whatever_graph_documents_as_filter_of_a_modelled_property_works(
    graph: Client, path: str, query: str, expected: list[str]
) -> None:
    values = {
        "city": "Basel",
        "department": "Research",
        "employeeHireDate": "2026-02-01T00:00:00Z",
        "otherMails": ["dana@example.org"],
        "usageLocation": "CH",
    }
    graph.post("/users", {**DANA, **values})
    assert [row["displayName"] for row in graph.get(f"{path}?{query}")["value"]] == expected


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$filter=displayName eq 'Ada Admin'", 200),
        ("$filter=userType eq 'Guest'", 400),
        ("$orderby=displayName", 400),
        ("$filter=signInActivity/lastSignInDateTime ge 2026-01-01T00:00:00Z", 501),
        ("$filter=colour eq 'red'", 400),
    ],
)
def test_e1_among_objects_of_any_kind_a_property_of_one_kind_needs_a_cast(
    graph: Client, query: str, status: int
) -> None:
    group = graph.get("/groups")["value"][0]["id"]
    assert graph.send("GET", f"/groups/{group}/members?{query}").status_code == status
    if "userType" in query:
        assert graph.send("GET", f"/groups/{group}/members/microsoft.graph.user?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        # Graph documents eq, ne, not, ge, le and in for a user's department; startsWith is not among them.
        ("startsWith(department,'res')", 400),
        ("aboutMe eq 'x'", 400),
        ("otherMails eq 'x'", 400),
        ("manager/id eq 'x'", 501),
        ("ownedObjects/$count eq 0", 501),
        ("memberOf/any(g:g/id eq 'x')", 501),
        ("isof('microsoft.graph.user')", 501),
        ("otherMails/all(m:m eq 'x')", 501),
        ("displayName has 'x'", 501),
        ("signInActivity/lastSignInDateTime ge 2026-01-01T00:00:00Z", 501),
        ("assignedLicenses/any(l:l/skuId eq 11111111-1111-4111-8111-111111111111)", 501),
    ],
)
def test_e1_a_filter_is_refused_as_graph_does_or_named_as_lacking(graph: Client, query: str, status: int) -> None:
    assert graph.send("GET", "/users", params={"$filter": query}).status_code == status


DANA = {
    "accountEnabled": True,
    "displayName": "Dana",
    "mailNickname": "dana",
    "passwordProfile": {"password": "secret"},
    "userPrincipalName": "dana@local.test",
}
