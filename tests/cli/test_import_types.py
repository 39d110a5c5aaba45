"""Create, import, no difference: the real azuread provider on one resource of every type that the emulator answers."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator.testing import RunningServer
from lockstep.local.state import LocalState, pulumi_settings, sign_in, trust
from tests.cli.conftest import plain_pulumi
from tests.cli.every_type.answered import FOLDER, NOT_IMPORTABLE, declared
from tests.components.certificates import certificate

__all__ = ["certificate"]


class Pulumi:
    """The Pulumi CLI in a copy of the program."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    def __call__(self, *words: str, **variables: str) -> str:
        """Run it; what does not end with 0 fails the test."""
        return plain_pulumi(self._folder, {**self._environ, **variables}, *words)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """Return the azuread resources in a stack's state: type, name and id."""
        rows = json.loads(self("stack", "export", "--stack", stack))["deployment"]["resources"]
        return [
            {"type": row["type"], "name": row["urn"].rpartition("::")[2], "id": row["id"]}
            for row in rows
            if row["type"].startswith("azuread:")
        ]


@pytest.fixture
def pulumi(entra_server: RunningServer, tmp_path: Path, environ: dict[str, str], certificate: str) -> Pulumi:
    folder = tmp_path / "program"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "robot.pem").write_text(certificate, "utf-8")
    local = LocalState(tmp_path / "local")
    local.backend.mkdir(parents=True)
    person = entra_server.emulator.tenant.users.get("ada@local.test")["id"]
    port = int(entra_server.url.rpartition(":")[2])
    settings = {**sign_in(port), **trust(Path(entra_server.ca), os.environ), **pulumi_settings(local)}
    return Pulumi(folder, {**environ, **settings, "PERSON": person})


def _kind(row: dict[str, Any]) -> str:
    return str(row["type"].rpartition(":")[2])


def test_created_then_imported_shows_no_difference(pulumi: Pulumi, tmp_path: Path, entra_server: RunningServer) -> None:
    pulumi("stack", "init", "one")
    pulumi("up", "--stack", "one", "--yes", "--skip-preview")
    created = pulumi.resources("one")
    assert {_kind(row) for row in created} == declared()
    pulumi("preview", "--stack", "one", "--refresh", "--expect-no-changes")

    version = importlib.metadata.version("pulumi-azuread")
    wanted = [{**row, "version": version} for row in created if _kind(row) not in NOT_IMPORTABLE]
    document = tmp_path / "import.json"
    document.write_text(json.dumps({"resources": wanted}), "utf-8")
    pulumi("stack", "init", "two")
    words = ("--yes", "--skip-preview", "--generate-code=false", "--protect=false")
    pulumi("import", "--stack", "two", "--file", str(document), *words)
    assert sorted(map(str, pulumi.resources("two"))) == sorted(
        str(row) for row in created if _kind(row) not in NOT_IMPORTABLE
    )
    pulumi("preview", "--stack", "two", "--expect-no-changes", EVERY_TYPE="importable")
    pulumi("preview", "--stack", "two", "--expect-no-changes", "--refresh", EVERY_TYPE="importable")

    pulumi("destroy", "--stack", "one", "--yes", "--skip-preview")
    assert [entry for entry in entra_server.emulator.log if entry["status"] == 501] == []
