"""Every request that the real azuread provider made over a whole life cycle gets the right status and shape."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lockstep.emulator import DEPLOYER_CLIENT_ID, Emulator
from tests.emulator.client import BASE, Client
from tests.emulator.recordings import DATA, PHASES, Mapping, load, trimmed
from tests.vendors import ATERA_CLIENT_ID

# Between these two phases somebody took this role assignment away, through Graph.
_DRIFT_BEFORE, _TAKEN_AWAY = "06-drift-preview", "32cb8237-2a10-45f1-8fc4-89c309ffde05"


def _missing(entry: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Return the properties that the recorded answer had and this one lacks."""
    selected = parse_qs(urlsplit(entry["path"]).query).get("$select")
    properties: Iterable[str] = selected[0].split(",") if selected else entry["keys"]
    missing = [name for name in properties if name not in answer]
    if entry["item"]:
        missing += [name for name in entry["item"] if name not in answer["value"][0]]
    return missing


def test_recordings_are_answered_with_status_and_shape(entra: Emulator) -> None:
    with Client(entra) as client:
        deployer = client.get(f"/servicePrincipals(appId='{DEPLOYER_CLIENT_ID}')?$select=id")
        client.post("/servicePrincipals", {"appId": ATERA_CLIENT_ID})
        mapping = Mapping(deployer["id"])
        graph_id = client.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id")["id"]
        count = 0
        for phase in PHASES:
            if phase == _DRIFT_BEFORE:
                taken = mapping.known[_TAKEN_AWAY]
                path = f"/servicePrincipals/{graph_id}/appRoleAssignedTo/{taken}"
                assert client.status("DELETE", path) == (204, "")
            for entry in load(phase):
                url = BASE + mapping.translate(entry["path"])
                answer = client.send(entry["method"], url, **mapping.body(entry["request"]))
                told = f"{phase}: {entry['method']} {entry['path']}: {answer.text[:500]}"
                assert answer.status_code == entry["status"], told
                if answer.content and answer.is_success:
                    assert _missing(entry, answer.json()) == [], told
                    mapping.learn(entry["ids"], answer.json())
                count += 1
    assert count == 904


@pytest.mark.parametrize("phase", PHASES)
def test_recordings_kept_here_are_those_of_the_source(phase: str, shared: Path) -> None:
    source = shared / "recordings" / "graph" / f"{phase}.jsonl"
    assert (DATA / f"{phase}.jsonl").read_text("utf-8") == trimmed(source)
