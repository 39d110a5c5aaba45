"""The whole life of the dev stack under the real engine, and the hand-over between it and the rehearsal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from lockstep.emulator import find_server
from lockstep.local.door import served_door
from lockstep.local.state import LocalState
from tests.cli.conftest import Program, by_exports, changed_files


def _snapshot(lockstep: Program) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(lockstep("emulator", "snapshot").stdout)
    return found


def test_up_twice_then_each_engine_goes_on_where_the_other_stopped(lockstep: Program, project: Path) -> None:
    before = _snapshot(lockstep)
    first = lockstep("up", "--using", "pulumi", "--json")
    assert first.returncode == 0, first.stderr
    document = json.loads(first.stdout)
    assert document["verification"]["agrees"]
    atera = next(step for step in document["steps"] if step["name"] == "Atera" and "added" in step)
    assert len(atera["added"]) == 27

    second = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
    assert second["noChanges"]
    assert second["writes"] == 0

    rehearsed = json.loads(lockstep("up", "--using", "rehearsal", "--json").stdout)
    assert rehearsed["exitCode"] == 0
    assert rehearsed["noChanges"]
    assert rehearsed["writes"] == 0

    assert lockstep("destroy", "--using", "rehearsal").returncode == 0
    assert lockstep("up", "--using", "rehearsal").returncode == 0
    again = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
    assert again["noChanges"], again
    assert again["writes"] == 0

    assert lockstep("destroy", "--using", "pulumi").returncode == 0
    after = _snapshot(lockstep)
    before.pop("deletedItems")
    after.pop("deletedItems")
    assert after == before
    assert changed_files(project) == ""


def test_pulumi_by_hand_works_with_the_exports_alone(lockstep: Program, project: Path, environ: dict[str, str]) -> None:
    exports = lockstep("emulator", "env", "--port", "0")
    assert exports.returncode == 0, exports.stderr
    assert all(line.startswith(("export ", "unset ")) for line in exports.stdout.splitlines())
    by_hand = by_exports(project, environ, exports.stdout, "up --stack dev --yes")
    assert by_hand.returncode == 0, by_hand.stdout + by_hand.stderr
    assert "29 created" in by_hand.stdout
    assert changed_files(project) == ""
    goes_on = json.loads(lockstep("up", "--using", "rehearsal", "--json").stdout)
    assert goes_on["noChanges"], goes_on
    assert goes_on["writes"] == 0


def test_up_on_existing_apps_changes_nothing(lockstep: Program) -> None:
    lockstep("emulator", "reset", "--profile", "brownfield")
    before = _snapshot(lockstep)
    refused = lockstep("up", "--using", "pulumi", "--json")
    assert refused.returncode == 1
    assert "lockstep adopt" in json.loads(refused.stdout)["error"]
    assert _snapshot(lockstep) == before


def test_a_killed_engine_is_repaired_and_nothing_doubles(
    lockstep: Program, project: Path, environ: dict[str, str]
) -> None:
    assert lockstep("emulator", "env", "--port", "0").returncode == 0
    local = LocalState.of(project, "dev")
    server = find_server(local.emulator)
    assert server is not None
    door = served_door(local, server)
    words = [sys.executable, "-m", "lockstep.cli", "up", "--using", "pulumi"]
    with subprocess.Popen(words, cwd=project, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        until = time.monotonic() + 300
        while not any(_made_an_app(entry) for entry in door.log()):
            assert time.monotonic() < until, "no application was made"
            time.sleep(0.02)
        for child in _children(running.pid):
            os.kill(child, signal.SIGKILL)
        _, said = running.communicate(timeout=300)
    assert running.returncode == 1
    assert b"lockstep repair --stack dev" in said
    assert b"Traceback" not in said

    repaired = lockstep("repair", "--stack", "dev", "--json")
    assert repaired.returncode == 0, repaired.stderr
    assert json.loads(repaired.stdout)["done"]
    done = lockstep("up", "--using", "pulumi", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verification"]["agrees"]
    names = Counter(app["displayName"] for app in _snapshot(lockstep)["applications"])
    assert set(names.values()) == {1}


def _made_an_app(entry: dict[str, object]) -> bool:
    return entry["method"] == "POST" and entry["path"] == "/v1.0/applications" and entry["status"] == 201


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
