"""What somebody might try in a pull request: each ends the gate with 1, and a finding at the line that did it."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from pytest_mock import MockerFixture

from lockstep.cli import run
from lockstep.errors import UsageError
from tests.gate.pulls import Pull, git

ESTATE, REGISTRATION = "lockstep/program.py", "lockstep/components/app_registration.py"
PACK = "lockstep/policy/rules.py"
MAIL = "e2a3a72e-5f79-4c64-b1b1-878b674786c9"  # Microsoft Graph · application · Mail.ReadWrite
GRAPH = "00000003-0000-0000-c000-000000000000"
STRANGER = "12121212-3434-4565-8787-909090909090"

BARE = f"""
import pulumi
import pulumi_azuread as azuread

ID = "{STRANGER}"
azuread.AppRoleAssignment("a", app_role_id="{MAIL}", principal_object_id=ID, resource_object_id=ID)
azuread.ServicePrincipalDelegatedPermissionGrant("b", claim_values=["Mail.Read"],
    resource_service_principal_object_id=ID, service_principal_object_id=ID)
azuread.ApplicationApiAccess("c", api_client_id="{GRAPH}", application_id=f"/applications/{{ID}}", role_ids=["{MAIL}"])
azuread.ApplicationPreAuthorized("d", application_id=f"/applications/{{ID}}", authorized_client_id=ID,
    permission_ids=["{MAIL}"])
azuread.DirectoryRoleAssignment("e", role_id=ID, principal_object_id=ID)
azuread.ServicePrincipal("f", client_id="{GRAPH}", use_existing=True)
azuread.ApplicationOwner("g", application_id=f"/applications/{{ID}}", owner_object_id=ID)
azuread.GroupMember("h", group_object_id=ID, member_object_id=ID)

"""


@pytest.mark.usefixtures("library")
def test_an_unchanged_tree_passes_and_says_what_it_checked(pull: Pull) -> None:
    verdict = pull.judge(hand_over=True)
    assert verdict.code == 0
    assert verdict.document["checked"] == {"permissions": 84, "apps": 7, "stacks": 1}
    assert verdict.document["digest"] is None
    assert verdict.errors == set()


_HANDING_OVER = """
import sys
from lockstep.cli import run
from lockstep.gate import gating

loaded = set()
gating._hand_over = lambda options, base: loaded.update(sys.modules) or 0
code = run(sys.argv[1:])
print(code, [*loaded & {"pulumi", "httpx", "lockstep.gate.run"}], [*sys.modules.keys() - loaded])
"""


def test_i14_whoever_hands_over_loads_neither_pulumi_nor_the_judge_and_nothing_afterwards(pull: Pull) -> None:
    pull.write("Makefile", "# a guarded file, which a judge that was kept from its work would let pass\n")
    words = ["gate", "--base", "main", "--stack", "dev", "--cwd", str(pull.root)]
    done = subprocess.run([sys.executable, "-c", _HANDING_OVER, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "1 [] []"


def test_i14_the_gate_sits_out_no_wait(pull: Pull, mocker: MockerFixture) -> None:
    waits = mocker.spy(anyio, "sleep")
    assert pull.judge().code == 0
    assert {call.args for call in waits.call_args_list} == {(0,)}


@pytest.mark.usefixtures("library")
def test_grants_in_stacks_components_and_behind_outputs(pull: Pull) -> None:
    renamed = pull.edit(
        ESTATE,
        "(app.app.name, args, self.opts)",
        '(app.app.name.replace("Sync", "Sink"), args, self.opts)',
    )
    more = pull.edit(
        ESTATE,
        "AppRegistrationArgs(app, self.caller,",
        "AppRegistrationArgs(_more(app), self.caller,",
    )
    text = (pull.root / ESTATE).read_text("utf-8")
    pull.write(
        ESTATE,
        text
        + "\n\ndef _more(app: StackApp) -> StackApp:\n"
        + "    from dataclasses import replace\n"
        + f'    more = replace(app.wanted[0], name="Mail.Read", id="{MAIL}")\n'
        + '    return replace(app, wanted=(*app.wanted, more)) if app.key == "pnp" else app\n',
    )
    access = pull.edit(
        REGISTRATION,
        "            required_resource_accesses=required_accesses(args.app.wanted, apis),\n",
        "            required_resource_accesses=required_accesses(args.app.wanted, apis) + _hidden(args),\n",
    )
    text = (pull.root / REGISTRATION).read_text("utf-8")
    pull.write(
        REGISTRATION,
        text
        + "\n\ndef _hidden(args):\n    if args.app.key != 'provisioning':\n        return []\n"
        + "    entry = azuread.ApplicationRequiredResourceAccessResourceAccessArgs(\n"
        + f"        id=pulumi.Output.from_input('x').apply(lambda _: '{MAIL}'), type='Role')\n"
        + f"    return [azuread.ApplicationRequiredResourceAccessArgs(resource_app_id='{GRAPH}',"
        + " resource_accesses=[entry])]\n",
    )
    web = pull.edit(
        REGISTRATION,
        '            sign_in_audience="AzureADMyOrg",\n',
        '            sign_in_audience="AzureADMyOrg",\n'
        '            single_page_application=azuread.ApplicationSinglePageApplicationArgs(redirect_uris=["https://evil.example/"]),\n',
    )
    verdict = pull.judge()
    assert verdict.code == 1
    refused = verdict.places("only-documented-permissions-configured")
    assert {file for file, _ in refused} <= {ESTATE, REGISTRATION}
    configured = [line for line in verdict.added() if f"configures · Microsoft Graph ({GRAPH})" in line]
    assert {line.split(" · ")[0] for line in configured} >= {"Atlas.PnP App", "Atlas.ConneX Provisioning"}
    assert len(refused) >= 2
    assert "Atlas.PnP App · Application · singlePageApplication.redirectUris ∋ https://evil.example/" in verdict.added()
    assert any(line.startswith("Atlas.ConneX Workspaces Sink · Application · is a ") for line in verdict.added())
    assert (ESTATE, min(more, renamed)) in verdict.places("guarded-file-changed")
    assert (REGISTRATION, min(access, web)) in verdict.places("guarded-file-changed")


def test_bare_azuread_resources(pull: Pull) -> None:
    text = (pull.root / "__main__.py").read_text("utf-8")
    pull.write("__main__.py", text.replace("\nrun()", BARE + "\nrun()"))
    verdict = pull.judge()
    assert verdict.code == 1
    for name in "abcdefgh":
        place = ("__main__.py", pull.line("__main__.py", f'("{name}"'))
        judged = {rule for rule in verdict.errors if place in verdict.places(rule)}
        assert judged & {"no-azuread-grants", "only-listed-types", "no-use-existing"}, name
    assert verdict.document["stacks"][0]["whole"] is False


def test_settings_of_a_stack_with_a_real_tenant(pull: Pull) -> None:
    file = "Pulumi.prod.yaml"
    client = pull.edit(file, "    # atera:\n", f"    atera: {{clientId: {STRANGER}}}\n    # atera:\n")
    owner = pull.edit(
        file,
        "    - 77777777-7777-4777-8777-777777777777\n",
        "    - 77777777-7777-4777-8777-777777777777\n    - 12345678-7777-4777-8777-777777777777\n",
    )
    subject = pull.edit(file, "66666666-6666-4666-8666-666666666666", "56565656-6666-4666-8666-666666666666")
    host = pull.edit(file, "  lockstep:vendors:", "  azuread:environment: usgovernment\n  lockstep:vendors:")
    client, owner, subject = client + 2, owner + 1, subject + 1
    verdict = pull.judge(stack="prod")
    assert (verdict.code, verdict.errors) == (1, {"grant-not-approved"})
    assert set(verdict.places("grant-not-approved")) == {(file, client), (file, owner), (file, subject), (file, host)}
    added = verdict.added("prod")
    assert f"Atera · Principal · appId = {STRANGER}" in added
    assert "Atlas.ConneX API · Application · owners ∋ 12345678-7777-4777-8777-777777777777" in added
    assert any(line.endswith("subject = 56565656-6666-4666-8666-666666666666") for line in added)
    assert verdict.document["stacks"][0]["whole"] is True
    assert verdict.document["guardedFiles"] == []


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_a_program_that_exits_early(pull: Pull, end: str) -> None:
    line = pull.edit("__main__.py", "run()\n", f"import os, sys\n{end}\nrun()\n")
    verdict = pull.judge()
    assert verdict.code == 1
    assert verdict.places("program-ended-early") in ([("__main__.py", line)], [("__main__.py", line + 1)])
    assert len(verdict.messages("app-not-registered")) == 7
    assert verdict.document["stacks"][0]["removed"] == []


@pytest.mark.usefixtures("library")
def test_what_counts_only_on_the_base(pull: Pull) -> None:
    edition = "lockstep/catalogue/data/editions/atera/2026-11-22.yaml"
    text = (pull.root / edition).read_text("utf-8")
    row = text.index("      - api: graph")
    added = (
        "      - api: graph\n        type: application\n        name: Mail.Read\n"
        "        id: 810c84a8-4a9e-49e6-bf7d-12d183f40d01\n        basis: stated\n        capability: read\n"
        "        when_used: not-stated\n        label: Read mail\n        purpose: not-stated\n"
    )
    pull.write(edition, text[:row] + added + text[row:])
    line = text[:row].count("\n") + 1
    today = datetime.datetime.now(datetime.UTC).date()
    approval = (
        "approvals:\n  - digest: sha256:" + "0" * 64 + "\n    by: me\n    reason: because\n"
        f"    date: {today}\n    expires: {today}\n"
    )
    pull.write("policy/approvals.yaml", approval)
    pull.write(
        "policy/exceptions.yaml",
        "exceptions:\n  - rule: only-listed-types\n    stack: dev\n    type: azuread:index/group:Group\n"
        f"    resource: x\n    owner: me\n    reason: because\n    expires: {today}\n",
    )
    rule = pull.edit(PACK, '"no-use-existing"', '"no-use-existing-at-all"')
    gate = pull.edit("lockstep/gate/judge.py", "    if not change.digest:\n", "    if change.digest:\n")
    pull.write("policy/pack-config.json", '{\n  "all": "disabled"\n}\n')
    verdict = pull.judge(hand_over=True)
    assert verdict.code == 1
    assert verdict.places("catalogue-in-this-change") == [(edition, line)]
    assert verdict.places("approval-in-this-change") == [("policy/approvals.yaml", 2)]
    assert [file for file, _ in verdict.places("exception-in-this-change")] == ["policy/exceptions.yaml"]
    assert {(PACK, rule), ("lockstep/gate/judge.py", gate)} <= set(verdict.places("guarded-file-changed"))
    assert ("policy/pack-config.json", 2) in verdict.places("weakened-pack")
    assert any("no-use-existing is gone" in text for text in verdict.messages("weakened-pack"))
    # The head's program asked for what its own catalogue documents, and the base's does not.
    assert (edition, line) in verdict.places("only-documented-permissions-consented")


def test_a_disabled_pack_in_the_deployment_configuration(pull: Pull, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"no-use-existing": {"enforcementLevel": "advisory"},\n "all": "disabled"}', "utf-8")
    verdict = pull.judge(f"--policy-pack-config={config}", stack="prod")
    assert verdict.code == 1
    assert verdict.places("weakened-pack") == [(str(config), 1), (str(config), 2)]


@pytest.mark.usefixtures("library")
def test_a_pack_that_does_not_load(pull: Pull) -> None:
    pull.edit(
        "lockstep/policy/pack.py", "from __future__ import annotations\n", "from __future__ import annotations\nboom\n"
    )
    verdict = pull.judge()
    assert verdict.code == 1
    assert any(text.startswith("the pack of this change does not load") for text in verdict.messages("weakened-pack"))
    # And on the base nothing can be judged at all.
    pull.commit()
    verdict = pull.judge()
    assert verdict.code == 1
    assert any("did not start" in text for text in verdict.messages("program-failed"))


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("policy/exceptions.yaml", "exceptions: 1\n", "exceptions.yaml"),
        ("policy/__main__.py", "raise SystemExit('never')\n", "never"),
        ("policy/PulumiPolicy.yaml", "", "PulumiPolicy.yaml"),
        ("Pulumi.yaml", "name: other\nruntime: python\n", "did not start"),
        ("beside.py", "raise SystemExit('never')\n", "never"),
    ],
)
def test_whatever_a_pack_is_started_from_is_looked_at_by_starting_it(
    pull: Pull, mocker: MockerFixture, path: str, text: str, why: str
) -> None:
    mocker.patch("lockstep.gate.run.rehearse", side_effect=UsageError("no program is run here"))
    if path == "beside.py":  # the base's own pack imports it
        main = (pull.root / "policy/__main__.py").read_text("utf-8")
        beside = "import sys\nsys.path.insert(0, str(Path(__file__).resolve().parents[1]))\nimport beside  # noqa\n"
        pull.write("policy/__main__.py", main.replace("\nstart(", f"\n{beside}\nstart("))
        pull.write(path, "").commit()
    if text:
        pull.write(path, text)
    else:
        (pull.root / path).unlink()
    verdict = pull.judge()
    assert verdict.code == 1
    assert any(why in said for said in verdict.messages("weakened-pack")), verdict.findings


def test_a_change_that_a_pack_cannot_see_starts_none(pull: Pull, mocker: MockerFixture) -> None:
    mocker.patch("lockstep.gate.run.rehearse", side_effect=UsageError("no program is run here"))
    asked = mocker.patch("lockstep.gate.run.levels")
    pull.edit("__main__.py", "run()\n", "run()  # changed\n")
    assert "guarded-file-changed" in pull.judge().errors
    asked.assert_not_called()


@pytest.mark.usefixtures("library")
def test_an_expired_exception(pull: Pull) -> None:
    yesterday = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
    pull.write(
        "policy/exceptions.yaml",
        "exceptions:\n  - rule: single-tenant-only\n    stack: dev\n    type: azuread:index/application:Application\n"
        f"    owner: me\n    reason: because\n    expires: {yesterday}\n",
    )
    pull.edit(REGISTRATION, 'sign_in_audience="AzureADMyOrg"', 'sign_in_audience="AzureADMultipleOrgs"')
    pull.commit()
    verdict = pull.judge()
    assert (verdict.code, verdict.errors) == (1, {"single-tenant-only"})
    assert all("ended on" in text for text in verdict.messages("single-tenant-only"))
    line = pull.line(REGISTRATION, "return azuread.Application(")
    assert set(verdict.places("single-tenant-only")) == {(REGISTRATION, line)}


def test_an_approval_holds_for_one_change_of_one_base(pull: Pull) -> None:
    pull.edit("Pulumi.dev.yaml", "    pnp: {deploy: true}\n", "")
    pull.commit()
    change = (
        "Pulumi.dev.yaml",
        "    api-client: {deploy: true}",
        "    api-client: {deploy: true}\n    pnp: {deploy: true}",
    )
    line = pull.edit(*change)
    refused = pull.judge()
    digest = refused.document["digest"]
    assert (refused.code, refused.errors) == (1, {"grant-not-approved"})
    assert ("Pulumi.dev.yaml", line) in refused.places("grant-not-approved")
    git(pull.root, "stash", "--quiet")
    today = datetime.datetime.now(datetime.UTC).date()
    approval = f"approvals:\n  - digest: {digest}\n    by: Ada\n    reason: PnP is bought\n    date: {today}\n"
    approval += f"    expires: {today}\n"
    pull.write("policy/approvals.yaml", approval)
    pull.commit()
    git(pull.root, "stash", "pop", "--quiet")
    held = pull.judge()
    assert (held.code, held.document["digest"]) == (0, digest)
    assert held.places("approved", "information") == [("policy/approvals.yaml", 2)]

    git(pull.root, "stash", "--quiet")
    pull.edit(
        "Pulumi.dev.yaml",
        "  lockstep:apps:\n",
        "  lockstep:nameSuffix: Test\n  lockstep:apps:\n",
    )
    pull.commit()
    pull.edit(*change)
    replayed = pull.judge()
    assert (replayed.code, replayed.errors) == (1, {"grant-not-approved"})
    assert replayed.document["digest"] != digest


def test_what_is_taken_away_needs_no_approval(pull: Pull) -> None:
    pull.edit("Pulumi.dev.yaml", "lockstep:vendors: [atlas, atera]", "lockstep:vendors: [atlas]")
    verdict = pull.judge("--changed-only", stack="")
    assert (verdict.code, verdict.document["digest"]) == (0, None)
    assert [each["stack"] for each in verdict.document["stacks"]] == ["dev"]
    removed = verdict.document["stacks"][0]["removed"]
    assert any(line.startswith("Atera · AdminConsent · consents · Microsoft Graph") for line in removed)
    assert json.dumps(removed).count("Atlas") == 0


def test_consents_that_an_administrator_gives_are_none_of_the_failures(pull: Pull) -> None:
    pull.edit(
        "Pulumi.dev.yaml",
        "    pnp: {deploy: true}",
        "    pnp: {deploy: true, consents: by-admin}\n    spfx: {consents: by-admin}",
    )
    pull.commit()
    verdict = pull.judge()
    assert (verdict.code, verdict.errors) == (0, set())
    assert verdict.document["stacks"][0]["whole"] is True


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_c10_a_program_that_takes_too_much_is_a_finding(pull: Pull) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        "import subprocess, sys\nsubprocess.Popen(['sleep', '62.25'], start_new_session=True)\n"
        "import pulumi\nif pulumi.get_stack() == 'dev':\n    kept = bytearray(1_500_000_000)\n"
        "while True: print('x' * 100_000)\nrun()\n",
    )
    verdict = pull.judge(stack="")
    assert verdict.code == 1
    said = verdict.messages("program-failed")
    assert any(
        each.startswith("the program failed: MemoryError: it may take no more memory (__main__") for each in said
    )
    assert "the program printed more than 16 MiB and was stopped" in verdict.messages("program-ended-early")
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"62.25" in _read(path)]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended


def test_the_real_engine_where_it_is_not_installed_is_refused_with_what_to_install(
    pull: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(programs))
    assert run(["gate", "--base", "main", "--cwd", str(pull.root), "--judge", "--using", "pulumi"]) == 2
    said = capfd.readouterr()
    assert "--using pulumi: pulumi is not on PATH; install the Pulumi CLI (https://www.pulumi.com/docs/" in said.err
    assert "or use --using rehearsal" in said.err
