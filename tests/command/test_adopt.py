"""`lockstep adopt` and `restore` as a user runs them: read, choose, write, import; and the tenant is only read."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.emulator import Emulator
from tests.command.conftest import REPOSITORY, Command, set_setting
from tests.provider.harness import Tenant

API, PROVISIONING, SYNC = "Atlas.ConneX API", "Atlas.ConneX Provisioning", "Atlas.ConneX Workspaces Sync"
REAL = "99999999-9999-4999-8999-999999999999"


def emulator(project: Path, stack: str = "dev", profile: str = "brownfield") -> Emulator:
    folder = project / ".lockstep" / stack
    folder.mkdir(parents=True, exist_ok=True)
    return Emulator.open(folder / "emulator.sqlite", profile=profile)


def rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"] if row["mode"] == "additive" else row["app"]: row for row in document["apps"]}


def names(entries: list[dict[str, str]]) -> set[str]:
    return {f"{entry['api']}/{entry['type']}/{entry['value']}" for entry in entries}


@pytest.fixture
def brownfield(project: Path) -> Path:
    emulator(project).close()
    return project


def test_adopt_shows_the_difference_by_name_and_changes_nothing(brownfield: Path, lockstep: Command) -> None:
    before = (brownfield / "Pulumi.dev.yaml").read_bytes()
    done = lockstep("adopt", "--json")
    assert done.code == 0, done.err
    found = rows(done.document)
    assert {key: row["state"] for key, row in found.items() if row["app"] in ("api-client", "pnp")} == {
        "api-client": "absent",
        "pnp": "absent",
    }
    api = found["connex-api"]
    assert api["found"] == "by name"
    assert names(api["consented"]["added"]) == {"Microsoft Graph/delegated/Group.ReadWrite.All"}
    assert names(api["consented"]["removed"]) == {
        "Microsoft Graph/application/GroupMember.ReadWrite.All",
        "Microsoft Graph/delegated/GroupMember.ReadWrite.All",
    }
    assert names(found["provisioning"]["configured"]["removed"]) == {
        "Microsoft Graph/application/Directory.ReadWrite.All"
    }
    assert [each["name"] for each in found["provisioning"]["candidates"]] == [
        "Atlas ConneX Provisioning",
        "Atlas.ConneX Provisioning Test",
    ]
    assert names(found["atera"]["consented"]["removed"]) == set()
    assert "Microsoft Graph/delegated/openid" in names(found["atera"]["consented"]["tolerated"])
    assert "Contoso Intranet API/delegated/News.Read" in names(
        found["SharePoint Online Web Client Extensibility"]["consented"]["foreign"]
    )
    assert (brownfield / "Pulumi.dev.yaml").read_bytes() == before
    assert not (brownfield / ".lockstep/dev/state.json").exists()
    with emulator(brownfield) as tenant:
        assert not [entry for entry in tenant.log if entry.get("write")]


def test_adopt_write_then_up_reaches_what_is_documented_and_a_second_run_has_nothing_to_do(
    brownfield: Path, lockstep: Command
) -> None:
    shutil.copytree(REPOSITORY / "policy", brownfield / "policy")  # the pack judges what was adopted, too
    with emulator(brownfield) as tenant:
        before = tenant.snapshot()
    done = lockstep("adopt", "--write", "--json")
    assert done.code == 0, done.err
    assert done.document["writes"] == 0
    assert len(done.document["imported"]) == 15
    with emulator(brownfield) as tenant:
        assert tenant.snapshot() == before
    text = (brownfield / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Everything that both vendors document")
    assert "encryptionsalt: v1:" in text
    preview = lockstep("preview", "--json")
    assert preview.code == 0, preview.err
    steps = {(step["type"].split(":")[-1], step["name"]): step for step in preview.document["steps"]}
    assert {step["op"] for step in steps.values()} <= {"create", "update", "same"}
    assert steps["Application", API]["op"] == "update"
    assert names(steps["AdminConsent", PROVISIONING]["removed"]) == {
        "Microsoft Graph/application/Directory.ReadWrite.All"
    }
    assert not steps["AdminConsent", "Atera"]["removed"]
    up = lockstep("up", "--json")
    assert up.code == 0, up.err
    assert up.document["verification"]["agrees"]
    assert lockstep("preview", "--expect-no-changes").code == 0
    again = lockstep("adopt", "--write", "--json")
    assert again.code == 0, again.err
    assert again.document["written"] == {"settings": None, "document": None}
    assert all(row["managed"] for row in rows(again.document).values() if row["applicationId"])


def test_two_of_one_name_are_refused_until_one_is_chosen(brownfield: Path, lockstep: Command) -> None:
    async def double() -> str:
        with emulator(brownfield) as tenant:
            made = await Tenant(tenant).call("POST", "/applications", {"displayName": API})
            return str(made["id"])

    other = asyncio.run(double())
    before = (brownfield / "Pulumi.dev.yaml").read_bytes()
    refused = lockstep("adopt", "--write", "--json")
    assert refused.code == 1
    assert "could be any of these" in refused.document["error"]
    assert other in refused.document["error"]
    assert (brownfield / "Pulumi.dev.yaml").read_bytes() == before
    mine = rows(refused.document)["connex-api"]["candidates"][0]["applicationId"]
    chosen = lockstep("adopt", "--write", "--app", f"connex-api={mine}", "--json")
    assert chosen.code == 0, chosen.err
    assert lockstep("up").code == 0
    assert lockstep("preview", "--expect-no-changes").code == 0


def test_claim_takes_over_what_somebody_granted(brownfield: Path, lockstep: Command) -> None:
    set_setting(brownfield, "  lockstep:vendors: [atlas, atera]\n", "  lockstep:vendors: [atlas]\n")
    set_setting(brownfield, "{atlas: current, atera: current}", "{atlas: current}")
    done = lockstep("adopt", "--write", "--claim", "--json")
    assert done.code == 0, done.err
    stack = yaml.safe_load((brownfield / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    assert stack["config"]["lockstep:apps"]["spfx"] == {"claim": True}
    shared = rows(done.document)["SharePoint Online Web Client Extensibility"]
    assert len(shared["claimed"]) == 14
    assert lockstep("up").code == 0
    assert lockstep("destroy").code == 0
    after = rows(lockstep("adopt", "--json").document)["SharePoint Online Web Client Extensibility"]
    assert names(after["consented"]["kept"]) == {
        "Microsoft Graph/delegated/Files.Read.All",
        "Microsoft Graph/delegated/Sites.Read.All",
    }
    assert names(after["consented"]["foreign"]) == names(shared["consented"]["foreign"])


PINNED = '{atlas: "2025-03-01", atera: "2026-11-22"}'


def real_stack(project: Path) -> Path:
    text = (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    text = text.replace("11111111-1111-4111-8111-111111111111", REAL).replace("target: local", f"target: {REAL}")
    path = project / "Pulumi.prod.yaml"
    path.write_text(text.replace("{atlas: current, atera: current}", PINNED), encoding="utf-8")
    return path


def test_real_stack_is_rehearsed_without_a_word_in_its_file(project: Path, lockstep: Command) -> None:
    path = real_stack(project)
    before = path.read_bytes()
    emulator(project, "prod").close()
    done = lockstep("adopt", "--stack", "prod", "--rehearse", "--write", "--json")
    assert done.code == 0, done.err
    assert path.read_bytes() == before
    assert set(json.loads((project / ".lockstep/prod/adopted.json").read_text())) == {
        "connex-api",
        "provisioning",
        "workspaces-sync",
    }
    up = lockstep("up", "--stack", "prod", "--rehearse", "--json")
    assert up.code == 0, up.err
    assert lockstep("preview", "--stack", "prod", "--rehearse", "--expect-no-changes").code == 0


def test_real_stack_without_a_sign_in_is_refused_and_nothing_is_written(project: Path, lockstep: Command) -> None:
    path = real_stack(project)
    before = path.read_bytes()
    done = lockstep("adopt", "--stack", "prod", "--write")
    assert done.code == 3, done.err
    assert f"target: tenant {REAL}" in done.err
    assert path.read_bytes() == before


def test_word_of_app_that_is_no_choice_is_refused(project: Path, lockstep: Command) -> None:
    for word, says in (("connex-api", "is not of the form KEY=OBJECT_ID"), ("connex=1", "did you mean 'connex-api'")):
        done = lockstep("adopt", "--app", word)
        assert (done.code, says in done.err) == (2, True), done.err


def test_deleted_app_comes_back_with_its_ids_and_its_principal(project: Path, lockstep: Command) -> None:
    emulator(project, profile="fresh").close()
    assert lockstep("up").code == 0

    def state() -> dict[str, Any]:
        with emulator(project) as tenant:
            snapshot = tenant.snapshot()
        (app,) = [each for each in snapshot["applications"] if each["displayName"] == PROVISIONING]
        (principal,) = [each for each in snapshot["servicePrincipals"] if each["appId"] == app["appId"]]
        return {"application": app["id"], "clientId": app["appId"], "principal": principal["id"]}

    async def delete(ident: str) -> None:
        with emulator(project) as tenant:
            await Tenant(tenant).call("DELETE", f"/applications/{ident}")

    before = state()
    refused = lockstep("restore", "provisioning")
    assert (refused.code, "is in the tenant" in refused.err) == (1, True), refused.err
    asyncio.run(delete(before["application"]))
    seen = lockstep("adopt", "--json")
    assert rows(seen.document)["provisioning"]["deleted"][0]["applicationId"] == before["application"]
    done = lockstep("restore", "provisioning", "--json")
    assert done.code == 0, done.err
    assert {key: done.document[key] for key in before} == before
    assert state() == before
    healed = lockstep("refresh", "--json")
    assert healed.code == 0, healed.err
    assert lockstep("up", "--json").document["verification"]["agrees"]
    assert state() == before
    assert lockstep("preview", "--expect-no-changes").code == 0


def test_restored_app_that_the_state_has_lost_is_adopted(project: Path, lockstep: Command) -> None:
    emulator(project, profile="fresh").close()
    set_setting(project, "  lockstep:vendors: [atlas, atera]\n", "  lockstep:vendors: [atlas]\n")
    assert lockstep("up").code == 0
    assert lockstep("destroy").code == 0
    refused = lockstep("adopt")
    assert refused.code == 1
    for key in ("connex-api", "provisioning", "workspaces-sync", "api-client", "pnp"):
        assert f"lockstep restore {key}" in refused.err
        assert lockstep("restore", key).code == 0
    done = lockstep("adopt", "--write", "--json")
    assert done.code == 0, done.err
    assert lockstep("up", "--json").document["verification"]["agrees"]


def test_restore_takes_no_other_object_of_the_bin_for_an_application(project: Path, lockstep: Command) -> None:
    emulator(project, profile="fresh").close()
    assert lockstep("up").code == 0
    assert lockstep("destroy").code == 0
    tenant = emulator(project)
    deleted = next(iter(tenant.tenant.store["users"].rows))
    asyncio.run(Tenant(tenant).call("DELETE", f"/users/{deleted}"))
    tenant.close()
    refused = lockstep("restore", f"provisioning={deleted}")
    assert refused.code == 1
    assert f"{deleted} is not among the deleted applications" in refused.err


def test_a_client_id_of_a_vendor_that_is_not_deployed_stays_out_of_a_rehearsal(
    project: Path, lockstep: Command
) -> None:
    path = real_stack(project)
    path.write_text(path.read_text("utf-8").replace("[atlas, atera]", "[atlas]"), encoding="utf-8")
    done = lockstep("preview", "--stack", "prod", "--rehearse", "--json")
    assert done.code == 0, done.err


def test_what_a_rehearsed_adoption_wrote_in_the_former_form_is_taken_over(project: Path, lockstep: Command) -> None:
    real_stack(project)
    kept = project / ".lockstep/prod/adopted.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"adopted": {"pnp": {"displayName": "Our PnP"}}, "claim": True}), encoding="utf-8")
    assert lockstep("preview", "--stack", "prod", "--rehearse", "--json").code == 0
    assert json.loads(kept.read_text("utf-8")) == {
        "pnp": {"adopted": {"displayName": "Our PnP"}},
        "spfx": {"claim": True},
    }
