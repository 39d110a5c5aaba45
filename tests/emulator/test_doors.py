"""The suite goes through the door that it was told to, and no other."""

from __future__ import annotations

import pytest

from lockstep.emulator import Emulator
from tests.emulator import doors
from tests.emulator.client import BASE, Client

DOORS = ("process", "tls")


@pytest.mark.parametrize("door", DOORS)
def test_requests_go_through_the_chosen_door(monkeypatch: pytest.MonkeyPatch, entra: Emulator, door: str) -> None:
    monkeypatch.setenv("LOCKSTEP_DOOR", door)
    with Client(entra) as client:
        client.application("Here")
    assert {entry["door"] for entry in entra.log} == {door}


def test_this_run_goes_through_the_door_of_its_environment(graph: Client) -> None:
    graph.get("/applications")
    assert {entry["door"] for entry in graph.emulator.log} == {doors.chosen()}


@pytest.mark.parametrize("door", DOORS)
def test_each_client_has_an_emulator_of_its_own(monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    monkeypatch.setenv("LOCKSTEP_DOOR", door)
    with Emulator.open() as one, Emulator.open() as other, Client(one) as first, Client(other) as second:
        for client, name in ((first, "One"), (second, "Other"), (first, "One more")):
            client.application(name)
        names = [[app["displayName"] for app in client.get("/applications")["value"]] for client in (first, second)]
    assert names[0][-2:] == ["One", "One more"]
    assert names[1][-1:] == ["Other"]


def test_both_doors_give_the_same_answer(monkeypatch: pytest.MonkeyPatch, entra: Emulator) -> None:
    answers = []
    for door in DOORS:
        monkeypatch.setenv("LOCKSTEP_DOOR", door)
        with Client(entra) as client:
            answer = client.send("GET", f"{BASE}/v1.0/servicePrincipals?$top=1&$select=appId,displayName")
            answers.append((answer.status_code, answer.headers["content-type"], answer.json()))
    assert answers[0] == answers[1]
    assert answers[0][2]["@odata.nextLink"].startswith(BASE)


def test_unknown_door_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_DOOR", "window")
    with pytest.raises(pytest.UsageError, match="allowed: process, tls"):
        doors.chosen()
