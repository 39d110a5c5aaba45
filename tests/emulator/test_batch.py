"""JSON batching."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client

JSON = {"Content-Type": "application/json"}


def step(ident: str, method: str = "GET", url: str = "/applications?$top=1", **values: Any) -> dict[str, Any]:
    return {"id": ident, "method": method, "url": url, **values}


def create(ident: str, name: str, **values: Any) -> dict[str, Any]:
    return step(ident, "POST", "/applications", body={"displayName": name}, headers=JSON, **values)


def answers(graph: Client, *steps: dict[str, Any]) -> dict[str, int]:
    responses = graph.post("/$batch", {"requests": list(steps)})["responses"]
    return {entry["id"]: entry["status"] for entry in responses}


def test_each_step_gets_its_own_answer(graph: Client) -> None:
    body = {"requests": [create("1", "A"), step("2", url="/nothing"), step("3", "DELETE", "applications/nobody")]}
    responses = {entry["id"]: entry for entry in graph.post("/$batch", body)["responses"]}
    assert {ident: entry["status"] for ident, entry in responses.items()} == {"1": 201, "2": 501, "3": 404}
    assert responses["1"]["body"]["displayName"] == "A"
    assert responses["3"]["body"]["error"]["code"] == "Request_ResourceNotFound"


def test_failed_dependency_stops_what_depends_on_it_only(graph: Client) -> None:
    statuses = answers(
        graph, create("1", ""), create("2", "B", dependsOn=["1"]), create("3", "C", dependsOn=["2"]), create("4", "D")
    )
    assert statuses == {"1": 400, "2": 424, "3": 424, "4": 201}
    assert [row["displayName"] for row in graph.get("/applications")["value"]] == ["Lockstep deployer", "D"]


def test_dependencies_decide_the_order(graph: Client) -> None:
    answers(graph, create("late", "Late", dependsOn=["early"]), create("early", "Early"))
    assert [row["displayName"] for row in graph.get("/applications")["value"]][1:] == ["Early", "Late"]


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [step(str(number)) for number in range(21)],
        [step("1"), step("1")],
        [step("1", dependsOn=["2"])],
        [step("1", dependsOn=["2"]), step("2", dependsOn=["1"])],
        [step("1", "BREW")],
        [step("1", url="https://elsewhere.test/v1.0/me")],
        [{"method": "GET", "url": "/me"}],
        [step("1", "POST", "/applications", body={"displayName": "x"})],
    ],
)
def test_malformed_batch_does_nothing(graph: Client, steps: list[Any]) -> None:
    before = graph.emulator.snapshot()
    assert graph.status("POST", "/$batch", {"requests": steps}) == (400, "BadRequest")
    assert graph.emulator.snapshot() == before


def test_batch_holds_twenty_but_no_batch(graph: Client) -> None:
    assert set(answers(graph, *[step(str(number)) for number in range(20)]).values()) == {200}
    assert answers(graph, step("1", "POST", "/$batch", body={"requests": []}, headers=JSON)) == {"1": 400}


def test_log_marks_what_came_in_a_batch(graph: Client) -> None:
    graph.emulator.log.clear()
    answers(graph, create("1", "A"), step("2"))
    told = [(entry["path"], entry["batch"], entry["write"], entry["status"]) for entry in graph.emulator.log]
    assert told == [
        ("/v1.0/applications", True, True, 201),
        ("/v1.0/applications", True, False, 200),
        ("/v1.0/$batch", False, False, 200),
    ]
