"""Many clients at once, and a server that is killed while they write: what was answered is there."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from benchmarks.load import Figures, create_and_consent
from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, Emulator, find_server
from lockstep.emulator.testing import RunningServer

_SERVE = """
import pathlib, sys
from lockstep.emulator import run_server
run_server(pathlib.Path(sys.argv[1]), 0, on_ready=lambda url: print(url, flush=True))
"""
CLIENTS = 16


def test_sixteen_clients_create_consent_and_read_back_without_a_lost_write(entra_server: RunningServer) -> None:
    figures = create_and_consent(entra_server.url, entra_server.ca, principals=64, clients=CLIENTS)
    assert figures.wrong == []
    assert isinstance(figures, Figures)
    names = {row["displayName"] for row in entra_server.emulator.snapshot()["servicePrincipals"]}
    assert {f"Load {number}" for number in range(64)} <= names


def test_server_killed_while_sixteen_clients_write_has_everything_that_it_answered(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with subprocess.Popen([sys.executable, "-c", _SERVE, str(state)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        record = find_server(state)
        assert record is not None
        trust = ssl.create_default_context(cafile=record.ca)
        form = {"grant_type": "client_credentials", "client_id": DEPLOYER_CLIENT_ID, "scope": f"{url}/.default"}
        form["client_secret"] = DEPLOYER_SECRET
        token = httpx.post(f"{url}/{TENANT_ID}/oauth2/v2.0/token", data=form, verify=trust).json()["access_token"]
        answered: list[str] = []
        enough = threading.Event()

        def write(client: int) -> None:
            with httpx.Client(
                base_url=f"{url}/v1.0", verify=trust, headers={"authorization": f"Bearer {token}"}
            ) as http:
                for number in range(10_000):
                    try:
                        answer = http.post("/applications", json={"displayName": f"app {client} {number}"})
                    except httpx.TransportError:
                        return
                    assert answer.status_code == 201
                    answered.append(answer.json()["id"])
                    if len(answered) > 100:
                        enough.set()

        with ThreadPoolExecutor(CLIENTS) as pool:
            writing = [pool.submit(write, client) for client in range(CLIENTS)]
            assert enough.wait(60)
            os.kill(server.pid, signal.SIGKILL)
            for writer in writing:
                writer.result()
    with Emulator.open(state) as emulator:
        kept = {row["id"] for row in emulator.snapshot()["applications"]}
    assert len(answered) > 100
    assert set(answered) <= kept
