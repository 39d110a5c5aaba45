"""List queries: what they find, what is refused, what is not supported, and paging."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.emulator import DEPLOYER_CLIENT_ID
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.odata.filter import OPERATORS, Operator, matches, parse
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.routes import GRAPH as ROUTES
from scripts.emulator_coverage import page
from tests.emulator.client import BASE, Client

EVENTUAL = {"consistencylevel": "eventual"}


@pytest.fixture
def five(graph: Client) -> Client:
    """Five applications, named and tagged."""
    for number in range(5):
        name = f"O'App {number}"
        graph.application(name, tags=["even" if number % 2 == 0 else "odd"], uniqueName=f"app-{number}")
    return graph


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("displayName eq 'O''App 1'", 1),
        ("displayName eq 'o''app 1'", 1),
        ("displayName eq 'App 1'", 0),
        ("tags/any(t:t eq 'even')", 3),
        ("tags/any(t:t eq 'even') and displayName eq 'O''App 1'", 0),
        ("uniqueName eq 'app-3' or uniqueName eq 'app-4'", 2),
        ("uniqueName in ('app-0', 'app-1', 'nothing')", 2),
        ("startsWith(displayName, 'O''App')", 5),
        ("(uniqueName eq 'app-3')", 1),
        ("identifierUris/any(u:u eq 'api://x')", 0),
        ("appId eq '22222222-2222-4222-8222-222222222222'", 1),
    ],
)
def test_filter_finds(five: Client, text: str, count: int) -> None:
    answer = five.send("GET", "/applications", params={"$filter": text})
    assert len(answer.json()["value"]) == count


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("notes eq 'x'", "Request_UnsupportedQuery"),
        ("colour eq 'x'", "Request_UnsupportedQuery"),
        ("tags eq 'x'", "Request_UnsupportedQuery"),
        ("displayName/any(d:d eq 'x')", "Request_UnsupportedQuery"),
        ("displayName ne 'x'", "Request_UnsupportedQuery"),
        ("not(displayName eq 'x')", "Request_UnsupportedQuery"),
        ("contains(displayName,'x')", "Request_UnsupportedQuery"),
        ("displayName eq", "BadRequest"),
        ("displayName eq 'x", "BadRequest"),
        ("displayName like 'x'", "BadRequest"),
        ("(" * 50, "BadRequest"),
    ],
)
def test_filter_refuses(graph: Client, text: str, code: str) -> None:
    answer = graph.send("GET", "/applications", params={"$filter": text})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_advanced_filters_need_eventual_consistency_and_count(five: Client) -> None:
    path = "/applications?$filter=displayName ne 'O''App 1'&$count=true"
    assert five.status("GET", path)[0] == 400
    page = five.get(path, **EVENTUAL)
    assert page["@odata.count"] == len(page["value"]) == 5


def test_count_needs_eventual_consistency(five: Client) -> None:
    assert five.status("GET", "/applications/$count")[0] == 400
    assert five.get("/applications/$count", **EVENTUAL) == 6
    assert five.get("/applications?$count=true&$top=2", **EVENTUAL)["@odata.count"] == 6


def test_pages_hold_everything_once_though_things_change_between(five: Client) -> None:
    page = five.get("/applications?$top=2&$select=id,displayName")
    apps = [row["displayName"] for row in page["value"]]
    five.send("DELETE", f"/applications/{page['value'][0]['id']}")
    while "@odata.nextLink" in page:
        page = five.get(page["@odata.nextLink"])
        assert all(set(row) == {"id", "displayName"} for row in page["value"])
        apps += [row["displayName"] for row in page["value"]]
    assert apps == ["Lockstep deployer", *(f"O'App {number}" for number in range(5))]


def test_page_size_is_a_hundred_unless_asked(graph: Client) -> None:
    for number in range(100):
        graph.application(str(number))
    assert len(graph.get("/applications")["value"]) == 100
    assert len(graph.get("/applications?$top=999")["value"]) == 101


@pytest.mark.parametrize("path", ["?$top=0", "?$top=1000", "?$top=x", "?$skiptoken=x", "?$select=colour", "?$foo=1"])
def test_options_that_graph_refuses(graph: Client, path: str) -> None:
    assert graph.status("GET", f"/applications{path}")[0] == 400


@pytest.mark.parametrize("path", ["?$expand=createdOnBehalfOf", "?$expand=owners($levels=2)", "?$search=x", "?$skip=1"])
def test_options_that_are_not_supported_say_so(graph: Client, path: str) -> None:
    answer = graph.send("GET", f"/applications{path}")
    assert answer.status_code == 501
    assert path[1:].partition("=")[0] in answer.json()["error"]["message"]


def names(page: dict[str, Any]) -> list[str]:
    return [row["displayName"] for row in page["value"]]


def test_order_is_by_name_either_way_and_over_pages(five: Client) -> None:
    expected = ["Lockstep deployer", *(f"O'App {number}" for number in range(5))]
    assert names(five.get("/applications?$orderby=displayName")) == expected
    page = five.get("/applications?$orderby=displayName desc&$top=4")
    backwards = names(page) + names(five.get(page["@odata.nextLink"]))
    assert backwards == list(reversed(expected))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("$orderby=notes", "Request_UnsupportedQuery"),
        ("$orderby=displayName sideways", "BadRequest"),
        ("$orderby=displayName desc please", "BadRequest"),
        ("$orderby=displayName&$filter=startsWith(displayName,'O')", "Request_UnsupportedQuery"),
    ],
)
def test_order_that_graph_refuses(graph: Client, options: str, code: str) -> None:
    assert graph.status("GET", f"/applications?{options}") == (400, code)


def test_order_of_what_is_filtered_is_an_advanced_query(five: Client) -> None:
    path = "/applications?$orderby=displayName desc&$filter=startsWith(displayName,'O')&$count=true"
    assert five.status("GET", path) == (400, "Request_UnsupportedQuery")
    page = five.get(path, **EVENTUAL)
    assert (names(page)[0], page["@odata.count"]) == ("O'App 4", 5)


def test_owners_are_expanded_with_what_is_selected(five: Client) -> None:
    app = five.get("/applications?$filter=uniqueName eq 'app-1'")["value"][0]
    ada = five.get("/users/ada@local.test")["id"]
    five.post(f"/applications/{app['id']}/owners/$ref", {"@odata.id": f"https://x/directoryObjects/{ada}"})
    page = five.get("/applications?$filter=uniqueName eq 'app-1'&$expand=owners($select=id,displayName)&$select=id")
    owner = {"@odata.type": "#microsoft.graph.user", "displayName": "Ada Admin", "id": ada}
    assert page["value"] == [{"id": app["id"], "owners": [owner]}]
    assert five.get(f"/applications/{app['id']}?$expand=owners")["owners"][0]["userPrincipalName"] == "ada@local.test"


def test_assignments_of_a_principal_are_expanded(graph: Client) -> None:
    principal = graph.get(f"/servicePrincipals(appId='{DEPLOYER_CLIENT_ID}')?$expand=appRoleAssignments")
    listed = graph.get(f"/servicePrincipals/{principal['id']}/appRoleAssignments")["value"]
    assert principal["appRoleAssignments"] == listed


@pytest.mark.parametrize(
    ("text", "advanced"),
    [
        ("endsWith(mail,'@local.test')", True),
        ("startsWith(mail,'ada')", False),
        ("userPrincipalName in ('ada@local.test')", False),
        ("not(startsWith(displayName,'Ada'))", True),
        ("accountEnabled eq true", False),
        ("userPrincipalName ne 'ada@local.test'", True),
    ],
)
def test_operators_that_want_eventual_consistency(graph: Client, text: str, advanced: bool) -> None:
    assert (graph.status("GET", f"/users?$filter={text}&$count=true")[0] == 400) is advanced
    assert graph.get(f"/users?$filter={text}&$count=true", **EVENTUAL)["@odata.count"] >= 1


def test_every_list_is_the_same_in_both_versions(graph: Client) -> None:
    lists = [route.template for route in ROUTES if route.method == "GET" and "{" not in route.template]
    assert len(lists) > 15
    for path in lists:
        if path in ("/me", "/policies/defaultAppManagementPolicy"):  # one object, and no list
            continue
        first, second = (graph.send("GET", f"{BASE}/{version}{path}", headers=EVENTUAL) for version in ("v1.0", "beta"))
        assert (first.status_code, second.status_code) == (200, 200), path
        if not path.endswith("/$count"):
            assert len(first.json()["value"]) == len(second.json()["value"]), path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1.0/devices"),
        ("PUT", "/v1.0/applications"),
        ("POST", "/beta/devices"),
        ("GET", "/nothing/of/that/kind"),
    ],
)
def test_unsupported_operation_is_named(graph: Client, method: str, path: str) -> None:
    answer = graph.send(method, f"https://localhost:8443{path}")
    assert answer.status_code == 501
    assert f"'{method} {path}'" in answer.json()["error"]["message"]


def test_error_body_has_the_shape_of_graph(graph: Client) -> None:
    answer = graph.send("GET", "/applications/nobody", headers={"client-request-id": "mine"})
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "innerError"}
    assert error["innerError"]["client-request-id"] == "mine"
    assert {"date", "request-id"} < set(error["innerError"])


def test_beta_properties_are_beta_only(graph: Client) -> None:
    principal = graph.principal()
    path = f"servicePrincipals/{principal['id']}?$select=samlMetadataUrl"
    assert graph.get(f"/beta/{path}")["samlMetadataUrl"] is None
    assert graph.status("GET", f"/v1.0/{path}")[0] == 400
    assert "samlMetadataUrl" not in principal


def test_malformed_body_is_refused(graph: Client) -> None:
    for content in (b"{", b"[]", b"7", b"\xff", b""):
        answer = graph.send("POST", "/applications", content=content)
        assert answer.status_code == 400, content


# One case for each operator of `$filter`: path, filter, and the names of what it leaves. None: no property allows it.
CASES: dict[str, tuple[str, str, list[str]] | None] = {
    "eq": ("/users", "userPrincipalName eq 'ADA@local.test'", ["Ada Admin"]),
    "ne": ("/users", "userPrincipalName ne 'ada@local.test'", ["Ben Builder", "Cleo Clerk"]),
    "ge": ("/applications", "createdDateTime ge 2025-01-15T09:00:00Z", ["Lockstep deployer"]),
    "le": ("/applications", "createdDateTime le 2025-01-15T09:00:00Z", ["Lockstep deployer"]),
    "gt": ("/applications", "createdDateTime gt 2025-01-15T09:00:00Z", []),
    "lt": ("/applications", "createdDateTime lt 2025-01-15T09:00:00Z", []),
    "in": ("/users", "displayName in ('Ada Admin', 'cleo clerk', 'Nobody')", ["Ada Admin", "Cleo Clerk"]),
    "startsWith": ("/users", "startsWith(displayName,'ben')", ["Ben Builder"]),
    "endsWith": ("/users", "endsWith(mail,'en@local.test')", ["Ben Builder"]),
    "contains": None,
}


def entities() -> list[Entity]:
    """Return the descriptions of all kinds of objects."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("lockstep.emulator.")]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Entity)]


def test_every_operator_has_a_case() -> None:
    assert set(CASES) == set(OPERATORS), "docs/emulator.md, Add a $filter operator"


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case is not None])
def test_operator_leaves_what_it_holds_for(graph: Client, name: str) -> None:
    path, text, expected = CASES[name] or ("", "", [])
    without = graph.send("GET", path, params={"$filter": text})
    if OPERATORS[name].advanced:
        assert without.json()["error"]["code"] == "Request_UnsupportedQuery"
    else:
        assert names(without.json()) == expected
    assert names(graph.get(f"{path}?$filter={text}&$count=true", **EVENTUAL)) == expected


def test_every_operator_is_allowed_by_some_property_or_said_to_be_by_none() -> None:
    allowed = {name for entity in entities() for names in entity.filters.values() for name in names}
    assert allowed - {"any"} == {name for name, case in CASES.items() if case is not None}
    assert [name for name, operator in OPERATORS.items() if "no property" in operator.meaning] == ["contains"]


def test_operator_that_a_property_does_not_allow_is_refused(graph: Client) -> None:
    for operator in OPERATORS.values():
        answer = graph.send("GET", "/applications", params={"$filter": operator.example.replace("property", "notes")})
        assert answer.json()["error"]["code"] == "Request_UnsupportedQuery", operator.name


@pytest.mark.parametrize("text", ["displayName like 'x'", "soundsLike(displayName,'x')"])
def test_operator_that_is_none_is_refused_with_the_list_of_all(graph: Client, text: str) -> None:
    message = graph.send("GET", "/applications", params={"$filter": text}).json()["error"]["message"]
    assert message.endswith(f"allowed: {', '.join(sorted(OPERATORS, key=str.lower))}.")


def test_operators_are_listed_on_the_coverage_page() -> None:
    rows = [line for line in page().splitlines() if line.startswith(tuple(f"| `{name}` |" for name in OPERATORS))]
    assert len(rows) == len(OPERATORS)


def test_one_row_makes_a_new_operator(graph: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    meaning = "is the same but for spaces at its ends"
    new = Operator("resembles", "between", meaning, lambda value, other: value.strip() == other.strip())
    monkeypatch.setitem(OPERATORS, new.name, new)
    node = parse("displayName resembles 'a '")
    assert (matches(node, {"displayName": " A"}), matches(node, {"displayName": "b"})) == (True, False)
    assert graph.status("GET", "/applications?$filter=displayName resembles 'a'")[1] == "Request_UnsupportedQuery"
    assert f"| `resembles` | `property resembles 'value'` | {meaning} | no |" in page()


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_bad_request(text: str) -> None:
    try:
        node = parse(text)
    except BadRequestError:
        return
    assert matches(node, {}) in (True, False)


@given(st.text(max_size=30))
def test_any_name_can_be_quoted(name: str) -> None:
    quoted = name.replace("'", "''")
    assert matches(parse(f"displayName eq '{quoted}'"), {"displayName": name})
