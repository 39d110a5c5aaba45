"""What an edition says besides permissions, in the commands: directory roles, older consents, and whose an app is."""

from __future__ import annotations

from pathlib import Path

from lockstep.emulator import Emulator
from tests.command.conftest import Command
from tests.emulator.client import Client
from tests.vendors import ATERA_CLIENT_ID

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
PUBLISHER = {"displayName": "Atera Networks", "verifiedPublisherId": "1234567", "addedDateTime": "2021-05-04T00:00:00Z"}
SYNC = "https://support.atera.com/hc/en-us/articles/4409774509714"


def brownfield(project: Path) -> Emulator:
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    return Emulator.open(folder / "emulator.sqlite", profile="brownfield")


def test_a4_audit_and_adopt_say_what_the_vendor_says_of_an_older_consent(lockstep: Command, project: Path) -> None:
    with brownfield(project) as emulator:
        atera = emulator.tenant.principals.get(ATERA_CLIENT_ID, "appId")
        for row in list(emulator.tenant.assignments.table.by("principalId", atera["id"]))[:9]:
            emulator.tenant.assignments.delete(row)
    found = lockstep("audit", "--stack", "dev")
    assert "information: 9 of 27 documented permissions are missing, as from a consent of before 2025-04-21. Atera" in (
        found.out
    )
    assert f'source: "Microsoft Entra ID integration" (Atera, read 2026-11-25): {SYNC}' in found.out
    shown = lockstep("adopt")
    assert "Atera says of consents of before 2025-04-21: An account that turned IT Autopilot on" in shown.out
    assert SYNC in shown.out
    (app,) = [row for row in lockstep("adopt", "--json").document["apps"] if row["app"] == "atera"]
    assert [renewal["before"] for renewal in app["renewals"]] == ["2025-04-21"] * 2


def test_a1_the_audit_shows_what_the_principal_of_a_published_client_id_says_of_itself(
    lockstep: Command, project: Path
) -> None:
    with brownfield(project) as emulator:
        principal = emulator.tenant.principals.get(ATERA_CLIENT_ID, "appId")
        emulator.tenant.principals.put({**principal, "verifiedPublisher": PUBLISHER})
    shown = lockstep("audit", "--stack", "dev")
    assert "verified publisher 'Atera Networks' (1234567, since 2021-05-04)" in shown.out
    (app,) = [
        row
        for row in lockstep("audit", "--stack", "dev", "--json").document["tenants"][0]["apps"]
        if row["app"] == "atera"
    ]
    assert app["verifiedPublisher"] == {"name": "Atera Networks", "id": "1234567", "since": "2021-05-04T00:00:00Z"}
    assert app["ownerOrganization"] == principal["appOwnerOrganizationId"]


def test_a2_audit_and_dossier_show_the_roles_that_a_principal_holds(lockstep: Command, project: Path) -> None:
    with brownfield(project) as emulator:
        principal = emulator.tenant.principals.get(ATERA_CLIENT_ID, "appId")
        emulator.tenant.roles.assign(principal["id"], "62e90394-69f5-4237-9190-012177145e10")
    audited = lockstep("audit", "--stack", "dev", "--json")
    (app,) = [row for row in audited.document["tenants"][0]["apps"] if row["app"] == "atera"]
    assert {(role["name"], role["status"]) for role in app["directoryRoles"]} == {
        ("User Administrator", "as-documented"),
        ("Global Administrator", "undocumented"),
    }
    (project / "audit.json").write_text(audited.out, encoding="utf-8")
    for form in ("html", "markdown"):
        page = project / f"page.{form}"
        made = lockstep("report", "--stack", "dev", "--audit", "audit.json", f"--{form}", str(page))
        assert made.code == 0, made.err
        text = page.read_text(encoding="utf-8")
        assert "User Administrator in the whole tenant: as documented" in text
        assert "Global Administrator in the whole tenant: not documented" in text


def test_b_a_flexible_federated_credential_is_shown_as_one_that_trusts_many_subjects(
    lockstep: Command, project: Path
) -> None:
    flexible = {
        "name": "branches",
        "issuer": "https://token.actions.githubusercontent.com",
        "audiences": ["api://AzureADTokenExchange"],
        "claimsMatchingExpression": {
            "languageVersion": 1,
            "value": "claims['sub'] matches 'repo:contoso/app:ref:refs/heads/*'",
        },
    }

    # Only beta makes one; what an audit reads is v1.0.
    with brownfield(project) as emulator, Client(emulator) as graph:
        (app,) = [row for row in emulator.tenant.applications.table.after() if row["displayName"] == "Atlas.ConneX API"]
        made = graph.send("POST", f"/beta/applications/{app['id']}/federatedIdentityCredentials", json=flexible)
    assert made.status_code == 201
    shown = lockstep("audit", "--stack", "dev").out
    assert "'branches: many subjects, by an expression, of https://token.actions.githubusercontent.com'" in shown
