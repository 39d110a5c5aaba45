"""What `lockstep adopt` promises: a disabled scope that comes back, and no consents that are an administrator's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.command.conftest import Command, set_app
from tests.command.test_adopt import API, PROVISIONING, emulator, names, rows
from tests.provider.harness import Tenant
from tests.scenarios.drift import application, exposed_scope_disabled

SCOPE = "Workspaces.FullControl.All"


def test_disabled_scope_is_said_to_be_enabled_and_is_with_its_id(project: Path, lockstep: Command) -> None:
    async def disable() -> object:
        with emulator(project) as tenant:
            hands = Tenant(tenant)
            await exposed_scope_disabled(hands)
            return next(s["id"] for s in (await scopes(hands)) if s["value"] == SCOPE)

    async def scopes(hands: Tenant) -> list[dict[str, object]]:
        return list((await application(hands, API))["api"]["oauth2PermissionScopes"])

    async def now() -> dict[object, object]:
        with emulator(project) as tenant:
            return {each["id"]: each["isEnabled"] for each in await scopes(Tenant(tenant)) if each["value"] == SCOPE}

    ident = asyncio.run(disable())
    assert asyncio.run(now()) == {ident: False}
    said = lockstep("adopt").out
    assert f"~ exposed scope {SCOPE}: disabled, up enables it; its id stays" in said
    done = lockstep("adopt", "--write", "--json")
    assert done.code == 0, done.err
    found = rows(done.document)
    assert {key: row["enablesScopes"] for key, row in found.items() if row["enablesScopes"]} == {"connex-api": [SCOPE]}
    assert asyncio.run(now()) == {ident: False}
    assert lockstep("up").code == 0
    assert asyncio.run(now()) == {ident: True}
    assert "exposed scope" not in lockstep("adopt").out


def test_consents_of_an_administrator_are_not_promised(project: Path, lockstep: Command) -> None:
    emulator(project).close()
    managed = rows(lockstep("adopt", "--json").document)
    for key in ("connex-api", "provisioning", "spfx"):
        set_app(project, key, {"consents": "by-admin"})
    shared = "SharePoint Online Web Client Extensibility"
    done = lockstep("adopt", "--claim", "--json")
    assert done.code == 0, done.err
    found = rows(done.document)
    for key in ("connex-api", "provisioning", shared):
        before, after = managed[key]["consented"], found[key]["consented"]
        assert (before["by"], after["by"]) == ("stack", "administrator")
        assert after["added"] == after["removed"] == before["toGive"] == before["toTakeBack"] == []
        assert names(after["toGive"]) == names(before["added"]) != set()
        assert names(after["toTakeBack"]) == names(before["removed"])
        assert found[key]["configured"] == managed[key]["configured"]
    assert found[shared]["claimed"] == []
    assert found["workspaces-sync"]["consented"] == managed["workspaces-sync"]["consented"]
    lines = lockstep("adopt").out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{PROVISIONING}:"))
    of_app = lines[start : start + 12]
    consented = next(number for number, line in enumerate(of_app) if line.startswith("  consented:"))
    configured, consented_lines = of_app[:consented], of_app[consented:]
    gone = "- Microsoft Graph · application · Directory.ReadWrite.All"
    assert f"    {gone}" in configured
    assert f"    {gone} (for an administrator to take back)" in consented_lines
    assert any("TermStore.ReadWrite.All (for an administrator to give)" in line for line in consented_lines)
    assert lockstep("adopt", "--write").code == 0
    up = lockstep("up", "--json")
    assert up.code == 1
    assert "an administrator has to act" in up.out + up.err
    after = rows(lockstep("adopt", "--json").document)
    assert after["provisioning"]["consented"] == found["provisioning"]["consented"]
    assert after["provisioning"]["configured"]["added"] == after["provisioning"]["configured"]["removed"] == []
