"""`lockstep audit` from its words to its files and exit codes, on the emulator."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import junitparser
import pytest

from lockstep.catalogue import load
from lockstep.directory import open_graph
from lockstep.emulator import DEPLOYER_CLIENT_ID, TENANT_ID, Clock, Emulator
from lockstep.local.door import process_door
from tests.command.conftest import Command, set_app
from tests.vendors import ATERA_CLIENT_ID

OTHER = "99999999-9999-4999-8999-999999999999"
BY_ID = ("--tenant", TENANT_ID, "--client-id", f"atera={ATERA_CLIENT_ID}")


def by_hand(project: Path, *requests: tuple[str, str, dict[str, Any] | None]) -> None:
    """Change the tenant of the stack dev, as somebody with a script would; `{name}` is a principal's object id."""
    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        door = process_door(emulator)
        ids = {row["displayName"]: row["id"] for row in emulator.tenant.store["servicePrincipals"].rows.values()}

        async def send() -> None:
            async with await open_graph(door.env, TENANT_ID, transport=door.transport()) as graph:
                for method, path, body in requests:
                    await graph.send(method, _filled(path, ids), json.loads(_filled(json.dumps(body), ids)))

        asyncio.run(send())


def _filled(text: str, ids: dict[str, str]) -> str:
    for name, ident in ids.items():
        text = text.replace(f"<{name}>", ident)
    return text


def test_a_deployed_stack_has_no_errors_and_no_warnings(lockstep: Command) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    found = lockstep("audit", "--stack", "dev", "--strict", "--json")
    assert found.code == 0, found.err
    assert (found.document["counts"]["error"], found.document["counts"]["warning"]) == (0, 0)


def test_fix_of_a_consent_that_the_stack_leaves_to_an_administrator_is_theirs(lockstep: Command, project: Path) -> None:
    set_app(project, "provisioning", {"consents": "by-admin"})
    assert lockstep("up", "--using", "rehearsal").code == 1  # everything else is done
    extra = {"clientId": "<Atlas.ConneX Provisioning>", "consentType": "AllPrincipals", "scope": "Mail.Read"}
    by_hand(project, ("POST", "/oauth2PermissionGrants", {**extra, "resourceId": "<Microsoft Graph>"}))
    found = lockstep("audit", "--stack", "dev", "--json")
    assert found.code == 1, found.err
    errors = [each for each in found.document["findings"] if each["severity"] == "error"]
    fixes = {
        rule: {each["fix"] for each in errors if each["rule"] == rule}
        for rule in ("configured-without-consent", "permission-extra")
    }
    assert sum(each["rule"] == "configured-without-consent" for each in errors) == 14
    assert {each["rule"] for each in errors} == set(fixes)
    place = "at Microsoft Entra admin center > Enterprise applications > Atlas.ConneX Provisioning > Permissions"
    (gives,), (takes,) = fixes.values()
    assert f"an administrator gives the consent (`consents: by-admin`, so no `up` does) {place}" in gives
    assert f"an administrator takes back the consent (`consents: by-admin`, so no `up` does) {place}" in takes
    assert lockstep("up", "--using", "rehearsal").code == 1
    shown = next(row for row in lockstep("show", "--json").document["apps"] if row["app"] == "provisioning")
    assert "14 consents to give" in shown["awaiting"]
    assert "1 consent to take back" in shown["awaiting"]


def test_the_evidence_stands_by_itself(lockstep: Command, project: Path) -> None:
    (project / "policy").mkdir()
    (project / "policy" / "exceptions.yaml").write_text(
        "exceptions:\n- {rule: r, stack: dev, owner: o, reason: w, expires: 2020-01-01}\n", encoding="utf-8"
    )
    lockstep("emulator", "reset", "--profile", "brownfield")
    found = lockstep("audit", "--stack", "dev", "--json")
    assert found.code == 1
    document = found.document
    assert (document["format"], document["command"], document["exitCode"]) == ("lockstep-audit/1", "audit", 1)
    assert document["exceptions"] == [
        {"rule": "r", "stack": "dev", "owner": "o", "reason": "w", "expires": "2020-01-01", "inForce": False}
    ]
    assert document["approvals"] == []
    tenant = document["tenants"][0]
    assert tenant["tenant"] == {"id": TENANT_ID, "name": "Local Test"}
    assert tenant["caller"]["clientId"] == DEPLOYER_CLIENT_ID
    edition = tenant["editions"]["atlas"]
    assert edition["digest"] == load().digest("atlas", edition["id"])
    assert edition["digest"].startswith("sha256:")
    apps = {app["name"]: app for app in tenant["apps"]}
    api = apps["Atlas.ConneX API"]
    extra = [row["value"] for row in api["permissions"] if row["status"] == "extra"]
    assert extra == ["GroupMember.ReadWrite.All", "GroupMember.ReadWrite.All"]
    assert [(owner["name"], owner["of"]) for owner in api["owners"]] == [("Ada Admin", "application")]
    assert api["credentials"][0]["expires"] == "2033-02-06T09:35:00Z"
    assert apps["Atera"]["directoryRoles"] == [
        {
            "id": "fe930be7-5e62-47db-91af-98c3a49a38b1",
            "name": "User Administrator",
            "scope": "/",
            "status": "as-documented",
            "purpose": "Lets its Copilot and its Autopilot reset the passwords of users.",
        }
    ]
    assert "Q~8" not in found.out
    assert "secretText" not in found.out


def test_every_form_says_the_same(lockstep: Command, project: Path) -> None:
    lockstep("emulator", "reset", "--profile", "drifted")
    files = ("--sarif", "a.sarif", "--junit", "a.xml", "--markdown", "a.md")
    found = lockstep("audit", "--stack", "dev", "--json", *files)
    errors = found.document["counts"]["error"]
    assert errors > 5
    sarif = json.loads((project / "a.sarif").read_text(encoding="utf-8"))
    assert sum(each["level"] == "error" for each in sarif["runs"][0]["results"]) == errors
    assert junitparser.JUnitXml.fromfile(str(project / "a.xml")).failures == errors
    assert f"{errors} errors" in (project / "a.md").read_text(encoding="utf-8")
    shown = lockstep("audit", "--stack", "dev")
    assert shown.out.count("error: ") == errors
    assert shown.err.splitlines()[0] == "target: local (emulator .lockstep/dev/emulator.sqlite)"
    assert shown.err.splitlines()[-1] == "target: local (emulator .lockstep/dev/emulator.sqlite): audit exit code 1"


def test_a_tenant_by_its_id_needs_no_stack(lockstep: Command, served: Emulator) -> None:
    found = lockstep("audit", *BY_ID, "--json")
    assert found.code == 1, found.err
    assert found.document["tenants"][0]["stack"] is None
    only = lockstep("audit", "--tenant", TENANT_ID, "--vendor", "atlas", "--edition", "2025-02-28", "--json")
    assert list(only.document["tenants"][0]["editions"]) == ["atlas"]
    assert only.document["tenants"][0]["editions"]["atlas"]["id"] == "2025-02-28"


def test_a1_a_vendors_app_is_known_by_the_client_id_that_the_vendor_publishes(
    lockstep: Command, served: Emulator
) -> None:
    found = lockstep("audit", "--tenant", TENANT_ID, "--vendor", "atera", "--json")
    (app,) = found.document["tenants"][0]["apps"]
    assert (app["clientId"], app["state"]) == (ATERA_CLIENT_ID, "present")
    other = "88888888-8888-4888-8888-888888888888"
    found = lockstep("audit", "--tenant", TENANT_ID, "--vendor", "atera", "--client-id", f"atera={other}", "--json")
    (app,) = found.document["tenants"][0]["apps"]
    assert app["state"] == "absent"
    assert ATERA_CLIENT_ID in [
        each.get("properties", {}).get("lookAlike", each.get("lookAlike")) for each in found.document["findings"]
    ]


def test_one_tenants_failure_never_stops_the_others(lockstep: Command, project: Path, served: Emulator) -> None:
    (project / "tenants.txt").write_text(f"# ours\n{OTHER}  # Contoso\n\n{TENANT_ID}\n", encoding="utf-8")
    found = lockstep("audit", "--tenants", "tenants.txt", "--vendor", "atlas", "--json")
    assert found.code == found.document["exitCode"] == 3
    failed, read = found.document["tenants"]
    assert failed["tenant"]["id"] == OTHER
    assert failed["error"]
    assert failed["apps"] == []
    assert read["error"] is None
    assert read["apps"]
    assert [each["rule"] for each in found.document["findings"]].count("tenant-not-audited") == 1


def test_without_a_sign_in_a_real_stack_is_not_audited(lockstep: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_USE_CLI", "false")
    found = lockstep("audit", "--tenant", OTHER, "--json")
    assert found.code == 3
    assert "no way to sign in" in found.document["tenants"][0]["error"]


def test_compare_shows_what_changed_and_who_did_it(lockstep: Command, project: Path, clock: Clock) -> None:
    clock.go()  # what happened between two audits is told by their dates, which are the machine's
    assert lockstep("up", "--using", "rehearsal").code == 0
    before = lockstep("audit", "--stack", "dev", "--json")
    (project / "before.json").write_text(before.out, encoding="utf-8")
    same = lockstep("audit", "--stack", "dev", "--compare", "before.json")
    assert "nothing has changed since then" in same.out
    mail = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"  # Mail.Read, application
    api, graph = "<Atlas.ConneX API>", "<Microsoft Graph>"
    body = {"principalId": api, "resourceId": graph, "appRoleId": mail}
    by_hand(project, ("POST", f"/servicePrincipals/{api}/appRoleAssignments", body))
    after = lockstep("audit", "--stack", "dev", "--compare", "before.json", "--json")
    assert after.code == 1
    (change,) = after.document["changes"]
    assert (change["app"], change["what"], change["before"], change["after"]) == (
        "Atlas.ConneX API",
        "permission",
        None,
        "extra, consented",
    )
    assert change["name"] == "Microsoft Graph · application · Mail.Read"
    (event,) = change["events"]
    assert event["activity"] == "Add app role assignment to service principal"
    assert DEPLOYER_CLIENT_ID in event["by"]
    shown = lockstep("audit", "--stack", "dev", "--compare", "before.json")
    assert "+ Atlas.ConneX API: permission Microsoft Graph · application · Mail.Read (extra, consented)" in shown.out
    assert "Add app role assignment to service principal by" in shown.out


def test_who_did_it_takes_a_permission_of_its_own(lockstep: Command, project: Path, served: Emulator) -> None:
    (project / "before.json").write_text(lockstep("audit", *BY_ID, "--json").out, encoding="utf-8")
    tenant = served.tenant
    with tenant.store.transaction():
        row = next(row for row in tenant.applications.table.rows.values() if row["displayName"] == "Atlas.ConneX API")
        tenant.applications.update(row, {"requiredResourceAccess": []})
    served.enforce_permissions = True
    found = lockstep("audit", *BY_ID, "--compare", "before.json", "--json")
    assert found.document["changes"]
    assert all(change["events"] == [] for change in found.document["changes"])
    assert "AuditLog.Read.All" in found.document["notes"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --stack NAME, --tenant ID or --tenants FILE"),
        (("--stack", "dev", "--tenant", OTHER), "--tenant does not go with --stack"),
        (("--stack", "dev", "--vendor", "atlas"), "--vendor does not go with --stack"),
        (("--stack", "deb"), "did you mean 'dev'"),
        (("--tenant", "contoso.com"), "'contoso.com' is not a tenant id"),
        (("--tenant", OTHER, "--rehearse"), "--rehearse goes with --stack"),
        (("--tenant", OTHER, "--vendor", "atlass"), "did you mean 'atlas'"),
        (("--tenant", OTHER, "--edition", "1999-01-01"), "no edition of"),
        (("--tenants", "nowhere.txt"), "cannot be read"),
        (("--tenants", "empty.txt"), "names no tenant"),
        (("--tenants", "wrong.txt"), "wrong.txt:2: 'x' is not a tenant id"),
        (("--tenant", OTHER, "--compare", "nowhere.json"), "cannot be read"),
        (("--tenant", OTHER, "--compare", "wrong.json"), "is not an audit of format lockstep-audit/1"),
    ],
)
def test_words_that_do_not_fit_are_refused_before_anything_is_asked(
    lockstep: Command, project: Path, words: tuple[str, ...], said: str
) -> None:
    (project / "empty.txt").write_text("# nobody\n", encoding="utf-8")
    (project / "wrong.txt").write_text(f"{OTHER}\nx\n", encoding="utf-8")
    (project / "wrong.json").write_text("[]", encoding="utf-8")
    found = lockstep("audit", *words)
    assert found.code == 2
    assert said in found.err
    assert found.out == ""
