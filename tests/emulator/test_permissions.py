"""What a caller needs: every operation has an entry, and each entry lets in what it names and nothing less."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lockstep.emulator import Emulator
from lockstep.emulator.permissions.needs import READ_DELETED, WRITE_DELETED, Needs
from lockstep.emulator.registry import microsoft_apps
from lockstep.emulator.routes import DOORSTEP
from lockstep.emulator.routes import GRAPH as ROUTES
from lockstep.emulator.wire import Route
from tests.emulator.callers import caller, sign_in_with, token_of, token_of_user
from tests.emulator.client import Client
from tests.vendors import ATERA_CLIENT_ID

pytestmark = pytest.mark.entra(enforce_permissions=True)
GRAPH = microsoft_apps()["00000003-0000-0000-c000-000000000000"]
DENIED = (403, "Authorization_RequestDenied")
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"


NEEDS = {route: route.needs for route in ROUTES if isinstance(route.needs, Needs)}


def test_every_operation_of_graph_says_what_it_needs_and_no_other_does() -> None:
    deleted = {route.key for route in ROUTES if not isinstance(route.needs, Needs)}
    path = "/directory/deletedItems/{id}"
    assert deleted == {
        f"GET {path}", f"DELETE {path}", f"POST {path}/restore", f"POST {path}/microsoft.graph.restore"
    }  # fmt: skip
    assert all(route.needs in (READ_DELETED, WRITE_DELETED) for route in ROUTES if route.key in deleted)
    assert all(route.needs is None for route in DOORSTEP)


def test_every_permission_named_exists_in_its_type() -> None:
    all_needs = [*NEEDS.values(), *READ_DELETED.values(), *WRITE_DELETED.values()]
    application = {name for needs in all_needs for words in needs.application for name in words}
    delegated = {name for needs in all_needs for words in needs.delegated for name in words}
    assert application <= {role["value"] for role in GRAPH["appRoles"]}
    assert delegated <= {scope["value"] for scope in GRAPH["oauth2PermissionScopes"]}


def path_of(template: str, ident: str) -> str:
    return re.sub(r"\{\w+\}", ident, template)


# What needs the same as the list that it belongs to is left out: the count, one type of it, one of it, its references.
_PART = re.compile(r"GET .*/(\$count|\$ref|\{related\}|microsoft\.graph\.\w+)$")


@pytest.mark.parametrize("route", [route for route in NEEDS if not _PART.match(route.key)], ids=lambda route: route.key)
def test_each_alternative_is_enough_and_a_part_of_it_is_not(graph: Client, route: Route) -> None:
    needs, method, template = NEEDS[route], route.method, route.template
    for alternative in needs.application:
        principal = sign_in_with(graph, *alternative)
        graph.emulator.tenant.objects.add_owner(
            "applications", graph.emulator.tenant.applications.get(principal["application"]), principal["id"]
        )
        graph.emulator.tenant.objects.add_owner("servicePrincipals", principal, principal["id"])
        ident = principal["id"] if "servicePrincipals" in template else principal["application"]
        assert graph.status(method, path_of(template, ident), {} if method != "GET" else None) != DENIED, alternative
        for missing in alternative:
            less = alternative - {missing}
            if any(other <= less for other in needs.application):
                continue
            sign_in_with(graph, *less)
            assert graph.status(method, path_of(template, ident), {} if method != "GET" else None) == DENIED, less


def test_without_permissions_every_operation_is_refused(graph: Client) -> None:
    sign_in_with(graph)
    for route in ROUTES:
        if not (isinstance(route.needs, Needs) and frozenset() in route.needs.application):
            assert graph.status(route.method, path_of(route.template, "x"), {}) == DENIED, route.template


def test_steps_of_a_batch_are_judged_one_by_one(graph: Client) -> None:
    sign_in_with(graph, "Application.Read.All")
    steps = [{"id": "1", "method": "GET", "url": "/applications"}, {"id": "2", "method": "GET", "url": "/groups"}]
    responses = graph.post("/$batch", {"requests": steps})["responses"]
    assert [row["status"] for row in responses] == [200, 403]


def test_refusal_is_worded_as_graph_words_it_and_changes_nothing(graph: Client) -> None:
    sign_in_with(graph, "Application.Read.All")
    before = graph.emulator.snapshot()
    answer = graph.send("POST", "/applications", json={"displayName": "x"})
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."
    assert graph.emulator.snapshot() == before


@pytest.mark.entra(enforce_permissions=False)
def test_nothing_is_enforced_unless_asked_for(graph: Client) -> None:
    sign_in_with(graph)
    assert graph.status("POST", "/applications", {"displayName": "x"}) == (201, "")


def test_token_counts_and_not_what_was_consented_since(graph: Client) -> None:
    principal = sign_in_with(graph)
    tenant = graph.emulator.tenant
    role = next(role["id"] for role in GRAPH["appRoles"] if role["value"] == "Application.Read.All")
    tenant.assignments.assign(principal["id"], tenant.principals.get(GRAPH["appId"], "appId")["id"], role)
    assert graph.status("GET", "/applications") == DENIED
    graph.token = token_of(graph, principal)
    assert graph.status("GET", "/applications") == (200, "")


OWNED = "Application.ReadWrite.OwnedBy"


def test_owned_by_makes_the_caller_an_owner_of_what_it_makes(graph: Client) -> None:
    sign_in_with(graph, OWNED)
    mine = graph.application("Mine")
    assert graph.status("PATCH", f"/applications/{mine['id']}", {"notes": "n"}) == (204, "")
    principal = graph.post("/servicePrincipals", {"appId": mine["appId"]})
    assert graph.status("PATCH", f"/servicePrincipals/{principal['id']}", {"notes": "n"}) == (204, "")
    assert graph.status("DELETE", f"/applications/{mine['id']}") == (204, "")
    assert graph.status("POST", f"/directory/deletedItems/{mine['id']}/restore") == (200, "")


def test_owned_by_is_nothing_over_what_others_own(graph: Client) -> None:
    theirs = graph.application("Theirs")
    sign_in_with(graph, OWNED)
    path = f"/applications/{theirs['id']}"
    assert graph.status("GET", path) == (200, "")
    assert graph.status("PATCH", path, {"notes": "n"}) == DENIED
    assert graph.status("POST", f"{path}/addPassword", {}) == DENIED
    assert graph.status("DELETE", path) == DENIED
    assert graph.status("POST", "/applications/nobody/addPassword", {}) == DENIED


@pytest.mark.parametrize(
    ("kind", "permission", "allowed"),
    [
        ("applications", "Application.ReadWrite.All", True),
        ("applications", "Group.ReadWrite.All", False),
        ("groups", "Group.ReadWrite.All", True),
        ("groups", "Application.ReadWrite.All", False),
    ],
)
def test_deleted_items_need_what_their_kind_needs(graph: Client, kind: str, permission: str, allowed: bool) -> None:
    tenant = graph.emulator.tenant
    sign_in_with(graph, permission)
    if kind == "applications":
        row = tenant.applications.create({"displayName": "Gone"})
        tenant.applications.delete(row)
    else:
        body = {"displayName": "Gone", "mailEnabled": False, "mailNickname": "gone", "securityEnabled": True}
        row = tenant.groups.create(body)
        tenant.groups.delete(row)
    word = {"applications": "application", "groups": "group"}[kind]
    listed = graph.status("GET", f"/directory/deletedItems/microsoft.graph.{word}")
    assert (listed[0] == 200) is allowed
    assert (graph.status("POST", f"/directory/deletedItems/{row['id']}/restore")[0] == 200) is allowed


def with_role(graph: Client, role: str) -> dict[str, Any]:
    """Go on as an application with a directory role and no Graph permission."""
    principal = caller(graph, ())
    graph.emulator.tenant.roles.assign(principal["id"], role)
    graph.token = token_of(graph, principal)
    return principal


def assignment(graph: Client, resource: dict[str, Any]) -> tuple[int, str]:
    client = graph.emulator.tenant.principals.find("22222222-2222-4222-8222-222222222222", "appId")
    assert client is not None
    role = next(role["id"] for role in resource["appRoles"] if role["value"] == "Sites.Read.All")
    body = {"appRoleId": role, "principalId": client["id"], "resourceId": resource["id"]}
    return graph.status("POST", f"/servicePrincipals/{client['id']}/appRoleAssignments", body)


@pytest.mark.parametrize(
    ("role", "on_graph", "on_sharepoint"),
    [(APPLICATION_ADMINISTRATOR, DENIED, (201, "")), (PRIVILEGED_ROLE_ADMINISTRATOR, (201, ""), (201, ""))],
)
def test_application_administrator_consents_to_every_api_but_graph(
    graph: Client, role: str, on_graph: tuple[int, str], on_sharepoint: tuple[int, str]
) -> None:
    tenant = graph.emulator.tenant
    with_role(graph, role)
    for name, expected in (("Microsoft Graph", on_graph), ("Office 365 SharePoint Online", on_sharepoint)):
        resource = tenant.principals.table.by("displayName", name)[0]
        assert assignment(graph, resource) == expected


def test_directory_role_stands_for_permissions_also_through_a_group(graph: Client) -> None:
    tenant = graph.emulator.tenant
    principal = sign_in_with(graph)
    assert graph.status("POST", "/applications", {"displayName": "x"}) == DENIED
    group = tenant.groups.create(
        {
            "displayName": "Admins", "mailEnabled": False, "mailNickname": "admins", "securityEnabled": True,
            "members@odata.bind": [f"https://x/directoryObjects/{principal['id']}"],
        }
    )  # fmt: skip
    tenant.roles.assign(group["id"], APPLICATION_ADMINISTRATOR)
    assert graph.status("POST", "/applications", {"displayName": "x"}) == (201, "")


def test_marker_is_what_asks_for_it(entra: Emulator) -> None:
    assert entra.enforce_permissions


NOT_LOCAL = (
    "When using this permission, the backing application of the service principal being created must in the local"
)
WIDE = "Application.ReadWrite.All"
FOREIGN_APPS = {"a vendor's": ATERA_CLIENT_ID, "Microsoft's": "dcad865d-9257-4521-ad4d-bae3e137b345"}


@pytest.mark.parametrize("whose", FOREIGN_APPS)
@pytest.mark.parametrize("by", ["POST", "PATCH"])
def test_b2_owned_by_creates_no_principal_of_an_application_of_another_tenant(
    graph: Client, whose: str, by: str
) -> None:
    def create() -> tuple[int, str, str]:
        app_id = FOREIGN_APPS[whose]
        prefer = {"Prefer": "create-if-missing"}
        answer = (
            graph.send("POST", "/servicePrincipals", json={"appId": app_id})
            if by == "POST"
            else graph.send("PATCH", f"/servicePrincipals(appId='{app_id}')", json={"notes": "n"}, headers=prefer)
        )
        error = answer.json().get("error", {})
        return answer.status_code, error.get("code", ""), error.get("message", "")

    sign_in_with(graph, OWNED)
    status, code, message = create()
    assert (status, code) == DENIED
    assert message.startswith(NOT_LOCAL)
    sign_in_with(graph, WIDE)
    assert create() == (201, "", "")


def test_b2_owned_by_creates_a_principal_only_of_an_application_that_the_caller_owns(graph: Client) -> None:
    theirs = graph.emulator.tenant.applications.create({"displayName": "Theirs"})
    sign_in_with(graph, OWNED)
    mine = graph.application("Mine")
    assert graph.status("POST", "/servicePrincipals", {"appId": theirs["appId"]}) == DENIED
    assert graph.status("POST", "/servicePrincipals", {"appId": mine["appId"]}) == (201, "")
    unknown = {"appId": "99999999-9999-4999-8999-999999999999"}
    assert graph.status("POST", "/servicePrincipals", unknown) == (400, "NoBackingApplicationObject")


def test_b2_owned_by_may_create_by_upsert_what_it_may_create(graph: Client) -> None:
    sign_in_with(graph, OWNED)
    prefer = {"Prefer": "create-if-missing"}
    made = graph.send("PATCH", "/applications(uniqueName='mine')", json={"displayName": "Mine"}, headers=prefer)
    assert made.status_code == 201
    principal = f"/servicePrincipals(appId='{made.json()['appId']}')"
    assert graph.send("PATCH", principal, json={"notes": "n"}, headers=prefer).status_code == 201


def test_b2_owned_by_accepts_mapped_claims_only_in_a_change(graph: Client) -> None:
    sign_in_with(graph, OWNED)
    api = {"api": {"acceptMappedClaims": True}}
    assert graph.status("POST", "/applications", {"displayName": "Mine", **api}) == DENIED
    assert graph.status("PATCH", f"/applications/{graph.application('Mine')['id']}", api) == (204, "")


@pytest.mark.parametrize(("besides", "expected"), [((), DENIED), (("User.Read.All",), (201, ""))])
def test_b2_owned_by_names_a_user_as_owner_only_with_a_permission_to_read_users(
    graph: Client, besides: tuple[str, ...], expected: tuple[int, str]
) -> None:
    ada = graph.emulator.tenant.users.get("ada@local.test")
    me = sign_in_with(graph, OWNED, *besides)
    for owner, answer in ((ada["id"], expected), (me["id"], (201, ""))):
        body = {"displayName": "Mine", "owners@odata.bind": [f"https://x/v1.0/directoryObjects/{owner}"]}
        assert graph.status("POST", "/applications", body) == answer


def test_b2_an_application_developer_creates_the_principal_of_what_they_own(graph: Client) -> None:
    tenant = graph.emulator.tenant
    cleo = tenant.users.get("cleo@local.test")
    mine, theirs = (tenant.applications.create({"displayName": name}) for name in ("Mine", "Theirs"))
    tenant.objects.add_owner("applications", mine, cleo["id"])
    graph.token = token_of_user(graph, "cleo@local.test")
    assert graph.status("POST", "/servicePrincipals", {"appId": mine["appId"]}) == DENIED
    tenant.roles.assign(cleo["id"], "cf1c38e5-3621-4004-a7cb-879624dced7c")
    for app, answer in ((theirs, DENIED), (mine, (201, ""))):
        assert graph.status("POST", "/servicePrincipals", {"appId": app["appId"]}) == answer
    assert graph.status("POST", "/servicePrincipals", {"appId": ATERA_CLIENT_ID}) == DENIED


OTHERS_OPERATIONS = [
    ("PATCH", "/servicePrincipals/{principal}", {"notes": "n"}),
    ("DELETE", "/servicePrincipals/{principal}", None),
    ("POST", "/servicePrincipals/{principal}/addPassword", {}),
    ("POST", "/servicePrincipals/{principal}/addTokenSigningCertificate", {"displayName": "CN=x"}),
    ("POST", "/servicePrincipals/{principal}/owners/$ref", {"@odata.id": "https://x/v1.0/directoryObjects/{me}"}),
    ("POST", "/servicePrincipals/{principal}/appRoleAssignments", {}),
    ("POST", "/servicePrincipals/{principal}/appRoleAssignedTo", {}),
    ("POST", "/oauth2PermissionGrants", {"clientId": "{principal}"}),
    ("POST", "/applications/{application}/owners/$ref", {"@odata.id": "https://x/v1.0/directoryObjects/{me}"}),
    ("POST", "/applications/{application}/federatedIdentityCredentials", {}),
    ("POST", "/directory/deletedItems/{deleted}/restore", None),
    ("DELETE", "/directory/deletedItems/{deleted}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OTHERS_OPERATIONS, ids=lambda value: str(value))
def test_b2_owned_by_does_nothing_to_what_others_own(graph: Client, method: str, path: str, body: Any) -> None:
    tenant = graph.emulator.tenant
    theirs, gone = (tenant.applications.create({"displayName": name}) for name in ("Theirs", "Gone"))
    principal = tenant.principals.create({"appId": theirs["appId"]})
    tenant.applications.delete(gone)
    me = sign_in_with(graph, OWNED)
    words = {"principal": principal["id"], "application": theirs["id"], "deleted": gone["id"], "me": me["id"]}
    sent = {name: str(value).format(**words) for name, value in body.items()} if body is not None else None
    before = graph.emulator.snapshot()
    assert graph.status(method, path.format(**words), sent) == DENIED
    assert graph.emulator.snapshot() == before
