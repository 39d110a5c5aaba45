"""What a customer decides, under the real engine: withheld permissions, and consents that an administrator gives."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from lockstep.catalogue import CURRENT, load
from lockstep.emulator import Emulator
from lockstep.local.state import LocalState
from tests.cli.conftest import Program
from tests.command.conftest import set_app
from tests.provider.harness import Tenant
from tests.scenarios.estate import consents, documented, principal

WITHHELD = [{"permission": "Mail.Send", "reason": "No reports by mail", "by": "Review 7"}]


def _give(project: Path, name: str, app: str) -> None:
    """Give an application everything that is documented for it, as an administrator would."""

    async def give(emulator: Emulator) -> None:
        client = principal(emulator, name=name)["id"]
        for api, type_, value in sorted(documented(emulator, "atlas", load().dates("atlas")[-1], app)):
            await (Tenant(emulator).grant if type_ == "delegated" else Tenant(emulator).assign)(client, api, value)

    emulator = Emulator.open(LocalState.of(project, "dev").emulator)
    try:
        asyncio.run(give(emulator))
    finally:
        emulator.close()


def test_withheld_is_named_in_the_preview_and_given_by_nothing(lockstep: Program, project: Path) -> None:
    set_app(project, "connex-api", {"withhold": WITHHELD})
    previewed = json.loads(lockstep("preview", "--using", "pulumi", "--json").stdout)
    said = " ".join(each["message"] for each in previewed["diagnostics"])
    purpose = next(
        each.purpose
        for each in load().edition_as_of("atlas", CURRENT).app("connex-api").permissions
        if each.name == "Mail.Send"
    )
    assert "withheld: Atlas.ConneX API: Microsoft Graph · delegated · Mail.Send (No reports by mail; Review 7)" in said
    assert f"lost with it: {purpose}" in said
    made = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
    assert made["exitCode"] == 0, made
    row = next(row for row in made["verification"]["apps"] if row["app"] == "connex-api")
    assert (row["configured"], row["consented"], row["documented"]) == (14, 14, 14)


def test_by_admin_waits_until_the_consents_are_there(lockstep: Program, project: Path) -> None:
    for key in ("provisioning", "workspaces-sync"):
        set_app(project, key, {"consents": "by-admin"})
    waiting = lockstep("up", "--using", "pulumi", "--json")
    assert waiting.returncode == 1, waiting.stderr
    errors = [each["message"] for each in json.loads(waiting.stdout)["diagnostics"] if each["severity"] == "error"]
    said = next(text for text in errors if "not finished" in text)
    assert said.count("/adminconsent?client_id=") == 2
    assert "Traceback" not in waiting.stderr + waiting.stdout
    names = {"provisioning": "Atlas.ConneX Provisioning", "workspaces-sync": "Atlas.ConneX Workspaces Sync"}
    for app, name in names.items():
        _give(project, name, app)
    done = lockstep("up", "--using", "pulumi", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["verification"]["agrees"]
    assert document["changes"].get("update") == 2
    rested = json.loads(lockstep("up", "--using", "rehearsal", "--json").stdout)
    assert rested["noChanges"]
    assert rested["writes"] == 0
    assert lockstep("destroy", "--using", "pulumi").returncode == 0


def test_consents_of_the_administrator_are_read_from_the_tenant(lockstep: Program, project: Path) -> None:
    """The address names the sign-in of the cloud in use, and the application that this run made."""
    set_app(project, "provisioning", {"consents": "by-admin"})
    waiting = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
    emulator = Emulator.open(LocalState.of(project, "dev").emulator)
    client = principal(emulator, name="Atlas.ConneX Provisioning")
    said = " ".join(each["message"] for each in waiting["diagnostics"])
    assert f"/adminconsent?client_id={client['appId']} and accept" in said
    assert consents(emulator, client["id"]) == set()
    emulator.close()
