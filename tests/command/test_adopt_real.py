"""Adoption for a stack with a real target: the tenant is only read, and what is taken over is protected."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator
from lockstep.emulator.testing import running
from tests.adopt.protection import ADOPTED_OBJECTS, CONSENT, ours, retained, unprotected
from tests.command.conftest import REPOSITORY, Command, set_setting
from tests.command.test_adopt import REAL, emulator, real_stack


@pytest.fixture
def served(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Make the stack `prod` and serve over TLS the tenant that stands for its own; there is no pulumi on PATH."""
    path = real_stack(project)
    path.write_text(path.read_text(encoding="utf-8").replace(REAL, TENANT_ID), encoding="utf-8")
    (project / "bin").mkdir()
    (project / "bin" / "git").symlink_to(str(shutil.which("git")))
    with running(project / "tenant.sqlite", profile="brownfield") as server:
        for name, value in {
            "ARM_METADATA_HOSTNAME": f"localhost:{server.url.rpartition(':')[2]}",
            "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
            "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
            "ARM_USE_CLI": "false",
            "SSL_CERT_FILE": server.ca,
            "PATH": str(project / "bin"),
        }.items():
            monkeypatch.setenv(name, value)
        yield server.emulator


def test_without_pulumi_it_writes_the_document_and_prints_the_command(
    served: Emulator, project: Path, lockstep: Command
) -> None:
    before, comment = served.snapshot(), "# Everything that both vendors document"
    done = lockstep("adopt", "--stack", "prod", "--write")
    assert done.code == 0, done.err
    document = Path(".lockstep/prod/adopt.json")
    words = f"import --file {document} --stack prod --yes --skip-preview --generate-code=false"
    assert f"pulumi is not on PATH; where it is, run: `pulumi {words}`\n" in done.out
    assert f"target: tenant {TENANT_ID}" in done.err.splitlines()[0]
    resources = json.loads((project / document).read_text(encoding="utf-8"))["resources"]
    assert len(resources) == 15
    text = (project / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    apps = yaml.safe_load(text)["config"]["lockstep:apps"]
    adopted = {key: entry["adopted"] for key, entry in apps.items() if "adopted" in entry}
    ids = {each["displayName"]: each["appId"] for each in before["applications"]}
    assert {each["clientId"] for each in adopted.values()} == {ids[each["displayName"]] for each in adopted.values()}
    assert set(adopted) == {"connex-api", "provisioning", "workspaces-sync"}
    assert text.startswith(comment)
    assert served.snapshot() == before
    assert not [entry for entry in served.log if entry["write"]]
    assert not (project / ".lockstep" / "prod" / "state.json").exists()


def test_everything_is_protected_from_the_import_on_and_adopted_objects_are_retained(
    project: Path, lockstep: Command
) -> None:
    real_stack(project)
    # A rehearsal has a local target, which is not protected unless the stack says so.
    set_setting(project, "  lockstep:editions:", '  lockstep:protect: "true"\n  lockstep:editions:', "prod")
    shutil.copytree(REPOSITORY / "policy", project / "policy")
    emulator(project, "prod").close()
    assert lockstep("adopt", "--stack", "prod", "--rehearse", "--write").code == 0

    def state() -> list[dict[str, Any]]:
        text = (project / ".lockstep" / "prod" / "state.json").read_text(encoding="utf-8")
        return list(json.loads(text)["deployment"]["resources"])

    imported = ours(state())
    assert len(imported) == 15
    assert unprotected(state()) == set()
    assert lockstep("up", "--stack", "prod", "--rehearse").code == 0
    assert len(ours(state())) > len(imported)
    assert unprotected(state()) == set()
    assert retained(state()) == ADOPTED_OBJECTS
    assert {kind for kind, _ in ours(state())} >= {CONSENT, *(kind for kind, _ in ADOPTED_OBJECTS)}
    refused = lockstep("destroy", "--stack", "prod", "--rehearse")
    assert refused.code == 1
    assert "is protected" in refused.out + refused.err
    assert unprotected(state()) == set()
