"""`lockstep doctor`: what it says of each kind of machine, stack and tenant, and the command that it sends you to."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from lockstep.emulator import TENANT_ID, Emulator
from lockstep.emulator.constants import AZURE_CLI_APP_ID
from lockstep.emulator.signin.model import preview
from tests.command.conftest import Command, Outcome
from tests.conftest import REPOSITORY
from tests.vendors import ATERA_CLIENT_ID

GRAPH = "00000003-0000-0000-c000-000000000000"
OTHER = "99999999-9999-4999-8999-999999999999"
STACK = """config:
  lockstep:target: {tenant}
  lockstep:vendors: [atlas]
  lockstep:editions: {{atlas: "2025-03-01"}}
  azuread:tenantId: {tenant}
  entraconsent:tenantId: {tenant}
"""


def health(found: Outcome) -> dict[str, str]:
    return {check["name"]: check["health"] for check in found.document["checks"]}


def said(found: Outcome, name: str) -> str:
    words: str = next(check["found"] for check in found.document["checks"] if check["name"] == name)
    return words


def fake_pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch, *, export: str = "exit 1") -> None:
    """Put a `pulumi` on PATH that knows its version and answers `stack export` with `export`."""
    folder.mkdir()
    program = folder / "pulumi"
    program.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then echo v3.260.0; else {export}; fi\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "azblob://me:secret@state?storage_account=a&sig=secret")


@pytest.fixture
def real(project: Path, served: Emulator) -> Emulator:
    """Make the stack `prod` with a real target, which the served tenant stands for."""
    (project / "Pulumi.prod.yaml").write_text(STACK.format(tenant=TENANT_ID), encoding="utf-8")
    return served


def test_before_anything_was_done_it_says_up(lockstep: Command, project: Path) -> None:
    found = lockstep("doctor", "--json")
    assert found.code == 0, found.err
    assert found.document["next"] == "lockstep up --stack dev"
    assert "fail" not in health(found).values()
    assert not (project / ".lockstep").exists()


def test_it_writes_nothing_to_the_tenant_or_the_state(lockstep: Command, project: Path) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    kept = (project / ".lockstep" / "dev" / "state.json").read_bytes()
    before = lockstep("emulator", "snapshot").out
    assert lockstep("doctor").code == 0
    assert lockstep("emulator", "snapshot").out == before
    assert (project / ".lockstep" / "dev" / "state.json").read_bytes() == kept


def test_a_deployed_stack_is_sent_to_the_audit(lockstep: Command) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    found = lockstep("doctor", "--json")
    assert found.code == 0, found.err
    assert found.document["next"] == "lockstep audit --stack dev"
    assert said(found, "tenant").endswith("5 of them this stack's own")
    assert health(found)["names"] == "ok"


def test_an_old_tenant_is_sent_to_adopt_and_its_apps_are_named(lockstep: Command) -> None:
    lockstep("emulator", "reset", "--profile", "brownfield")
    found = lockstep("doctor", "--json")
    assert found.code == 1
    assert found.document["next"] == "lockstep adopt --stack dev"
    assert "Atlas.ConneX Workspaces Sync (c5ff091c-" in said(found, "names")
    assert "Test" not in said(found, "names")
    assert "'Atlas ConneX Provisioning'" in said(found, "look-alikes")
    shown = lockstep("doctor")
    assert "next: lockstep adopt --stack dev" in shown.out
    assert shown.err.splitlines()[-1].endswith("doctor exit code 1")


@pytest.mark.parametrize(
    ("profile", "new", "old"),
    [
        ("fresh", ("ok", "present"), ("ok", "absent")),
        ("legacy-spfx", ("ok", "absent"), ("ok", "present")),
        ("both-spfx", ("ok", "present"), ("ok", "present")),
        ("no-spfx", ("warn", "absent"), ("warn", "absent")),
    ],
)
def test_the_sharepoint_principals(lockstep: Command, profile: str, new: tuple[str, str], old: tuple[str, str]) -> None:
    lockstep("emulator", "reset", "--profile", profile)
    found = lockstep("doctor", "--json")
    for key, (state, word) in (("new", new), ("old", old)):
        assert health(found)[f"SharePoint {key} principal"] == state
        assert said(found, f"SharePoint {key} principal").startswith(word)
    assert found.code == 0


def test_a_killed_run_is_sent_to_repair(lockstep: Command, project: Path) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    path = project / ".lockstep" / "dev" / "state.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    resource = document["deployment"]["resources"][-1]
    document["deployment"]["pending_operations"] = [{"resource": resource, "type": "creating"}]
    path.write_text(json.dumps(document), encoding="utf-8")
    found = lockstep("doctor", "--json")
    assert found.code == 1
    assert found.document["next"] == "lockstep repair --stack dev"


def test_a_real_stack_with_nobody_signed_in(lockstep: Command, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "Pulumi.prod.yaml").write_text(STACK.format(tenant=OTHER), encoding="utf-8")
    fake_pulumi(project / "bin", monkeypatch)
    monkeypatch.setenv("ARM_USE_CLI", "false")
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert found.code == 1
    assert health(found)["sign-in"] == "fail"
    assert "run az login" in found.document["next"]
    assert "right to up" not in health(found)
    assert "secret" not in found.out


def test_a_real_stack_without_pulumi(lockstep: Command, real: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert found.code == 1
    assert health(found)["pulumi"] == "fail"
    assert found.document["next"].startswith("install the Pulumi CLI")
    assert health(found)["state"] == "warn"
    assert health(found)["sign-in"] == "ok"


def test_a_real_stack_whose_state_does_not_know_what_is_there(
    lockstep: Command, project: Path, real: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pulumi(project / "bin", monkeypatch, export='echo \'{"version": 3, "deployment": {}}\'')
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert said(found, "state") == "empty: nothing deployed yet"
    assert found.document["next"] == "lockstep adopt --stack prod"
    assert said(found, "backend") == "azblob://***@state?storage_account=a&sig=***"


def test_a_rehearsed_stack_is_sent_to_rehearsals(lockstep: Command, project: Path) -> None:
    (project / "Pulumi.prod.yaml").write_text(STACK.format(tenant=OTHER), encoding="utf-8")
    lockstep("preview", "--stack", "prod", "--rehearse", "--using", "rehearsal", "--profile", "brownfield")
    found = lockstep("doctor", "--stack", "prod", "--rehearse", "--json")
    assert found.document["next"] == "lockstep adopt --stack prod --rehearse"
    assert "a rehearsal of tenant" in found.document["target"]


def test_names_from_a_tenant_do_nothing_to_the_terminal(lockstep: Command, project: Path, real: Emulator) -> None:
    with real.tenant.store.transaction():
        name = "Atlas.ConneX\x1b[2J API\u202e"
        real.tenant.applications.create({"displayName": name, "signInAudience": "AzureADMyOrg"})
    for words in (("doctor", "--stack", "prod"), ("audit", "--stack", "prod")):
        shown = lockstep(*words)
        assert "\\x1b[2J" in shown.out
        assert "\x1b" not in shown.out + shown.err
        assert "\u202e" not in shown.out + shown.err


def test_a_caller_who_may_only_read(lockstep: Command, real: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with real.tenant.store.transaction():
        made = real.tenant.applications.create({"displayName": "Reader", "signInAudience": "AzureADMyOrg"})
        principal = real.tenant.principals.create({"appId": made["appId"]})
        secret = real.tenant.applications.add_password(made["id"], {})["secretText"]
        graph = real.tenant.principals.get("00000003-0000-0000-c000-000000000000", "appId")
        role = next(row["id"] for row in graph["appRoles"] if row["value"] == "Directory.Read.All")
        real.tenant.assignments.assign(principal["id"], graph["id"], role)
    real.enforce_permissions = True
    monkeypatch.setenv("ARM_CLIENT_ID", made["appId"])
    monkeypatch.setenv("ARM_CLIENT_SECRET", secret)
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert (health(found)["right to preview"], health(found)["right to audit"]) == ("ok", "ok")
    assert health(found)["right to up"] == "warn"
    assert "AppRoleAssignment.ReadWrite.All" in said(found, "right to up")
    assert health(found)["names"] == "warn"  # the state of a real stack is not known without pulumi


@pytest.mark.parametrize(
    ("there", "permission", "expected"),
    [
        (False, "Application.ReadWrite.OwnedBy", "warn"),
        (True, "Application.ReadWrite.OwnedBy", None),
        (False, "Application.ReadWrite.All", None),
    ],
)
def test_b2_a_caller_who_cannot_add_a_vendors_own_application(
    lockstep: Command,
    project: Path,
    real: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
    permission: str,
    expected: str | None,
) -> None:
    stack = STACK.format(tenant=TENANT_ID).replace("atlas", "atera").replace("2025-03-01", "2026-11-22")
    stack += f"  lockstep:apps: {{atera: {{clientId: {ATERA_CLIENT_ID}}}}}\n"
    (project / "Pulumi.prod.yaml").write_text(stack, encoding="utf-8")
    with real.tenant.store.transaction():
        if not there:
            real.tenant.principals.delete(real.tenant.principals.get(ATERA_CLIENT_ID, "appId"))
        made = real.tenant.applications.create({"displayName": "Pipeline", "signInAudience": "AzureADMyOrg"})
        principal = real.tenant.principals.create({"appId": made["appId"]})
        secret = real.tenant.applications.add_password(made["id"], {})["secretText"]
        graph = real.tenant.principals.get(GRAPH, "appId")
        for row in graph["appRoles"]:
            if row["value"] in (permission, "Directory.Read.All"):
                real.tenant.assignments.assign(principal["id"], graph["id"], row["id"])
    monkeypatch.setenv("ARM_CLIENT_ID", made["appId"])
    monkeypatch.setenv("ARM_CLIENT_SECRET", secret)
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert health(found)["sign-in"] == "ok", found.out
    assert health(found).get("right to add Atera") == expected
    if expected:
        fix = next(check["fix"] for check in found.document["checks"] if check["name"] == "right to add Atera")
        assert f"az ad sp create --id {ATERA_CLIENT_ID}" in fix


@pytest.mark.parametrize(
    ("user", "role", "lacks"),
    [
        ("ada@local.test", "Global Administrator", ""),
        ("ben@local.test", "Cloud Application Administrator", "Privileged Role Administrator"),
    ],
)
def test_a_person_who_signed_in_with_the_azure_cli(
    lockstep: Command, project: Path, real: Emulator, monkeypatch: pytest.MonkeyPatch, user: str, role: str, lacks: str
) -> None:
    base = f"https://{os.environ['ARM_METADATA_HOSTNAME']}"
    word, _ = preview(real.tenant, AZURE_CLI_APP_ID, GRAPH, user, base)
    fake_pulumi(project / "bin", monkeypatch, export='echo \'{"version": 3, "deployment": {}}\'')
    az = project / "bin" / "az"
    az.write_text(
        f"#!/bin/sh\necho '{json.dumps({'accessToken': word, 'expires_on': 4102444800})}'\n", encoding="utf-8"
    )
    az.chmod(0o755)
    for name in ("ARM_CLIENT_ID", "ARM_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ARM_USE_CLI", "true")
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert f"user {user}" in said(found, "sign-in")
    assert role in said(found, "sign-in")
    assert health(found)["right to up"] == ("warn" if lacks else "ok")
    assert lacks in said(found, "right to up")
    assert health(found)["right to audit"] == "ok"


def test_a_tenant_that_does_not_answer_is_given_up(
    lockstep: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockstep.local.doctor.PATIENCE", 0.0)
    lockstep("emulator", "reset", "--profile", "fresh")
    found = lockstep("doctor", "--json")
    assert found.code == 1
    assert "no answer within" in said(found, "sign-in")


def test_a_stack_file_that_is_wrong_is_the_first_thing_to_mend(lockstep: Command, project: Path) -> None:
    (project / "Pulumi.prod.yaml").write_text("config:\n  lockstep:targt: local\n", encoding="utf-8")
    found = lockstep("doctor", "--stack", "prod", "--json")
    assert found.code == 1
    assert "did you mean 'target'" in said(found, "settings")
    assert found.document["next"] == "correct the stack file: docs/settings.md"
    assert lockstep("doctor", "--stack", "nowhere").code == 1


def test_a_copy_of_the_pack_that_is_not_as_in_this_lockstep(lockstep: Command, project: Path) -> None:
    shutil.copytree(REPOSITORY / "policy", project / "policy")
    assert "copies" not in health(lockstep("doctor", "--json"))
    (project / "policy" / "__main__.py").write_text("# of another Lockstep\n", "utf-8")
    found = lockstep("doctor", "--json")
    assert (found.code, health(found)["copies"]) == (0, "warn")
    assert said(found, "copies") == "not as in this Lockstep: policy/__main__.py is different"


STRICT = {"state": "enabled", "excludeAppsReceivingV2Tokens": True}
EXEMPT = {"customSecurityAttributes": [{"id": "a", "operator": "equals", "value": "deployer"}]}


def _restricted(project: Path, **restriction: object) -> Emulator:
    """Make the tenant of the stack `dev`, with a policy that allows only the default identifier URIs."""
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    emulator = Emulator.open(folder / "emulator.sqlite")
    uris = {"identifierUris": {"nonDefaultUriAddition": {**STRICT, **restriction}}}
    emulator.tenant.app_management.update({"applicationRestrictions": uris})
    return emulator


def test_a5_an_identifier_uri_that_the_tenants_policy_refuses_is_said_before_up_fails_on_it(
    lockstep: Command, project: Path
) -> None:
    _restricted(project).close()
    found = lockstep("doctor", "--json")
    assert (found.code, health(found)["identifier URIs"]) == (1, "fail")
    words = said(found, "identifier URIs")
    assert f"(nonDefaultUriAddition) refuses api://{TENANT_ID}/atlas-connex-api of Atlas.ConneX API" in words
    assert "api://<app id> and api://<tenant id>/<app id>" in words
    up = lockstep("up", "--using", "rehearsal")
    assert up.code != 0
    assert "identifier URI" in up.out + up.err


def test_a5_a_uri_that_is_there_already_or_a_later_date_is_no_refusal(lockstep: Command, project: Path) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    _restricted(project).close()
    found = lockstep("doctor", "--json")
    assert health(found)["identifier URIs"] == "ok"
    assert lockstep("up", "--using", "rehearsal").code == 0


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({"state": "disabled"}, "ok"),
        ({"restrictForAppsCreatedAfterDateTime": "2100-01-01T00:00:00Z"}, "ok"),
        ({"restrictForAppsCreatedAfterDateTime": "2020-01-01T00:00:00Z"}, "fail"),
    ],
)
def test_a5_the_state_and_the_day_of_the_policy_count(
    lockstep: Command, project: Path, restriction: dict[str, object], expected: str
) -> None:
    _restricted(project, **restriction).close()
    assert health(lockstep("doctor", "--json"))["identifier URIs"] == expected
