"""The exact lists of the profiles, read from the emulator with the least rights; and what one audit costs."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from lockstep.audit.permissions import Status
from lockstep.audit.subjects import AuditPlan, of_vendors
from lockstep.audit.tenant import TenantAudit, audit
from lockstep.directory import open_graph
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.errors import GraphError, WrongTenantError
from lockstep.local.door import process_door
from lockstep.report import Severity
from tests.vendors import ATERA_CLIENT_ID

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEAST = ("Directory.Read.All",)
"""What docs/audit.md says: one permission, which only reads."""
APPS = {
    "Atlas.ConneX API": "api",
    "Atlas.ConneX Provisioning": "provisioning",
    "Atlas.ConneX Workspaces Sync": "sync",
    "SharePoint Online Web Client Extensibility": "new",
    "SharePoint Online Client Extensibility Web Application Principal": "old",
    "Atera": "atera",
}


def plan() -> AuditPlan:
    return of_vendors(TENANT_ID, ("atlas", "atera"), client_ids={"atera": ATERA_CLIENT_ID})


def audited(emulator: Emulator, *, client: str = "", secret: str = "", tenant: str = TENANT_ID) -> TenantAudit:
    emulator.clock.stop()  # what is not found is asked for again later
    door = process_door(emulator)
    clock, sleep = door.waiting.clock, door.waiting.sleep
    env = {**door.env, **({"ARM_CLIENT_ID": client, "ARM_CLIENT_SECRET": secret} if client else {})}
    env["ARM_TENANT_ID"] = tenant

    async def run() -> TenantAudit:
        async with await open_graph(env, tenant, transport=door.transport(), clock=clock, sleep=sleep) as graph:
            return await audit(graph, plan(), NOW)

    return asyncio.run(run())


@contextmanager
def caller(profile: str, *permissions: str) -> Iterator[tuple[Emulator, dict[str, str]]]:
    """Open a tenant that holds its callers to their permissions, with a caller who has exactly these."""
    with Emulator.open(profile=profile, enforce_permissions=True) as emulator:
        tenant = emulator.tenant
        with tenant.store.transaction():
            application = tenant.applications.create({"displayName": "Auditor", "signInAudience": "AzureADMyOrg"})
            principal = tenant.principals.create({"appId": application["appId"]})
            secret = tenant.applications.add_password(application["id"], {})["secretText"]
            graph = tenant.principals.get("00000003-0000-0000-c000-000000000000", "appId")
            roles = {row["value"]: row["id"] for row in graph["appRoles"]}
            for name in permissions:
                tenant.assignments.assign(principal["id"], graph["id"], roles[name])
        yield emulator, {"client": application["appId"], "secret": secret}


def lists(found: TenantAudit, *statuses: Status) -> set[tuple[str, str]]:
    """Return (app, permission) for every row in these lists; Graph's name is left out."""
    return {
        (APPS[app.identified.name], row.title.removeprefix("Microsoft Graph · "))
        for app in found.apps
        for status in statuses
        for row in app.permissions.of(status)
    }


def rules(found: TenantAudit) -> Counter[str]:
    return Counter(finding.rule for finding in found.findings)


def test_the_exact_lists_of_brownfield() -> None:
    with caller("brownfield", *LEAST) as (emulator, who):
        found = audited(emulator, **who)
    assert lists(found, Status.MISSING) == {
        ("api", "delegated · Group.ReadWrite.All"),
        ("provisioning", "Office 365 SharePoint Online · application · TermStore.ReadWrite.All"),
        ("new", "Atlas.ConneX API · delegated · Workspaces.FullControl.All"),
    }
    assert lists(found, Status.EXTRA) == {
        ("api", "application · GroupMember.ReadWrite.All"),
        ("api", "delegated · GroupMember.ReadWrite.All"),
        ("provisioning", "application · Directory.ReadWrite.All"),
    }
    assert lists(found, Status.WRONG_TYPE, Status.UNDOCUMENTED_API, Status.WITHHELD) == set()
    twins = {row for app, row in lists(found, Status.TOLERATED) if app == "atera"}
    assert len(twins) == 14 + 3  # email is documented nowhere, nor are offline_access, openid and profile
    assert ("old", "delegated · Presence.Read.All") in lists(found, Status.FOREIGN)
    assert ("new", "Contoso Intranet API · delegated · News.Read") in lists(found, Status.FOREIGN)
    assert {rule: count for rule, count in rules(found).items() if not rule.startswith("permission")} == {
        "credential": 1,
        "directory-role": 1,
        "environment": 3,
        "foreign": 2,
        "look-alike": 1,
        "owner": 2,
        "secret-old": 1,
        "user-consent": 4,
        "user-consent-undocumented": 1,
    }


def test_the_exact_lists_of_drifted() -> None:
    with caller("drifted", *LEAST) as (emulator, who):
        found = audited(emulator, **who)
    assert lists(found, Status.MISSING) == {
        ("sync", "application · User.Read.All"),
        ("provisioning", "application · Files.Read.All"),
        ("new", "Atlas.ConneX API · delegated · Workspaces.FullControl.All"),
        ("atera", "application · Reports.Read.All"),
    }
    assert lists(found, Status.EXTRA) == {
        ("api", "delegated · Mail.Read"),
        ("provisioning", "application · Calendars.Read"),
        ("provisioning", "application · Mail.ReadWrite"),
    }
    assert lists(found, Status.WRONG_TYPE) == {
        ("provisioning", "delegated · Files.Read.All"),
        ("atera", "application · Directory.ReadWrite.All"),
    }
    assert lists(found, Status.UNDOCUMENTED_API) == {("api", "Contoso Expenses API · delegated · Expenses.Read")}
    halves = {f.rule: f.properties["permission"] for f in found.findings if f.rule.startswith("configured")}
    assert halves == {"configured-without-consent": "User.Read.All"}
    assert rules(found)["exposed-scope-changed"] == 1
    assert not any(finding.severity is Severity.WARNING for finding in found.findings)


def test_b1_the_old_principal_with_another_uri_is_recognised_by_all_that_is_known_of_it() -> None:
    with caller("legacy-spfx", *LEAST) as (emulator, who):
        applications = emulator.tenant.applications
        (old,) = [row for row in emulator.snapshot()["applications"] if "Extensibility" in row["displayName"]]
        other = {"identifierUris": [f"api://{TENANT_ID}/contoso.sharepoint.com"]}
        with emulator.tenant.store.transaction():
            applications.update(applications.get(old["id"]), other)
        found = audited(emulator, **who)
    (unsure,) = [each for each in found.findings if each.rule == "principal-unsure"]
    assert old["appId"] in unsure.message
    assert f"is very likely the principal {old['displayName']!r}" in unsure.message
    assert other["identifierUris"][0] in unsure.message
    assert "documented scopes, which it holds" in unsure.message
    assert not [each for each in found.findings if each.rule == "look-alike"]


@pytest.mark.parametrize("permission", ["Application.Read.All", "RoleManagement.Read.Directory", "User.Read.All"])
def test_less_than_the_least_right_is_an_error_and_no_audit(permission: str) -> None:
    with caller("brownfield", permission) as (emulator, who), pytest.raises(GraphError, match="403"):
        audited(emulator, **who)


@pytest.mark.parametrize(
    ("status", "code", "fix"),
    [
        (403, "Authorization_RequestDenied", "give the caller RoleManagement.Read.Directory, or have somebody else"),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "read it in a tenant with Entra ID P1 or P2"),
        (403, "Directory_QuotaExceeded", "have the tenant's administrator delete objects"),
        (501, "NotImplemented", "report it with this line"),
    ],
)
def test_b8_a_list_that_is_missing_for_another_reason_than_a_permission_says_so(
    status: int, code: str, fix: str
) -> None:
    with caller("brownfield", *LEAST) as (emulator, who):
        path = "/v1.0/roleManagement/directory/roleAssignments"
        emulator.faults.add(method="GET", path=path, status=status, code=code, times=None)
        found = audited(emulator, **who)
    missing = {each.fix for each in found.findings if each.rule == "not-read"}
    assert [each for each in missing if each and each.startswith(fix)], missing
    assert len(missing) == 1
    assert ("somebody else audit" in str(missing)) is (code == "Authorization_RequestDenied")


def test_a_list_that_may_not_be_read_is_said_and_never_empty() -> None:
    with caller("brownfield", "Application.Read.All", "DelegatedPermissionGrant.ReadWrite.All") as (emulator, who):
        found = audited(emulator, **who)
    assert [(each.what, each.needs) for each in found.reading.not_read] == [
        ("directory roles", "RoleManagement.Read.Directory")
    ]
    assert rules(found)["not-read"] == 1
    assert {app.holdings.roles for app in found.apps if app.identified.principal} == {None}
    assert rules(found)["directory-role"] == 0


def test_an_audit_writes_nothing_and_reads_no_secret() -> None:
    with caller("brownfield", *LEAST) as (emulator, who):
        before = emulator.snapshot()
        found = audited(emulator, **who)
        assert emulator.snapshot() == before
        assert not any(entry["write"] for entry in emulator.log if entry["path"].startswith("/v1.0"))
    assert "Q~8" not in json.dumps(repr(found))


def test_a_token_of_another_tenant_is_refused_before_anything_is_asked() -> None:
    other = "99999999-9999-4999-8999-999999999999"
    door: Any
    with Emulator.open(profile="fresh") as emulator:
        door = process_door(emulator)

        async def run() -> None:
            env = {name: value for name, value in door.env.items() if name != "ARM_TENANT_ID"}
            async with await open_graph(env, TENANT_ID, transport=door.transport()) as graph:
                graph.tenant_id = other
                await audit(graph, plan(), NOW)

        with pytest.raises(WrongTenantError):
            asyncio.run(run())
        assert not [entry for entry in emulator.log if entry["path"].startswith("/v1.0")]
