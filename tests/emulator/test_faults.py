"""Faults on demand, and the callbacks around each write."""

from __future__ import annotations

import time

import httpx
import pytest

from lockstep.emulator import Write
from tests.emulator.client import Client
from tests.emulator.doors import in_process

BODY = {"displayName": "An app"}


class Killed(BaseException):
    """What a test throws to end a client in the middle of its work."""


def names(graph: Client) -> list[str]:
    return [row["displayName"] for row in graph.emulator.snapshot()["applications"]]


def test_status_and_retry_after_once(graph: Client) -> None:
    graph.emulator.faults.add(method="POST", path="/v1.0/applications", status=429, retry_after=2)
    answer = graph.send("POST", "/applications", json=BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert "An app" not in names(graph)
    assert graph.status("POST", "/applications", BODY) == (201, "")


def test_failure_after_the_work_was_done(graph: Client) -> None:
    graph.emulator.faults.add(method="POST", status=504, after=True)
    assert graph.status("POST", "/applications", BODY) == (504, "GatewayTimeout")
    assert "An app" in names(graph)


@pytest.mark.parametrize("after", [False, True])
def test_lost_connection(graph: Client, after: bool) -> None:
    graph.emulator.faults.add(drop=True, after=after)
    with pytest.raises(httpx.RemoteProtocolError):
        graph.send("POST", "/applications", json=BODY)
    assert ("An app" in names(graph)) is after


def test_rule_lets_some_pass_and_can_be_any_predicate(graph: Client) -> None:
    graph.emulator.faults.add(when=lambda method, path: path.endswith("/organization"), skip=1, times=2)
    assert [graph.status("GET", "/organization")[0] for _ in range(4)] == [200, 503, 503, 200]


def test_failure_inside_a_batch_that_succeeds(graph: Client) -> None:
    graph.emulator.faults.add(path="/v1.0/domains", status=429, retry_after=1)
    steps = [{"id": "1", "method": "GET", "url": "/domains"}, {"id": "2", "method": "GET", "url": "/organization"}]
    first, second = graph.post("/$batch", {"requests": steps})["responses"]
    assert (first["status"], first["headers"]["Retry-After"], second["status"]) == (429, "1", 200)


def test_latency_for_each_request(graph: Client) -> None:
    graph.emulator.faults.latency = 0.05
    start = time.perf_counter()
    graph.get("/organization")
    assert time.perf_counter() - start >= 0.05


@in_process("a client of another process does not see what is raised in the server")
@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_client_killed_around_a_write(graph: Client, when: str, done: bool) -> None:
    def kill(write: Write) -> None:
        if write.when == when:
            raise Killed

    graph.emulator.on_write.append(kill)
    with pytest.raises(Killed):
        graph.send("POST", "/applications", json=BODY)
    graph.emulator.on_write.clear()
    assert ("An app" in names(graph)) is done


def test_writes_are_numbered_and_reads_are_none(graph: Client) -> None:
    writes: list[Write] = []
    graph.emulator.on_write.append(writes.append)
    graph.get("/applications")
    graph.post("/directoryObjects/getByIds", {"ids": []})
    graph.application()
    graph.status("DELETE", "/applications/nobody")
    assert [(write.when, write.number, write.method) for write in writes] == [
        ("before", 1, "POST"),
        ("after", 1, "POST"),
        ("before", 2, "DELETE"),
    ]


def test_faults_over_http(graph: Client) -> None:
    rule = {"method": "GET", "path": "/v1.0/domains", "status": 500, "times": 1}
    assert graph.send("PUT", "/_emulator/faults", json={"latency": 0, "rules": [rule]}).status_code == 200
    assert graph.get("/_emulator/faults")["rules"][0]["status"] == 500
    assert graph.status("GET", "/domains") == (500, "InternalServerError")
    graph.send("PUT", "/_emulator/faults", json={"rules": [{"times": None}]})
    assert graph.status("GET", "/domains")[0] == graph.status("GET", "/domains")[0] == 503
    assert graph.send("DELETE", "/_emulator/faults").status_code == 204
    assert graph.status("GET", "/domains") == (200, "")


@pytest.mark.parametrize(
    "body", [[], {"delay": 1}, {"latency": -1}, {"rules": {}}, {"rules": [{"x": 1}]}, {"rules": [{"status": 200}]}]
)
def test_malformed_faults_are_refused(graph: Client, body: object) -> None:
    assert graph.send("PUT", "/_emulator/faults", json=body).status_code == 400
