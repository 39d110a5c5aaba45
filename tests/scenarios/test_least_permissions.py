"""The least Graph permissions: exactly these are enough, each of them is needed, and the refusal says which one is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from lockstep.directory.retry import Waiting
from lockstep.emulator import Emulator
from lockstep.rehearsal import Rehearsal, Result, local_plugins
from lockstep.settings.stack_file import read_stack_file
from tests.emulator.callers import caller
from tests.emulator.client import Client
from tests.scenarios.estate import ENV, ROOT, Estate, held
from tests.vendors import ATERA_CLIENT_ID

PREVIEW = ("Directory.Read.All",)
DEPLOY = (
    "Application.ReadWrite.OwnedBy",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
)
FIRST = ("Application.ReadWrite.All", *DEPLOY[1:])
"""What creates the service principal of a vendor's own application, which is in another tenant, too."""


def run_as(emulator: Emulator, permissions: Iterable[str], verb: str, state: Path | None = None) -> Result:
    """Run the unmodified program as an application with exactly these permissions."""
    with Client(emulator) as client:
        who = caller(client, permissions)
    emulator.enforce_permissions = True
    emulator.log.clear()
    emulator.clock.stop()
    waiting = Waiting(clock=emulator.clock, sleep=emulator.clock.sleep)
    env = {**ENV, "ARM_CLIENT_ID": who["appId"], "ARM_CLIENT_SECRET": who["secret"]}
    plugins = local_plugins(lambda: httpx.ASGITransport(app=emulator.app), env, waiting)
    config = read_stack_file(ROOT / "Pulumi.dev.yaml").config
    result = getattr(Rehearsal(ROOT, "dev", config, plugins=plugins, state=state), verb)()
    assert isinstance(result, Result)
    return result


def errors(result: Result) -> str:
    return " ".join(entry.message for entry in result.diagnostics if entry.severity == "error")


def added_by_an_administrator(emulator: Emulator) -> None:
    """Add the vendor's own application as an administrator does: its service principal, without any consent."""
    emulator.tenant.principals.create({"appId": ATERA_CLIENT_ID})


def test_deploy_set_is_enough_where_the_vendors_own_application_is_there(entra: Emulator) -> None:
    added_by_an_administrator(entra)
    result = run_as(entra, DEPLOY, "up")
    assert (result.exit_code, errors(result)) == (0, "")
    assert not [entry for entry in entra.log if entry["status"] == 403]


def test_b2_the_set_for_a_first_tenant_is_enough(entra: Emulator) -> None:
    result = run_as(entra, FIRST, "up")
    assert (result.exit_code, errors(result)) == (0, "")
    assert not [entry for entry in entra.log if entry["status"] == 403]


def test_b2_deploy_set_does_not_add_a_vendors_own_application_and_says_what_does(entra: Emulator) -> None:
    result = run_as(entra, DEPLOY, "up")
    assert result.exit_code != 0
    said = errors(result)
    assert "backing application" in said
    assert f"az ad sp create --id {ATERA_CLIENT_ID}" in said
    assert "Application.ReadWrite.All" in said
    assert said.count("to fix:") == 1


@pytest.mark.parametrize(
    ("permissions", "there", "warned"),
    [
        ((*PREVIEW, *DEPLOY), False, True),
        ((*PREVIEW, *DEPLOY), True, False),
        (FIRST, False, False),
        (PREVIEW, False, False),
    ],
)
def test_b2_preview_of_who_deploys_says_what_would_be_refused(
    entra: Emulator, permissions: tuple[str, ...], there: bool, warned: bool
) -> None:
    if there:
        added_by_an_administrator(entra)
    result = run_as(entra, permissions, "preview")
    assert (result.exit_code, errors(result)) == (0, "")
    said = [entry.message for entry in result.diagnostics if entry.severity == "warning"]
    assert any("az ad sp create" in text for text in said) is warned


@pytest.mark.parametrize("missing", DEPLOY)
def test_deploy_set_without_one_of_them_is_refused_by_name(entra: Emulator, missing: str) -> None:
    added_by_an_administrator(entra)
    result = run_as(entra, [name for name in DEPLOY if name != missing], "up")
    assert result.exit_code != 0
    assert "Insufficient privileges" in errors(result)
    assert missing in errors(result)


@pytest.mark.parametrize("deployed", [False, True])
def test_preview_set_is_enough_and_writes_nothing(entra: Emulator, tmp_path: Path, deployed: bool) -> None:
    state = tmp_path / "state.json"
    if deployed:
        Estate(entra, state=state).up()
    before = held(entra)
    result = run_as(entra, PREVIEW, "preview", state)
    assert (result.exit_code, errors(result)) == (0, "")
    assert result.changed is not deployed
    assert not [entry for entry in entra.log if entry["write"] or entry["status"] == 403]
    assert held(entra)["oauth2PermissionGrants"] == before["oauth2PermissionGrants"]


@pytest.mark.parametrize("instead", [(), ("Application.Read.All",), ("RoleManagement.Read.Directory",)])
def test_less_than_the_preview_set_is_refused_by_name(entra: Emulator, instead: tuple[str, ...]) -> None:
    result = run_as(entra, instead, "preview")
    assert result.exit_code != 0
    assert "Directory.Read.All" in errors(result)


def test_preview_set_can_write_nothing(entra: Emulator) -> None:
    before = held(entra)["oauth2PermissionGrants"]
    result = run_as(entra, PREVIEW, "up")
    assert result.exit_code != 0
    assert held(entra)["oauth2PermissionGrants"] == before
    assert {app["displayName"] for app in held(entra)["applications"]} == {"Lockstep deployer", "Caller"}


def test_documents_name_these_sets() -> None:
    page = Path(ROOT / "docs" / "emulator.md").read_text("utf-8").partition("## Least permissions")[2]
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith("|")}
    for verb, wanted in (("preview", PREVIEW), ("up", DEPLOY), ("first up", FIRST)):
        row = next(line for head, line in rows.items() if head.startswith(verb))
        assert [word.strip() for word in row.split("|")[2].split(",")] == sorted(wanted)
