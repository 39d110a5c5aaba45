"""`lockstep show`: the sheet says what the tenant holds, names credentials and keeps every secret."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator import TENANT_ID
from tests.command.conftest import REPOSITORY, Command, set_app
from tests.vendors import ATERA_CLIENT_ID

REAL = "99999999-9999-4999-8999-999999999999"
FEDERATED = {"name": "atlas-prod", "issuer": "https://issuer.example", "subject": "repo:x"}


def apps_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {app["name"]: app for app in document["apps"]}


def test_ids_are_those_of_the_tenant(lockstep: Command) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    found = lockstep("show", "--json")
    assert found.code == 0
    assert found.document["tenantId"] == TENANT_ID
    apps = apps_of(found.document)
    held = json.loads(lockstep("emulator", "snapshot").out)
    by_client = {each["appId"]: each for each in held["servicePrincipals"]}
    for app in held["applications"]:
        if app["displayName"] in apps:
            row = apps.pop(app["displayName"])
            assert (row["clientId"], row["objectId"]) == (app["appId"], app["id"])
            assert row["servicePrincipalId"] == by_client[app["appId"]]["id"]
            assert row["identifierUris"] == app["identifierUris"]
            assert row["scopes"] == {each["value"]: each["id"] for each in app["api"]["oauth2PermissionScopes"]}
            assert row["consented"] == row["wanted"] > 0
    atera = apps.pop("Atera")
    assert (atera["clientId"], atera["consented"], atera["wanted"]) == (ATERA_CLIENT_ID, 27, 27)
    assert {name: row["state"] for name, row in apps.items()} == {
        "SharePoint Online Web Client Extensibility": "present",
        "SharePoint Online Client Extensibility Web Application Principal": "absent",
    }
    assert found.err.splitlines()[0].startswith("target: local")
    assert found.err.splitlines()[-1].endswith("show done")


def test_credentials_are_named_with_their_end_and_never_shown(
    lockstep: Command, project: Path, certificate: str
) -> None:
    set_app(project, "provisioning", {"certificates": certificate})
    set_app(project, "connex-api", {"federatedCredentials": [FEDERATED]})
    assert lockstep("up", "--using", "rehearsal").code == 0
    apps = apps_of(lockstep("show", "--json").document)
    held = apps["Atlas.ConneX Provisioning"]["credentials"]
    assert [each["kind"] for each in held] == ["certificate"]
    assert held[0]["expires"].endswith("Z")
    assert len(held[0]["name"]) == 40  # the thumbprint
    federated = apps["Atlas.ConneX API"]["credentials"]
    assert federated == [{"kind": "federated", "name": "atlas-prod: repo:x of https://issuer.example", "expires": None}]
    body = certificate.splitlines()[1]
    for form in ("--json",), ("--markdown", "-"), ():
        assert body not in lockstep("show", *form).out


def test_what_an_administrator_has_still_to_do_is_on_the_sheet(lockstep: Command, project: Path) -> None:
    set_app(project, "provisioning", {"consents": "by-admin"})
    assert lockstep("up", "--using", "rehearsal").code == 1
    row = apps_of(lockstep("show", "--json").document)["Atlas.ConneX Provisioning"]
    assert (row["consented"], row["wanted"]) == (0, 14)
    assert f"adminconsent?client_id={row['clientId']}" in row["awaiting"]
    assert "waiting for an administrator: Atlas.ConneX Provisioning: 14 consents to give" in lockstep("show").out


def test_nothing_deployed_is_said(lockstep: Command) -> None:
    refused = lockstep("show")
    assert refused.code == 1
    assert "stack dev: nothing is deployed yet" in refused.err
    assert refused.out == ""


def _real_stack(project: Path, path: Path, monkeypatch: pytest.MonkeyPatch, deployment: Path) -> None:
    """A stack with a real target, and a program `pulumi` that knows the one command it may be asked for."""
    text = (REPOSITORY / "Pulumi.prod.yaml.example").read_text(encoding="utf-8")
    (project / "Pulumi.prod.yaml").write_text(text, encoding="utf-8")
    path.mkdir()
    program = path / "pulumi"
    wanted = "stack export --stack prod --non-interactive"
    program.write_text(f'#!/bin/sh\n[ "$*" = "{wanted}" ] && exec cat {deployment}\necho "error: $*" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")


def test_a_real_stack_is_read_from_its_state_with_portal_addresses(
    lockstep: Command, project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    folder = tmp_path_factory.mktemp("bin")
    shutil.copy(project / ".lockstep" / "dev" / "state.json", folder / "state.json")
    _real_stack(project, folder / "bin", monkeypatch, folder / "state.json")
    found = lockstep("show", "--stack", "prod", "--json")
    assert found.code == 0, found.err
    assert found.document["authority"] == f"https://login.microsoftonline.com/{REAL}"
    row = apps_of(found.document)["Atlas.ConneX API"]
    start = "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~"
    assert row["portal"]["credentials"] == f"{start}/Credentials/appId/{row['clientId']}"
    assert row["servicePrincipalId"] in row["portal"]["consents"]
    monkeypatch.setenv("ARM_ENVIRONMENT", "usgovernment")
    there = lockstep("show", "--stack", "prod", "--json").document
    assert there["authority"].startswith("https://login.microsoftonline.us/")
    assert apps_of(there)["Atera"]["portal"]["consents"].startswith("https://entra.microsoft.us/#view/")


def test_a_real_stack_without_pulumi_is_refused(
    lockstep: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (REPOSITORY / "Pulumi.prod.yaml.example").read_text(encoding="utf-8")
    (project / "Pulumi.prod.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PATH", "/nowhere")
    refused = lockstep("show", "--stack", "prod")
    assert refused.code == 2
    assert "pulumi is not on PATH" in refused.err
