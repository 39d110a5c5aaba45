"""The state file: what was answered stays, one process at a time, and nothing is done to a file that is not ours."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockstep.emulator import Emulator
from lockstep.emulator.store import Store
from lockstep.errors import StateError, UsageError
from tests.emulator.client import Client

# Creates applications until it is killed, and prints each one's name once it was answered.
_WRITER = """
import pathlib, sys
from lockstep.emulator import Emulator
from tests.emulator.client import Client
with Emulator.open(pathlib.Path(sys.argv[1])) as emulator, Client(emulator) as client:
    for number in range(100_000):
        print(client.application(f"app {number}")["displayName"], flush=True)
"""
REPOSITORY = Path(__file__).parents[2]


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state"
    with Emulator.open(path, profile="both-spfx") as emulator, Client(emulator) as client:
        principal = client.principal("Kept")
        client.application("Gone")
        client.send("DELETE", f"/applications(appId='{client.application('Deleted')['appId']}')")
        token, before = client.token, emulator.snapshot()
    with Emulator.open(path) as emulator, Client(emulator) as client:
        assert emulator.snapshot() == before
        assert emulator.profile == "both-spfx"
        client.token = token
        assert client.get(f"/servicePrincipals/{principal['id']}")["displayName"] == "Kept"
        assert client.application("Next")["id"] not in {row["id"] for row in before["applications"]}


def test_what_was_answered_survives_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "state"
    command = [sys.executable, "-c", _WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as writer:
        assert writer.stdout is not None
        answered = [writer.stdout.readline().strip() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        answered += [line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    with Emulator.open(path) as emulator:
        kept = {row["displayName"] for row in emulator.snapshot()["applications"]}
    assert len(answered) >= 20
    assert set(answered) <= kept


def test_held_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with (
        Emulator.open(path),
        pytest.raises(StateError, match=r"is in use by `.*` \(process \d+, since .*\); to fix: wait"),
    ):
        Emulator.open(path)
    Emulator.open(path).close()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("not a database, but long enough to be looked at " * 10, "utf-8")


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=2")
    db.close()


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA application_id=1")
    db.close()


@pytest.mark.parametrize("spoil", [_truncate, _empty, _text, _newer, _foreign])
def test_file_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path, spoil: object) -> None:
    path = tmp_path / "state"
    Emulator.open(path).close()
    assert callable(spoil)
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StateError, match="state"):
        Emulator.open(path)
    assert path.read_bytes() == before
    with pytest.raises(StateError):
        Emulator.open(path)


def test_unknown_profile_is_refused_before_any_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'brownfield'"):
        Emulator.open(tmp_path / "state", profile="brownfields")
    assert list(tmp_path.iterdir()) == []


def test_reset_makes_the_tenant_anew_and_uses_no_id_again(tmp_path: Path) -> None:
    with Emulator.open(tmp_path / "state") as emulator, Client(emulator) as client:
        fresh = emulator.snapshot()
        first = client.application("One")["id"]
        answer = client.send("POST", "/_emulator/reset", json={})
        assert answer.json() == {"profile": "fresh"}
        assert emulator.snapshot() == client.get("/_emulator/snapshot") == fresh
        assert client.application("One")["id"] != first
        client.send("POST", "/_emulator/reset", json={"profile": "no-spfx"})
        told = client.send("POST", "/_emulator/reset", json={"profile": "nothing"})
        assert (told.status_code, emulator.profile) == (400, "no-spfx")
    with Emulator.open(tmp_path / "state") as emulator:
        assert emulator.profile == "no-spfx"


def test_failed_transaction_leaves_no_trace() -> None:
    store = Store({"things": ["colour"]})
    store.put("things", {"id": "1", "colour": "red"})
    store.put("things", {"id": "2", "colour": "red"})

    def fail() -> None:
        with store.transaction():
            store.put("things", {"id": "1", "colour": "blue"})
            store.remove("things", "2")
            store.put("things", {"id": "3", "colour": "blue"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store["things"].rows == {"1": {"id": "1", "colour": "red"}, "2": {"id": "2", "colour": "red"}}
    assert store["things"].by("colour", "blue") == []
    assert [row["id"] for row in store["things"].by("colour", "RED")] == ["1", "2"]


def test_answers_stay_quick_with_ten_thousand_principals(graph: Client) -> None:
    tenant = graph.emulator.tenant
    with tenant.store.transaction():
        resource = graph.api()["id"]
        for number in range(10_000):
            app = tenant.applications.create({"displayName": f"App {number}"})
            principal = tenant.principals.create({"appId": app["appId"]})
            tenant.grants.consent(principal["id"], resource, "User.Read")
    paths = (
        f"/servicePrincipals(appId='{principal['appId']}')?$select=id",
        "/servicePrincipals?$filter=displayName eq 'App 9999'",
        f"/oauth2PermissionGrants?$filter=clientId eq '{principal['id']}' and consentType eq 'AllPrincipals'",
        f"/servicePrincipals/{principal['id']}/appRoleAssignments",
    )
    times = []
    for _ in range(25):
        for path in paths:
            start = time.process_time()
            graph.get(path)
            times.append(time.process_time() - start)
    assert sorted(times)[98] < 0.01
