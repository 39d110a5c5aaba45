"""Trim a recording of the real azuread provider to what a replay needs, and play it against an emulator.

Requests are the provider's own. Answers were a stand-in's: only their status, the names of their properties and the ids
that later requests use are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID
from tests.vendors import ATERA_CLIENT_ID

DATA = Path(__file__).parent / "data"
PHASES = (
    "01-preview",
    "02-create",
    "03-noop-refresh",
    "04-preview-expect-no-changes",
    "05-update",
    "06-drift-preview",
    "07-heal",
    "08-import",
    "09-upgrade-after-import",
    "10-destroy",
)
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RECORDED_TENANT = "11111111-1111-1111-1111-111111111111"
RECORDED_ATERA = "33333333-3333-3333-3333-333333333333"
RECORDED_CALLER = "6674cf76-5fcd-4b60-a238-933438e14da0"
_IDS = ("id", "appId", "keyId")
# What the stand-in kept on an object or echoed, and Graph does not answer with.
_STAND_IN = {"_fic", "_owners", "federated", "owners@odata.bind", "@odata.type", "secrets"}


def trim(line: str) -> dict[str, Any]:
    """Return one recorded request as the replay needs it."""
    entry = json.loads(line)
    response = entry["response"] if isinstance(entry["response"], dict) else {}
    values = response.get("value")
    first = values[0] if isinstance(values, list) and values else None
    shown = first if isinstance(first, dict) else response
    return {
        "ids": {name: shown[name] for name in _IDS if name in shown},
        "keys": sorted(set(response) - _STAND_IN),
        "item": sorted(set(first) - _STAND_IN) if isinstance(first, dict) else None,
        "method": entry["method"],
        "path": entry["path"],
        "request": entry["request"],
        "status": entry["status"],
    }


def trimmed(source: Path) -> str:
    """Return a whole recording, trimmed."""
    lines = [json.dumps(trim(line), sort_keys=True) for line in source.read_text("utf-8").splitlines()]
    return "\n".join(lines) + "\n"


def load(phase: str) -> Iterator[dict[str, Any]]:
    """Return the trimmed requests of a phase."""
    for line in (DATA / f"{phase}.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)


class Mapping:
    """Recorded ids, and what the same things are called here."""

    def __init__(self, caller: str) -> None:
        self.known = {RECORDED_TENANT: TENANT_ID, RECORDED_ATERA: ATERA_CLIENT_ID, RECORDED_CALLER: caller}

    def translate(self, text: str) -> str:
        """Return a text with every known id replaced."""
        return GUID.sub(lambda match: self.known.get(match[0], match[0]), text)

    def learn(self, recorded: dict[str, Any], answer: dict[str, Any]) -> None:
        """Remember what an answer calls the things that the recorded one named."""
        values = answer.get("value")
        shown = values[0] if isinstance(values, list) and values else answer
        for name, old in recorded.items():
            if name in shown:
                self.known[old] = shown[name]

    def body(self, request: Any) -> dict[str, Any]:
        """Return what httpx needs to send a recorded body."""
        if request is None:
            return {}
        if isinstance(request, str):
            content = self.translate(request).replace("22222222-2222-2222-2222-222222222222", DEPLOYER_CLIENT_ID)
            content = content.replace("client_secret=s&", f"client_secret={DEPLOYER_SECRET}&")
            return {"content": content, "headers": {"content-type": "application/x-www-form-urlencoded"}}
        return {"json": json.loads(self.translate(json.dumps(request)))}
