"""Every permission of every app is looked up before the first write, and all that the tenant lacks is named at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import GRAPH, SHAREPOINT
from lockstep.emulator import Emulator
from tests.command.conftest import Command


def _tenant(project: Path) -> Emulator:
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    return Emulator.open(folder / "emulator.sqlite", profile="both-spfx")


def _principals(emulator: Emulator, app_id: str) -> Any:
    table = emulator.tenant.store["servicePrincipals"]
    return next(row for row in table.rows.values() if row["appId"] == app_id)


def _without_sharepoint(emulator: Emulator) -> None:
    emulator.tenant.principals.delete(_principals(emulator, SHAREPOINT))


def _changed_on_graph(emulator: Emulator) -> None:
    """Disable one permission that both vendors' apps want, and call another one something else."""
    row = _principals(emulator, GRAPH)
    roles = [{**role, "isEnabled": False} if role["value"] == "Sites.Read.All" else role for role in row["appRoles"]]
    scopes = [
        {**scope, "value": "Mail.Post"} if scope["value"] == "Mail.Send" else scope
        for scope in row["oauth2PermissionScopes"]
    ]
    emulator.tenant.store.put("servicePrincipals", {**row, "appRoles": roles, "oauth2PermissionScopes": scopes})


ABSENT = "the tenant has no service principal of Office 365 SharePoint Online"
DISABLED = "this tenant's Microsoft Graph lists it as disabled: Microsoft Graph · application · Sites.Read.All"
RENAMED = "this tenant's Microsoft Graph does not offer it under that name, type and id"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ((_without_sharepoint,), (ABSENT,)),
        ((_without_sharepoint, _changed_on_graph), (ABSENT, DISABLED, RENAMED)),
    ],
    ids=["an API is absent", "everything that is amiss comes at once"],
)
def test_b3_nothing_is_written_before_everything_was_looked_up(
    change: Any, named: tuple[str, ...], project: Path, lockstep: Command
) -> None:
    with _tenant(project) as emulator:
        with emulator.tenant.store.transaction():
            for each in change:
                each(emulator)
        before = emulator.snapshot()
    for verb in ("preview", "up"):
        done = lockstep(verb)
        assert done.code == 1
        assert "nothing was written: " in done.err
        for words in named:
            assert words in done.err
    with _tenant(project) as emulator:
        assert emulator.snapshot() == before
    doctor = lockstep("doctor", "--json")
    assert doctor.code == 1
    found = [check for check in doctor.document["checks"] if check["name"] == "permissions"]
    assert len(found) == len(named)
    for check, words in zip(sorted(found, key=lambda check: str(check["found"])), sorted(named), strict=True):
        assert check["health"] == "fail"
        assert words in check["found"]
        assert check["fix"]


def test_b3_the_doctor_says_that_everything_is_offered(project: Path, lockstep: Command) -> None:
    _tenant(project).close()
    (found,) = [each for each in lockstep("doctor", "--json").document["checks"] if each["name"] == "permissions"]
    assert found["health"] == "ok"
