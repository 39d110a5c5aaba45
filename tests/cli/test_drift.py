"""Drift under the real engine: `pulumi preview --refresh --expect-no-changes` ends with 7, and `up --refresh` heals."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lockstep.emulator import find_server
from lockstep.local.door import EmulatorDoor, served_door
from lockstep.local.state import LocalState
from tests.cli.conftest import Program, by_exports
from tests.provider.harness import Json, Tenant
from tests.scenarios.drift import CONSENT, DRIFTS, NO_DRIFTS, Change

CHANGED = 7  # what `pulumi preview --expect-no-changes` ends with
_UPDATE = re.compile(r"~ ([\w/:]+): \(update\)[^\n]*\n\s*\[id=[^\n]*\n\s*\[urn=[^\n]*::([^\n:]+)\]\n")


class Remote(Tenant):
    """The hands of other people at a served emulator."""

    def __init__(self, door: EmulatorDoor) -> None:
        self._door = door

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        env = self._door.env
        async with self._door.client() as client:
            form = {
                "grant_type": "client_credentials",
                "client_id": env["ARM_CLIENT_ID"],
                "client_secret": env["ARM_CLIENT_SECRET"],
                "scope": f"{self._door.url}/.default",
            }
            answer = await client.post(f"/{env['ARM_TENANT_ID']}/oauth2/v2.0/token", data=form)
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            answer = await client.request(method, f"/v1.0{path}", json=body, headers=headers)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}


@pytest.fixture
def exports(lockstep: Program) -> str:
    """The exports that point plain Pulumi at the emulator, which is served from now on."""
    done = lockstep("emulator", "env", "--port", "0")
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_hand(project: Path, change: Change) -> None:
    server = find_server(LocalState.of(project, "dev").emulator)
    assert server is not None
    asyncio.run(change(Remote(served_door(LocalState.of(project, "dev"), server))))


def test_drift_makes_preview_exit_seven_and_up_heals_it(
    lockstep: Program, project: Path, environ: dict[str, str], exports: str
) -> None:
    assert lockstep("up", "--using", "pulumi").returncode == 0
    for title, change in NO_DRIFTS:
        by_hand(project, change)
        quiet = by_exports(project, environ, exports, "preview --stack dev --refresh --expect-no-changes")
        assert quiet.returncode == 0, (title, quiet.stdout + quiet.stderr)
    for drift in DRIFTS:
        by_hand(project, drift.change)
        seen = by_exports(project, environ, exports, "preview --stack dev --refresh --expect-no-changes --diff")
        assert seen.returncode == CHANGED, (drift.title, seen.stdout + seen.stderr)
        # Nothing else is left to do: what was healed before stays healed.
        assert _UPDATE.findall(seen.stdout) == [drift.step], (drift.title, seen.stdout)
        if drift.step[0] == CONSENT:  # azuread knows configured entries by id alone
            assert drift.shows.rpartition(" · ")[2] in seen.stdout, drift.title
        healed = by_exports(project, environ, exports, "up --stack dev --refresh --yes --skip-preview")
        assert healed.returncode == 0, (drift.title, healed.stdout + healed.stderr)
    done = by_exports(project, environ, exports, "preview --stack dev --refresh --expect-no-changes")
    assert done.returncode == 0, done.stdout + done.stderr
