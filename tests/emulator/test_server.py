"""The TLS door: found, trusted, ended; and clients that are not ours."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.identity import ClientSecretCredential

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID, find_server, run_server
from lockstep.emulator import server as server_module
from lockstep.emulator.server import record_path
from lockstep.emulator.testing import RunningServer, running
from lockstep.errors import UsageError

_SERVE = """
import pathlib, sys
from lockstep.emulator import run_server
run_server(pathlib.Path(sys.argv[1]), 0, on_ready=lambda url: print("ready", url, flush=True))
print("ended", flush=True)
"""


def client(server: RunningServer) -> httpx.Client:
    return httpx.Client(verify=ssl.create_default_context(cafile=server.ca), base_url=server.url)


def token(server: RunningServer, scope: str) -> str:
    """Return a token that azure-identity got."""
    credential = ClientSecretCredential(
        TENANT_ID,
        DEPLOYER_CLIENT_ID,
        DEPLOYER_SECRET,
        authority=server.url,
        connection_verify=server.ca,
        disable_instance_discovery=True,
    )
    with credential:
        return credential.get_token(scope).token


@pytest.mark.parametrize("scope", ["{url}/.default", "https://graph.microsoft.com/.default"])
def test_azure_identity_gets_a_token_that_graph_takes(entra_server: RunningServer, scope: str) -> None:
    bearer = token(entra_server, scope.format(url=entra_server.url))
    with client(entra_server) as http:
        answer = http.get("/v1.0/organization", headers={"authorization": f"Bearer {bearer}"})
        assert answer.json()["value"][0]["id"] == TENANT_ID
        assert http.get("/_emulator/log").json()["entries"][-1]["door"] == "tls"


def test_certificate_is_not_trusted_by_everyone(entra_server: RunningServer) -> None:
    with httpx.Client(base_url=entra_server.url) as http, pytest.raises(httpx.ConnectError):
        http.get("/metadata/endpoints")


def test_metadata_names_this_server(entra_server: RunningServer) -> None:
    with client(entra_server) as http:
        metadata = http.get("/metadata/endpoints?api-version=2022-09-01").json()
    assert metadata["authentication"]["loginEndpoint"] == metadata["microsoftGraphResourceId"] == f"{entra_server.url}/"


def test_lost_connection_is_one(entra_server: RunningServer) -> None:
    entra_server.emulator.faults.add(drop=True)
    with client(entra_server) as http, pytest.raises(httpx.RemoteProtocolError):
        http.get("/metadata/endpoints")


@pytest.mark.entra(profile="no-spfx")
def test_marker_chooses_the_profile(entra_server: RunningServer) -> None:
    assert entra_server.emulator.profile == "no-spfx"


def test_certificates_are_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(state) as first:
        before = Path(first.ca).read_bytes()
    with running(state) as second:
        assert Path(second.ca).read_bytes() == before
    assert (tmp_path / "state.leaf.pem").stat().st_mode & 0o077 == 0


def test_sigterm_ends_it_cleanly_and_it_is_found_while_it_runs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "-c", _SERVE, str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        server = find_server(state)
        assert server is not None
        assert (server.url, server.pid, Path(server.ca).exists()) == (url, process.pid, True)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert (out, err, process.returncode) == ("ended\n", "", 0)
    assert find_server(state) is None
    assert not record_path(state).exists()


def test_server_enforces_permissions_when_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lockstep.cli", "emulator", "serve", "--port", "0", "--enforce-permissions"]
    command += ["--state", str(tmp_path / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[1]
            server = find_server(tmp_path / "state")
            assert server is not None
            trust = ssl.create_default_context(cafile=server.ca)
            with httpx.Client(base_url=url, verify=trust) as http:
                form = {
                    "client_id": DEPLOYER_CLIENT_ID, "client_secret": DEPLOYER_SECRET,
                    "grant_type": "client_credentials", "scope": f"{url}/.default",
                }  # fmt: skip
                signed = http.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=form).json()["access_token"]
                head = {"authorization": f"Bearer {signed}"}
                assert http.get("/v1.0/groups", headers=head).status_code == 200
                assert http.get("/v1.0/auditLogs/directoryAudits", headers=head).status_code == 403
        finally:
            process.send_signal(signal.SIGTERM)


def test_record_that_was_left_behind_is_no_server(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert find_server(state) is None
    record_path(state).write_text(json.dumps({"pid": os.getpid(), "port": 1, "ca": "x"}), "utf-8")
    assert find_server(state) is None
    record_path(state).write_text("{", "utf-8")
    assert find_server(state) is None


@pytest.mark.parametrize("servers", [1, 2])
def test_where_no_port_is_asked_for_a_taken_one_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, ExitStack() as cleanup:
        usual = taken.getsockname()[1]
        monkeypatch.setattr(server_module, "PORT", usual)
        if servers == 2:
            taken.close()  # the first of them takes the usual port
        served = [cleanup.enter_context(running(tmp_path / str(number), port=None)) for number in range(servers)]
        for server in served:
            with client(server) as http:
                assert http.get("/metadata/endpoints?api-version=2022-09-01").status_code == 200
    assert len({*(server.url for server in served), f"https://localhost:{usual}"}) == 2


def test_an_idle_connection_is_closed_by_the_client_and_not_by_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled: list[float] = []
    later = asyncio.BaseEventLoop.call_later

    def call_later(loop: asyncio.BaseEventLoop, delay: float, callback: Any, *args: Any, **more: Any) -> Any:
        if "timeout_keep_alive" in getattr(callback, "__name__", ""):
            scheduled.append(delay)
        return later(loop, delay, callback, *args, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_later", call_later)
    with running(tmp_path / "state") as server, client(server) as http:
        http.get("/metadata/endpoints?api-version=2022-09-01")
    assert scheduled
    assert min(scheduled) > 90  # what Go's clients keep, and with them azuread's


def test_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="--port"):
        run_server(tmp_path / "state", taken.getsockname()[1])
