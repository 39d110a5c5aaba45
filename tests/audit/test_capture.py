"""A capture is the tenant as far as our apps go: the same audit, the same capture again; and nothing that is secret."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockstep.audit.capture import FORMAT, NUMBERED, capture
from lockstep.audit.tenant import TenantAudit
from lockstep.directory import open_graph
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.emulator.consents.model import assignment
from lockstep.emulator.profiles import captured
from lockstep.errors import UsageError
from lockstep.local.door import process_door
from tests.audit.test_tenant import audited, caller, plan
from tests.vendors import ATERA_CLIENT_ID

PROFILES = ("fresh", "legacy-spfx", "both-spfx", "no-spfx", "brownfield", "drifted")


def taken(emulator: Emulator, **who: str) -> dict[str, Any]:
    emulator.clock.stop()  # what is not found is asked for again later
    door = process_door(emulator)
    clock, sleep = door.waiting.clock, door.waiting.sleep
    env = dict(door.env)
    if who:
        env |= {"ARM_CLIENT_ID": who["client"], "ARM_CLIENT_SECRET": who["secret"]}

    async def run() -> dict[str, Any]:
        async with await open_graph(env, TENANT_ID, transport=door.transport(), clock=clock, sleep=sleep) as graph:
            return await capture(graph, plan())

    return asyncio.run(run())


def written(document: dict[str, Any], folder: Path) -> str:
    path = folder / "contoso.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def facts(found: TenantAudit) -> list[object]:
    """Return everything that an audit found but for who the owners are, whom a capture does not name."""
    return [
        (
            app.title,
            app.identified.state,
            app.permissions,
            app.exposed,
            app.credentials,
            app.identified.look_alikes,
            app.identified.titles,
            app.holdings.roles,
            sorted((owner.kind, owner.of) for owner in app.holdings.owners or ()),
        )
        for app in found.apps
    ] + [(f.rule, f.severity, f.message) for f in found.findings if not f.rule.startswith("owner")]


@pytest.mark.parametrize("profile", PROFILES)
def test_an_emulator_made_from_a_capture_is_audited_and_captured_alike(profile: str, tmp_path: Path) -> None:
    with Emulator.open(profile=profile) as emulator:
        document, before = taken(emulator), audited(emulator)
    with Emulator.open(profile=written(document, tmp_path)) as again:
        assert facts(audited(again)) == facts(before)
        assert taken(again) == document
        again.reset()
        assert taken(again) == document


GONE, API_ROLE, DEFAULT = (
    "0badc0de-0000-4000-8000-00000000000a",
    "0badc0de-0000-4000-8000-00000000000b",
    "00000000-0000-0000-0000-000000000000",
)
Change = Callable[[Emulator, dict[str, Any]], None]


def _grant_on_an_api_that_is_gone(emulator: Emulator, client: dict[str, Any]) -> None:
    row = {"clientId": client["id"], "resourceId": GONE, "scope": "Old.Read Old.Write"}
    user = next(iter(emulator.tenant.store["users"].rows))
    for kind, who, ident in (("AllPrincipals", None, "gone"), ("Principal", user, "gone-user")):
        entry = {**row, "consentType": kind, "principalId": who, "id": ident}
        emulator.tenant.store.put("oauth2PermissionGrants", entry)


def _assigned(emulator: Emulator, client: dict[str, Any], resource: dict[str, Any], role: str) -> None:
    entry = assignment(f"{role}-{resource['id']}", client, "ServicePrincipal", resource, role, "2024-01-01T00:00:00Z")
    emulator.tenant.store.put("appRoleAssignments", entry)


def _role_of_an_api_that_is_gone(emulator: Emulator, client: dict[str, Any]) -> None:
    _assigned(emulator, client, {"id": GONE, "displayName": None}, API_ROLE)


def _default_access(emulator: Emulator, client: dict[str, Any]) -> None:
    graph = next(row for row in emulator.snapshot()["servicePrincipals"] if row["displayName"] == "Microsoft Graph")
    _assigned(emulator, client, graph, DEFAULT)


def _scope_that_the_api_does_not_list(emulator: Emulator, client: dict[str, Any]) -> None:
    grants = [row for row in emulator.snapshot()["oauth2PermissionGrants"] if row["clientId"] == client["id"]]
    emulator.tenant.store.put("oauth2PermissionGrants", {**grants[0], "scope": f"{grants[0]['scope']} Gone.Read"})


def _no_principal(emulator: Emulator, client: dict[str, Any]) -> None:
    emulator.tenant.principals.delete(emulator.tenant.principals.get(client["id"]))


def _more_than_permissions(emulator: Emulator, client: dict[str, Any]) -> None:
    row = emulator.tenant.applications.get(client["appId"], "appId")
    web = {"redirectUris": ["https://contoso.example/in"]}
    emulator.tenant.applications.update(row, {"web": web, "groupMembershipClaims": "SecurityGroup"})


def _shared_principal_by_another_uri(emulator: Emulator, client: dict[str, Any]) -> None:
    (old,) = [row for row in emulator.snapshot()["applications"] if "Client Extensibility" in row["displayName"]]
    other = {"identifierUris": [f"api://{TENANT_ID}/contoso.sharepoint.com"]}
    emulator.tenant.applications.update(emulator.tenant.applications.get(old["id"]), other)


CHANGES: tuple[Change, ...] = (
    _grant_on_an_api_that_is_gone,
    _role_of_an_api_that_is_gone,
    _default_access,
    _scope_that_the_api_does_not_list,
    _more_than_permissions,
    _shared_principal_by_another_uri,
    _no_principal,
)


@pytest.mark.parametrize(
    "changes", [*((each,) for each in CHANGES), CHANGES[:-1]], ids=[*(each.__name__ for each in CHANGES), "all at once"]
)
def test_b15_every_capture_loads_and_is_captured_alike(changes: tuple[Change, ...], tmp_path: Path) -> None:
    with Emulator.open(profile="brownfield") as emulator:
        with emulator.tenant.store.transaction():
            for each in changes:
                row = next(
                    r for r in emulator.snapshot()["servicePrincipals"] if r["displayName"] == "Atlas.ConneX API"
                )
                each(emulator, row)
        document, before = taken(emulator), audited(emulator)
    with Emulator.open(profile=written(document, tmp_path)) as again:
        assert facts(audited(again)) == facts(before)
        assert taken(again) == document


def test_b17_default_access_is_named_for_what_it_is_and_is_no_permission() -> None:
    with Emulator.open(profile="brownfield") as emulator:
        before = audited(emulator)
        with emulator.tenant.store.transaction():
            row = next(r for r in emulator.snapshot()["servicePrincipals"] if r["displayName"] == "Atlas.ConneX API")
            _default_access(emulator, row)
        found = audited(emulator)
    assert [app.permissions for app in found.apps] == [app.permissions for app in before.apps]
    (said,) = [finding for finding in found.findings if finding not in before.findings]
    assert said.rule == "default-access"
    assert "assigned to Microsoft Graph with the default access role" in said.message
    assert "grants no permission" in said.message


def test_a_capture_needs_no_more_than_an_audit_and_writes_nothing() -> None:
    with caller("brownfield", "Directory.Read.All") as (emulator, who):
        before = emulator.snapshot()
        assert taken(emulator, **who)["applications"]
        assert emulator.snapshot() == before
        assert not any(entry["write"] for entry in emulator.log if entry["path"].startswith("/v1.0"))


def test_consents_are_asked_for_once() -> None:
    with Emulator.open(profile="brownfield") as emulator:
        taken(emulator)
        asked = [(entry["path"], entry["query"]) for entry in emulator.log]
    lists = [one for one in asked if "appRoleAssignments" in one[0] or "oauth2PermissionGrants" in one[0]]
    assert lists
    assert len(lists) == len(set(lists))


def test_nothing_secret_and_nobodys_name_is_in_it() -> None:
    with Emulator.open(profile="brownfield") as emulator:
        tenant = emulator.tenant
        with tenant.store.transaction():
            row = next(r for r in tenant.applications.table.rows.values() if r["displayName"] == "Atlas.ConneX API")
            shown = tenant.applications.add_password(row["id"], {"displayName": "new"})
            key = base64.b64encode(b"a certificate, its public part").decode()
            tenant.applications.update(
                tenant.applications.get(row["id"]), {"keyCredentials": [{"key": key, "displayName": "CN=atlas"}]}
            )
        text = json.dumps(taken(emulator))
        people = [value for user in tenant.store["users"].rows.values() for value in (user["id"], user["displayName"])]
    assert "CN=atlas" in text
    for secret in (shown["secretText"], shown["hint"], key, "Q~8", TENANT_ID, ATERA_CLIENT_ID, "local.test", *people):
        assert secret not in text


def test_people_are_numbers_that_stay_the_same() -> None:
    with Emulator.open(profile="brownfield") as emulator:
        document = taken(emulator)
    people = {person["id"] for person in document["people"]}
    named = {row["user"] for row in document["grants"] if row["user"]}
    named |= {owner for app in document["applications"] for owner in app["owners"]}
    assert named == people
    assert all(ident.startswith(NUMBERED) for ident in people)


def test_a_role_that_the_emulator_does_not_know_and_a_foreign_apis_role_come_along(tmp_path: Path) -> None:
    with Emulator.open(profile="drifted") as emulator:
        document = taken(emulator)
    atera = next(row for row in document["servicePrincipals"] if row["displayName"] == "Atera")
    odd = "0526716b-113d-4c15-b2c8-68e3c22b9f80"
    atera["directoryRoles"] = [{"id": odd, "name": "Authentication Policy Administrator", "scope": "/"}]
    role = {"value": "full_access_as_app", "id": "dc890d15-9560-4a4c-9b7f-a736ec74ec40", "enabled": True}
    exchange = {"appId": "00000002-0000-0ff1-ce00-000000000000", "displayName": "Office 365 Exchange Online"}
    document["apis"] = sorted(
        [*document["apis"], {**exchange, "scopes": [], "roles": [role]}], key=lambda api: api["appId"]
    )
    held = {"client": atera["id"], "api": exchange["appId"], "role": role["id"], "created": "2024-01-01T00:00:00Z"}
    document["assignments"].append(held)
    with Emulator.open(profile=written(document, tmp_path)) as again:
        found = audited(again)
        rules = {finding.message for finding in found.findings}
    assert any("Authentication Policy Administrator" in message for message in rules)
    assert any("Office 365 Exchange Online · application · full_access_as_app" in message for message in rules)


def test_both_sides_speak_of_one_format() -> None:
    assert FORMAT == captured.FORMAT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file"),
        ("{", "it is not JSON"),
        ("[]", "is not a capture of format"),
        ('{"format": "lockstep-audit/1"}', "is not a capture of format"),
        ('{"format": "lockstep-capture/1"}', "applications: Field required"),
    ],
)
def test_a_file_that_is_no_capture_is_refused_before_anything_is_made(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "contoso.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        Emulator.open(tmp_path / "state", profile=str(path))
    assert not (tmp_path / "state").exists()


@pytest.fixture(scope="module")
def held() -> dict[str, Any]:
    with Emulator.open(profile="brownfield") as emulator:
        return taken(emulator)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("grants",), None, "grants: Input should be a valid list"),
        (("apis",), ["x"], "apis.0: Input should be a valid dictionary"),
        (("others",), {}, "others.applications: Field required"),
        (("people", 0, "id"), 5, "people.0.id: Input should be a valid string"),
        (("servicePrincipals", 0, "appId"), None, "servicePrincipals.0.appId: Input should be a valid string"),
        (("applications", 0, "passwordCredentials"), ["x"], "applications.0.passwordCredentials.0: Input should be"),
        (("applications", 0, "api"), {}, "applications.0.api.oauth2PermissionScopes: Field required"),
        (("assignments", 0, "role"), "Reader", "assignments.0.role: String should match"),
        (("servicePrincipals",), [], "which is not among its `servicePrincipals`"),
        (("applications", 0, "displayName"), "Half \ud800", "is half a character"),
    ],
)
def test_d5_a_capture_that_somebody_edited_is_refused_with_the_place(
    held: dict[str, Any], tmp_path: Path, path: tuple[str | int, ...], value: object, said: str
) -> None:
    document = json.loads(json.dumps(held))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(UsageError, match=f"{said}.*`lockstep capture` makes such a file"):
        Emulator.open(tmp_path / "state", profile=written(document, tmp_path))
    assert not (tmp_path / "state").exists()


def test_a_deleted_app_is_in_a_capture_and_among_the_deleted_items_again(tmp_path: Path) -> None:
    with Emulator.open(profile="brownfield") as emulator:
        tenant = emulator.tenant
        with tenant.store.transaction():
            row = next(
                r for r in tenant.applications.table.rows.values() if r["displayName"] == "Atlas.ConneX API Test"
            )
            tenant.applications.delete(row)
        document = taken(emulator)
        assert not audited(emulator).reading.deleted
    assert [gone["displayName"] for gone in document["others"]["deleted"]] == ["Atlas.ConneX API Test"]
    with Emulator.open(profile=written(document, tmp_path)) as again:
        assert taken(again) == document
