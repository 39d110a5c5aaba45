"""`lockstep up` and its companions by rehearsal: what a deployment engineer sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command.conftest import Command

REHEARSE = ("--using", "rehearsal")


def _snapshot(lockstep: Command) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(lockstep("emulator", "snapshot").out)
    return found


def test_up_deploys_everything_and_the_second_changes_nothing(lockstep: Command) -> None:
    first = lockstep("up", *REHEARSE, "--json")
    assert first.code == 0, first.err
    document = first.document
    assert document["verification"]["agrees"]
    assert document["exitCode"] == 0
    assert document["writes"] > 0
    consents = [step for step in document["steps"] if step["type"] == "entraconsent:index:AdminConsent"]
    assert {step["op"] for step in consents} == {"create"}
    atera = next(step for step in consents if step["name"] == "Atera")
    assert len(atera["added"]) == 27
    assert atera["removed"] == atera["kept"] == []
    assert all(entry["api"] and entry["type"] and entry["value"] and entry["id"] for entry in atera["added"])

    second = lockstep("up", *REHEARSE)
    assert second.code == 0
    assert "no changes" in second.out
    assert " 0 writes" in second.out
    assert second.err.splitlines()[0].startswith("target: local (emulator ")
    assert second.out.splitlines()[-1].startswith("target: local (emulator ")
    assert "Atlas.ConneX Provisioning" in second.out

    kept = lockstep("preview", *REHEARSE, "--json", "--expect-no-changes").document
    assert kept["noChanges"]
    assert kept["writes"] == 0
    atera = next(step for step in kept["steps"] if step["name"] == "Atera" and "kept" in step)
    assert len(atera["kept"]) == 27


def test_destroy_returns_the_emulator_to_what_it_was(lockstep: Command) -> None:
    before = _snapshot(lockstep)
    assert lockstep("up", *REHEARSE).code == 0
    assert _snapshot(lockstep)["applications"] != before["applications"]
    assert lockstep("destroy", *REHEARSE).code == 0
    after = _snapshot(lockstep)
    assert after.pop("deletedItems") != before.pop("deletedItems")
    assert after == before


def test_preview_names_every_permission_and_writes_nothing(lockstep: Command) -> None:
    shown = lockstep("preview", *REHEARSE)
    assert shown.code == 0
    assert "+ Microsoft Graph · application · Sites.Read.All" in shown.out
    assert " 0 writes" in shown.out


def test_up_expecting_no_changes_writes_nothing(lockstep: Command, project: Path) -> None:
    refused = lockstep("up", *REHEARSE, "--expect-no-changes", "--json")
    assert refused.code == 1
    assert "--expect-no-changes" in refused.document["error"]
    assert not (project / ".lockstep" / "dev" / "state.json").exists()


def test_up_on_existing_apps_changes_nothing_and_names_each(lockstep: Command) -> None:
    lockstep("emulator", "reset", "--profile", "brownfield")
    before = _snapshot(lockstep)
    refused = lockstep("up", *REHEARSE)
    assert refused.code == 1
    errors = [line for line in refused.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    for app in before["applications"]:
        ours = app["displayName"] in ("Atlas.ConneX API", "Atlas.ConneX Provisioning", "Atlas.ConneX Workspaces Sync")
        assert (str(app["appId"]) in errors[0]) is ours
    assert "lockstep adopt" in errors[0]
    assert _snapshot(lockstep) == before


@pytest.mark.parametrize(
    ("profile", "states"),
    [
        ("legacy-spfx", {"new": "absent", "old": "present"}),
        ("both-spfx", {"new": "present", "old": "present"}),
    ],
)
def test_up_serves_each_profile(lockstep: Command, profile: str, states: dict[str, str]) -> None:
    done = lockstep("up", *REHEARSE, "--profile", profile, "--json")
    assert done.code == 0, done.err
    shared = [row for row in done.document["verification"]["apps"] if row["mode"] == "additive"]
    assert [row["state"] for row in shared] == [states["new"], states["old"]]


def test_up_without_any_sharepoint_principal_deploys_the_rest_and_ends_with_1(lockstep: Command) -> None:
    done = lockstep("up", *REHEARSE, "--profile", "no-spfx", "--json")
    assert done.code == 1
    made = {app["displayName"] for app in _snapshot(lockstep)["applications"]}
    assert "Atlas.ConneX API" in made


def test_a_profile_is_refused_for_an_emulator_that_has_another(lockstep: Command) -> None:
    lockstep("emulator", "reset", "--profile", "both-spfx")
    refused = lockstep("up", *REHEARSE, "--profile", "fresh")
    assert refused.code == 2
    assert "lockstep emulator reset --profile fresh" in refused.err


def test_verification_sees_what_somebody_else_changed(lockstep: Command, project: Path) -> None:
    from lockstep.emulator import Emulator

    assert lockstep("up", *REHEARSE).code == 0
    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        store = emulator.tenant.store
        with store.transaction():
            atera = store["servicePrincipals"].by("displayName", "Atera")[0]
            store.remove("appRoleAssignments", store["appRoleAssignments"].by("principalId", atera["id"])[0]["id"])
    drifted = lockstep("up", *REHEARSE, "--json")
    assert drifted.code == 1
    assert not drifted.document["verification"]["agrees"]
    assert "not consented" in drifted.err
    assert lockstep("refresh", *REHEARSE).code == 0
    assert lockstep("up", *REHEARSE).code == 0


def test_rehearsing_a_real_target_leaves_it_alone(lockstep: Command, project: Path) -> None:
    example = Path(__file__).parent.parent.parent / "Pulumi.prod.yaml.example"
    (project / "Pulumi.prod.yaml").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    refused = lockstep("up", "--stack", "prod")
    assert refused.code == 2
    assert "`pulumi up --stack prod`" in refused.err
    assert not (project / ".lockstep").exists()
    done = lockstep("up", "--stack", "prod", "--rehearse", *REHEARSE, "--json")
    assert done.code == 0, done.err
    assert done.document["target"]["rehearses"] == "99999999-9999-4999-8999-999999999999"
