"""What a release leaves behind for every later one to take over: settings, deployment state, the tenant beneath it.

`python -m tests.upgrades.recording NAME` records the present release in the folder NAME, once, before it is published.
A recorded folder is never changed afterwards: it is what users have.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from lockstep.emulator import Emulator
from tests.scenarios.estate import HOST, Estate

HERE = Path(__file__).parent
SETTINGS = {"lockstep:editions": '{"atlas": "2025-03-01", "atera": "2026-11-22"}'}
_LISTS = ("appRoles", "oauth2PermissionScopes")


def recordings() -> list[Path]:
    """Return the folders of the releases recorded so far, oldest first."""
    return sorted(each for each in HERE.iterdir() if (each / "state.json").is_file())


def record(folder: Path) -> None:
    """Deploy the whole estate with pinned editions and write down what is there then."""
    folder.mkdir()
    os.environ["ARM_METADATA_HOSTNAME"] = HOST
    emulator = Emulator.open(profile="both-spfx")
    estate = Estate(emulator, settings=SETTINGS, state=folder / "state.json")
    assert estate.up().exit_code == 0
    _write(folder / "tenant.json", _trimmed(emulator))
    _write(folder / "settings.json", SETTINGS)


def replay(folder: Path) -> Emulator:
    """Return an emulator that holds the tenant of a recorded release."""
    emulator = Emulator.open(profile="both-spfx")
    rows = json.loads((folder / "tenant.json").read_text(encoding="utf-8"))
    store = emulator.tenant.store
    lists = {row["appId"]: row for row in store["servicePrincipals"].rows.values()}
    for table, objects in rows.items():
        for ident in list(store[table].rows):
            store.remove(table, ident)
        for row in objects:
            if table == "servicePrincipals":
                row = {**{name: lists.get(row["appId"], {}).get(name, []) for name in _LISTS}, **row}
            store.put(table, row)
    return emulator


def _trimmed(emulator: Emulator) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that a deployment touches; Microsoft's long lists are in every release's own profile."""
    tables = ("applications", "servicePrincipals", "oauth2PermissionGrants", "appRoleAssignments")
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        rows = [dict(row) for row in emulator.tenant.store[table].rows.values()]
        for row in rows:
            if table == "servicePrincipals" and len(row["appRoles"]) + len(row["oauth2PermissionScopes"]) > 10:
                for name in _LISTS:
                    row.pop(name)
        found[table] = rows
    return found


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(HERE / sys.argv[1])
