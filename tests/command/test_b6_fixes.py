"""Every fix that an audit prints is followed to its end, as it is printed, and then the finding is gone.

Fault B6: an `up` alone compares with the state, and does not see what somebody changed by hand. Here everything is
changed by hand that an audit has a rule for, the commands of the fixes are typed, and the audit is asked again. What a
fix leaves to a person is done by the tests' own hands, as the fix says it.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lockstep.cli import run
from lockstep.emulator import Clock, Emulator
from tests.command.conftest import PROGRAM, REPOSITORY, Command, Outcome, set_app, set_setting
from tests.command.test_adopt import real_stack
from tests.provider.harness import Tenant

COMMAND = re.compile(r"`lockstep ([^`]*)`")
GRAPH = "00000003-0000-0000-c000-000000000000"
API, PROVISIONING, SYNC, ATERA = (
    "Atlas.ConneX API",
    "Atlas.ConneX Provisioning",
    "Atlas.ConneX Workspaces Sync",
    "Atera",
)
SPFX = "SharePoint Online Web Client Extensibility"
PORTAL = "Microsoft Entra admin center > Enterprise applications"
Finding = dict[str, Any]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose stack is deployed, with the apps of both vendors."""
    folder = tmp_path_factory.mktemp("deployed")
    for name in PROGRAM:
        shutil.copy(REPOSITORY / name, folder / name)
    assert run(("up", "--using", "rehearsal", "--cwd", str(folder))) == 0
    return folder


@pytest.fixture
def project(deployed: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the deployed project, in whose tenant time passes by waiting."""
    shutil.copytree(deployed, project, dirs_exist_ok=True)
    clock, ordinary = Clock(stopped=True), Emulator.open

    def without_waiting(path: Path | None = None, **options: Any) -> Emulator:
        return ordinary(path, **{**options, "clock": clock})

    monkeypatch.setattr(Emulator, "open", without_waiting)
    return project


class Hands:
    """Somebody at work in the tenant, who names everything as the portal does."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator, self.tenant = emulator, Tenant(emulator)

    def app(self, name: str) -> dict[str, Any]:
        (found,) = [each for each in self._emulator.snapshot()["applications"] if each["displayName"] == name]
        return dict(found)

    def principal(self, name: str) -> dict[str, Any]:
        (found,) = [each for each in self._emulator.snapshot()["servicePrincipals"] if each["displayName"] == name]
        return dict(found)

    async def change(self, name: str, body: dict[str, Any]) -> None:
        await self.tenant.call("PATCH", f"/applications/{self.app(name)['id']}", body)

    async def give(self, name: str, scope: str) -> None:
        await self.tenant.grant(self.principal(name)["id"], GRAPH, scope)

    async def take(self, name: str) -> None:
        """Take away every delegated consent of an app for Microsoft Graph."""
        client, graph = self.principal(name)["id"], (await self.tenant.principal(GRAPH))["id"]
        rows = await self.tenant.call("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'")
        for row in rows["value"]:
            if row["resourceId"] == graph:
                await self.tenant.call("DELETE", f"/oauth2PermissionGrants/{row['id']}")


Change = Callable[[Hands], Awaitable[object]]


def by_hand(project: Path, change: Change, stack: str = "dev") -> None:
    """Change the tenant of a stack by hand."""

    async def act() -> None:
        with Emulator.open(project / ".lockstep" / stack / "emulator.sqlite") as emulator:
            await change(Hands(emulator))

    asyncio.run(act())


def audited(lockstep: Command, *words: str) -> list[Finding]:
    """Return the errors of an audit."""
    findings = lockstep("audit", "--json", *(words or ("--stack", "dev"))).document["findings"]
    return [finding for finding in findings if finding["severity"] == "error"]


def follow(lockstep: Command, *fixes: str) -> list[Outcome]:
    """Type the commands of fixes in their order, each once; every one has to succeed."""
    typed: dict[str, Outcome] = {}
    for words in (words for fix in fixes for words in COMMAND.findall(fix)):
        if words not in typed:
            typed[words] = lockstep(*shlex.split(words))
            assert typed[words].code == 0, f"lockstep {words}: {typed[words].err}"
    assert typed, f"no command in {fixes}"
    return list(typed.values())


async def everything(hands: Hands) -> None:
    """Change by hand what each rule of an audit is about, each on an app where it does not hide another one."""
    await hands.give(PROVISIONING, "Mail.ReadWrite.Shared")
    await hands.take(API)
    await hands.change(SYNC, {"requiredResourceAccess": []})
    scopes = hands.app(API)["api"]["oauth2PermissionScopes"]
    await hands.change(API, {"api": {"oauth2PermissionScopes": [{**scope, "isEnabled": False} for scope in scopes]}})
    await hands.take(ATERA)
    await hands.give(ATERA, "Chat.Read")
    await hands.take(SPFX)
    await hands.tenant.call("DELETE", f"/servicePrincipals/{hands.principal('Atlas.PnP App')['id']}")
    await hands.tenant.call("DELETE", f"/applications/{hands.app('Atlas.ConneX API Client')['id']}")


def test_b6_what_was_changed_by_hand_is_put_right_by_what_the_audit_says(lockstep: Command, project: Path) -> None:
    by_hand(project, everything)
    errors = audited(lockstep)
    assert {(finding["rule"], finding["properties"]["app"]) for finding in errors} >= {
        ("permission-extra", "provisioning"),
        ("exposed-scope-changed", "connex-api"),
        ("configured-without-consent", "connex-api"),
        ("consent-without-configuration", "workspaces-sync"),
        ("permission-missing", "atera"),
        ("permission-extra", "atera"),
        ("permission-missing", "spfx"),
        ("principal-missing", "pnp"),
        ("app-missing", "api-client"),
    }
    for finding in errors:
        assert finding["fix"], finding["rule"]
        assert finding["fix"].count("`lockstep up --stack dev`") <= 1
    follow(lockstep, *(finding["fix"] for finding in errors if "restore" not in finding["fix"]))
    assert audited(lockstep) == []


def test_b6_up_that_finds_a_change_by_hand_says_what_puts_it_right(
    lockstep: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another folder, so that each command has to say where the project is."""
    by_hand(project, lambda hands: hands.give(ATERA, "Chat.Read"))
    monkeypatch.chdir(project.parent)
    here = ("--cwd", project.name)
    for words in (("up",), ("audit", "--stack", "dev")):
        seen = lockstep(*words, *here)
        assert seen.code == 1, words
        assert f"`lockstep refresh --stack dev --cwd {project.name}`" in seen.out + seen.err
    follow(lockstep, lockstep("up", *here).err)
    assert lockstep("up", *here, "--expect-no-changes").code == 0
    assert audited(lockstep, "--stack", "dev", *here) == []


def test_b6_what_a_stack_only_reports_is_taken_back_once_it_is_set_to_apply(lockstep: Command, project: Path) -> None:
    report = ("  lockstep:apps:\n", "  lockstep:apps:\n    atera: {removals: report}\n")
    set_setting(project, *report)
    by_hand(project, lambda hands: hands.give(ATERA, "Chat.Read"))
    findings = lockstep("audit", "--stack", "dev", "--json").document["findings"]
    (extra,) = [finding for finding in findings if finding["rule"] == "permission-extra"]
    assert extra["fix"].startswith("`removals: report` leaves it in place: set that to apply, and `lockstep refresh")
    set_setting(project, *reversed(report))
    follow(lockstep, extra["fix"])
    findings = lockstep("audit", "--stack", "dev", "--json").document["findings"]
    assert [finding for finding in findings if finding["rule"] == "permission-extra"] == []


def test_b6_what_is_an_administrators_to_give_is_given_as_the_sheet_says(lockstep: Command, project: Path) -> None:
    held = list[tuple[str, str]]()

    async def take(hands: Hands) -> None:
        held.extend((await hands.tenant.grants(hands.principal(API)["id"])).items())
        await hands.take(API)

    set_app(project, "connex-api", {"consents": "by-admin"})
    by_hand(project, take)
    fixes = {finding["fix"] for finding in audited(lockstep)}
    (fix,) = fixes
    assert fix.startswith(
        "an administrator gives the consent (`consents: by-admin`, so no `up` does) at Microsoft Entra"
    )
    refresh, up, show = COMMAND.findall(fix)
    assert lockstep(*shlex.split(refresh)).code == 0
    waiting = lockstep(*shlex.split(up))
    assert waiting.code == 1
    assert "an administrator has to act" in waiting.err
    assert f"{PORTAL} > {API} > Permissions" in lockstep(*shlex.split(show)).out

    async def give(hands: Hands) -> None:
        graph = (await hands.tenant.principal(GRAPH))["id"]
        await hands.give(API, next(scope for resource, scope in held if resource == graph))

    by_hand(project, give)
    assert lockstep(*shlex.split(up)).code == 0, "as the message of the first one says: the same command again"
    assert audited(lockstep) == []


def test_b6_what_the_stack_withholds_is_taken_back(lockstep: Command, project: Path) -> None:
    set_app(
        project, "workspaces-sync", {"withhold": [{"permission": "Sites.Read.All", "reason": "no need", "by": "Ada"}]}
    )
    fixes = {finding["fix"] for finding in audited(lockstep) if finding["rule"] == "permission-withheld"}
    follow(lockstep, *fixes)
    assert audited(lockstep) == []


def test_b6_stack_with_a_real_target_is_rehearsed_adopted_protected_and_put_right_again(
    lockstep: Command, project: Path
) -> None:
    real_stack(project)
    set_setting(project, "  lockstep:editions:", '  lockstep:protect: "true"\n  lockstep:editions:', "prod")
    words = ("--stack", "prod", "--rehearse")
    state = str(Path(".lockstep", "prod", "emulator.sqlite"))
    assert lockstep("emulator", "reset", "--profile", "drifted", "--state", state).code == 0
    errors = audited(lockstep, *words)
    assert {finding["properties"]["app"] for finding in errors} >= {"connex-api", "atera", "spfx"}
    commands = {command for finding in errors for command in COMMAND.findall(finding["fix"])}
    assert all("--stack prod --rehearse" in command for command in commands), commands
    first = sorted((finding["fix"] for finding in errors), key=lambda fix: "adopt" not in fix)
    follow(lockstep, *(fix for text in first for fix in _adoption_first(text)))
    assert audited(lockstep, *words) == []
    by_hand(project, lambda hands: hands.give(PROVISIONING, "Mail.ReadWrite.Shared"), "prod")
    follow(lockstep, *(finding["fix"] for finding in audited(lockstep, *words)))
    assert audited(lockstep, *words) == []


def _adoption_first(fix: str) -> list[str]:
    """Return the parts of a fix, one that "has to be adopted first" before the rest."""
    rest, _, first = fix.partition("; an app that was made by hand has to be adopted first: ")
    return [first, rest]
