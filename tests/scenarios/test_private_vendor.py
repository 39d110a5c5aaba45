"""A vendor of the project's own, from an edition of twenty lines: the example of the page, done as the page says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lockstep.catalogue import lay_over
from lockstep.cli import run
from lockstep.emulator import Emulator
from lockstep.rehearsal import Rehearsal
from tests.conftest import REPOSITORY
from tests.docs.pages import code, read
from tests.scenarios.estate import NEW_SPFX, Estate, consents, principal

EDITION = next(text for text in code(read("docs/your-own-vendors.md"), "yaml") if text.startswith("vendor: acme"))
CLIENT = "5a2f8a3c-1c1e-4f0e-9a53-6d1f2f0c7b11"
GRAPH = "00000003-0000-0000-c000-000000000000"
PLACE = "catalogue/editions/acme/2026-11-01.yaml"
STACK = """\
config:
  azuread:tenantId: 11111111-1111-4111-8111-111111111111
  entraconsent:tenantId: 11111111-1111-4111-8111-111111111111
  lockstep:target: local
  lockstep:vendors: [acme]
  lockstep:editions: {acme: "2026-11-01"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project with nothing but a vendor of its own, no component and no line about it."""
    for name in ("Pulumi.yaml", "policy"):
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy2
        copy(REPOSITORY / name, tmp_path / name)
    (tmp_path / "__main__.py").write_text("from lockstep.program import run\n\nrun()\n", "utf-8")
    write(tmp_path, "Pulumi.dev.yaml", STACK)
    write(tmp_path, PLACE, EDITION)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    """Write a file of a project."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, "utf-8")


def test_i13_the_smallest_vendor_has_twenty_lines_at_most() -> None:
    assert len(EDITION.splitlines()) <= 20


def test_i13_a_vendor_of_the_projects_own_goes_through_every_command(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def lockstep(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        ended = run(words)
        said = capsys.readouterr()
        assert ended == code, said.err
        return said.out

    assert "Mail.Send" in lockstep("catalogue", "show", "acme", "acme-planner")
    lockstep("preview", "--using", "rehearsal")
    up = json.loads(lockstep("up", "--using", "rehearsal", "--json"))
    assert up["exitCode"] == 0
    lockstep("preview", "--using", "rehearsal", "--expect-no-changes")
    audit = json.loads(lockstep("audit", "--stack", "dev", "--json"))
    [tenant] = audit["tenants"]
    [app] = tenant["apps"]
    assert (app["app"], [row["status"] for row in app["permissions"]]) == ("acme-planner", ["as-documented"])
    assert "Acme Planner" in lockstep("show")
    lockstep("report", "--stack", "dev", "--html", "acme.html")
    page = (project / "acme.html").read_text("utf-8")
    assert "Sends the reminders." in page
    assert "Atera" not in page
    lockstep("adopt", "--stack", "dev")
    assert "acme-planner" in lockstep("capture", "--stack", "dev")
    lockstep("destroy", "--using", "rehearsal")


def config(*vendors: str, **others: str) -> dict[str, str]:
    """Return the config of the stack with these vendors."""
    return {
        "azuread:tenantId": "11111111-1111-4111-8111-111111111111",
        "entraconsent:tenantId": "11111111-1111-4111-8111-111111111111",
        "lockstep:target": "local",
        "lockstep:vendors": json.dumps(vendors),
        **others,
    }


def rehearsal(project: Path, emulator: Emulator, settings: dict[str, str], *packs: Path) -> Rehearsal:
    """Return a rehearsal of the project with its state on disk, as each command has one."""
    plugins = Estate(emulator)._plugins()
    return Rehearsal(project, "dev", settings, plugins=plugins, state=project / "state.json", policy_packs=packs)


def grants(emulator: Emulator) -> list[str]:
    """Return whose consents to Mail.Send a tenant holds."""
    role = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
    rows = emulator.snapshot()["appRoleAssignments"]
    return sorted(row["principalDisplayName"] for row in rows if row["appRoleId"] == role)


@pytest.mark.parametrize("way", ["destroy", "up without it"])
def test_i13_a_vendor_that_was_taken_out_can_be_refreshed_and_destroyed(project: Path, way: str) -> None:
    emulator = Emulator.open()
    other = EDITION.replace("acme", "beta").replace("Acme", "Beta").replace(CLIENT, CLIENT.replace("5", "6"))
    write(project, PLACE.replace("acme", "beta"), other)
    done = rehearsal(project, emulator, config("acme", "beta"), project / "policy").up()
    assert done.exit_code == 0, done.errors
    assert grants(emulator) == ["Acme Planner", "Beta Planner"]
    shutil.rmtree((project / PLACE).parent)
    lay_over(project)
    refused = rehearsal(project, emulator, config("acme", "beta")).up()
    assert (refused.exit_code, grants(emulator)) == (2, ["Acme Planner", "Beta Planner"])
    assert "'acme'" in refused.errors[0]
    without = rehearsal(project, emulator, config("beta"))
    for result in (without.refresh(), without.destroy() if way == "destroy" else without.up(refresh=True)):
        assert result.exit_code == 0, result.errors
    assert grants(emulator) == ([] if way == "destroy" else ["Beta Planner"])


SHARED = """\
  - key: acme-parts
    name: Acme web parts
    kind: shared-principal
    role: Shows the reminders.
    documented_on: new
    principals:
      - {key: new, name: SharePoint Online Web Client Extensibility, app_id: 08e18876-6177-487e-b8b5-cf950c1e598c}
      - key: old
        name: SharePoint Online Client Extensibility Web Application Principal
        identifier_uris: ["api://{tenant}/microsoft.spfx3rdparty.com"]
    permissions:
      - api: graph
        type: delegated
        name: Tasks.Read
        id: f45671fb-e0fe-4b4b-be20-3d3ce43f1bcb
        capability: read
        purpose: Shows the reminders.
"""


def test_i13_of_a_vendor_that_was_taken_out_a_shared_principal_loses_its_own_and_nothing_else(project: Path) -> None:
    emulator = Emulator.open()
    new = principal(emulator, app_id=NEW_SPFX)["id"]
    theirs = consents(emulator, new)
    write(project, PLACE, EDITION + SHARED)
    lay_over(project)
    done = rehearsal(project, emulator, config("acme"), project / "policy").up()
    assert done.exit_code == 0, done.errors
    assert consents(emulator, new) - theirs == {(GRAPH, "delegated", "Tasks.Read")}
    shutil.rmtree((project / PLACE).parent)
    write(project, PLACE.replace("acme", "beta"), EDITION.replace("acme", "beta").replace(CLIENT, CLIENT[::-1]))
    lay_over(project)
    without = rehearsal(project, emulator, config("beta"))
    for result in (without.refresh(), without.destroy()):
        assert result.exit_code == 0, result.errors
    assert consents(emulator, new) == theirs


def test_i13_two_vendors_on_one_shared_principal_are_refused_in_one_stack(project: Path) -> None:
    write(project, PLACE, EDITION + SHARED)
    lay_over(project)
    emulator = Emulator.open()
    refused = rehearsal(project, emulator, config("atlas", "acme")).up()
    assert refused.exit_code == 2
    assert "consents too; in one stack only one app does; to fix: give one of the two" in refused.errors[0]
    assert not [each for each in emulator.snapshot()["applications"] if each["displayName"].startswith("Atlas")]


def test_i13_the_dossier_says_what_nobody_has_written_of_a_private_permission(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"value": "Plan.Read", "id": "7f6a1111-2222-4333-8444-555566660001", "type": "delegated"}
    api = {"key": "acme-api", "name": "Acme API", "app_id": "7f6a1111-2222-4333-8444-555566667777"}
    api |= {"snapshot": "2026-11-02", "permissions": [{**row, "display_name": "Read plans"}]}  # type: ignore[dict-item]
    write(project, "catalogue/apis/acme-api.json", json.dumps(api))
    facts = f"api: acme-api, type: delegated, name: Plan.Read, id: {row['id']}, capability: read, purpose: Reads."
    added = f"      - {{{facts}}}\n"
    write(project, PLACE, EDITION + added)
    for form in ("html", "markdown"):
        assert run(["report", "--stack", "dev", f"--{form}", f"acme.{form}"]) == 0, capsys.readouterr().err
        page = (project / f"acme.{form}").read_text("utf-8")
        assert (
            page.count(
                "neither Lockstep nor this project's catalogue/meanings.json".replace(
                    "'", "&#39;" if form == "html" else "'"
                )
            )
            == 1
        )
        assert (
            page.count(
                "neither Lockstep nor this project's catalogue/risk-tiers.json".replace(
                    "'", "&#39;" if form == "html" else "'"
                )
            )
            == 1
        )


def test_i13_a_pack_judges_by_the_catalogue_of_the_project_that_it_lies_in(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "policy"
    shutil.copytree(project / "policy", other)
    shutil.copy2(project / "Pulumi.yaml", other.parent)
    result = rehearsal(project, Emulator.open(), config("acme"), other).preview()
    assert result.exit_code != 0
    assert any("'acme'" in text for text in result.errors), result.errors
