"""A real target under the real engine, end to end: doctor, audit, `pulumi import`, preview, the first up, audit.

The import goes into the caller's own backend, and nobody is ever without what they rightly had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID
from lockstep.emulator.testing import RunningServer, running
from tests.adopt.protection import ADOPTED_OBJECTS, ours, retained, unprotected
from tests.adopt.watch import Watch, rightful
from tests.cli.conftest import Program, plain_pulumi
from tests.command.test_adopt import PINNED


@pytest.fixture(params=["brownfield", "drifted"])
def served(request: pytest.FixtureRequest, project: Path, environ: dict[str, str]) -> Iterator[RunningServer]:
    """Make the stack `prod` in a backend of its own, and serve over TLS the tenant that stands for its target."""
    text = (project / "Pulumi.dev.yaml").read_text(encoding="utf-8").replace("target: local", f"target: {TENANT_ID}")
    text = text.replace("{atlas: current, atera: current}", PINNED).partition("encryptionsalt:")[0]
    (project / "backend").mkdir()
    with running(project / "tenant.sqlite", profile=request.param) as server:
        environ |= {
            "ARM_METADATA_HOSTNAME": f"localhost:{server.url.rpartition(':')[2]}",
            "ARM_TENANT_ID": TENANT_ID,
            "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
            "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
            "ARM_USE_CLI": "false",
            "SSL_CERT_FILE": server.ca,
            "PULUMI_BACKEND_URL": f"file://{project / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "a passphrase of the test",
        }
        plain_pulumi(project, environ, "stack", "init", "prod")
        path = project / "Pulumi.prod.yaml"
        path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")
        yield server


def test_import_protects_everything_and_the_first_up_keeps_it_so(
    served: RunningServer, project: Path, environ: dict[str, str], lockstep: Program
) -> None:
    emulator = served.emulator
    before = emulator.snapshot()
    watch = Watch(rightful(emulator))
    watch.over(emulator)

    def state() -> list[dict[str, Any]]:
        text = plain_pulumi(project, environ, "stack", "export", "--stack", "prod")
        return list(json.loads(text)["deployment"]["resources"])

    looked = lockstep("doctor", "--stack", "prod", "--json")
    assert looked.returncode == 1, looked.stderr
    assert json.loads(looked.stdout)["next"] == "lockstep adopt --stack prod"
    assert lockstep("audit", "--stack", "prod").returncode == 1
    done = lockstep("adopt", "--stack", "prod", "--write")
    assert done.returncode == 0, done.stderr
    assert "taken into the state by `pulumi import`; nothing in the tenant was changed" in done.stdout
    assert emulator.snapshot() == before
    assert not [entry for entry in emulator.log if entry["write"]]
    imported = ours(state())
    assert len(imported) == 15
    assert unprotected(state()) == set()
    up = ("up", "--stack", "prod", "--yes", "--skip-preview", "--refresh", "--policy-pack", "policy")
    plain_pulumi(project, environ, "preview", *up[1:3], *up[-3:])
    assert watch.looked == 0, "something wrote to the tenant before the first up"
    plain_pulumi(project, environ, *up)
    assert (watch.looked > 10, watch.outages) == (True, [])
    first = state()
    assert unprotected(first) == set()
    assert retained(first) == ADOPTED_OBJECTS
    assert {key: each["id"] for key, each in ours(first).items() if key in imported and "id" in each} == {
        key: each["id"] for key, each in imported.items() if "id" in each
    }
    plain_pulumi(project, environ, "preview", "--stack", "prod", "--refresh", "--expect-no-changes")
    audited = lockstep("audit", "--stack", "prod")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    again = lockstep("adopt", "--stack", "prod", "--write")
    assert again.returncode == 0, again.stderr
    assert "nothing to import" in again.stdout
