"""A documented directory role that the stack gives, in the commands: doctor, up, audit, show, and the gate's lines."""

from __future__ import annotations

from pathlib import Path

from lockstep.emulator import Emulator
from tests.command.conftest import Command, set_app
from tests.vendors import ATERA_CLIENT_ID

GIVES = {"directoryRoles": ["User Administrator"]}


def take_away(project: Path) -> None:
    """Take every directory role away from Atera's principal, as an administrator would."""
    with Emulator.open(project / ".lockstep" / "dev" / "emulator.sqlite") as emulator:
        principal = emulator.tenant.principals.get(ATERA_CLIENT_ID, "appId")
        for row in list(emulator.tenant.roles.table.by("principalId", principal["id"])):
            emulator.tenant.roles.delete(row)


def test_i13_a_role_that_somebody_takes_away_is_seen_and_put_back_by_what_the_audit_says(
    lockstep: Command, project: Path
) -> None:
    set_app(project, "atera", GIVES)
    up = lockstep("up", "--using", "rehearsal")
    assert up.code == 0, up.err
    assert "right to give directory roles" in lockstep("doctor").out
    assert "directory role: User Administrator" in lockstep("show").out
    clean = lockstep("audit", "--stack", "dev")
    assert "User Administrator in the whole tenant, which its vendor documents" in clean.out
    take_away(project)
    found = lockstep("audit", "--stack", "dev")
    assert found.code == 1
    assert "lacks the directory role User Administrator, which the stack gives it" in found.out
    (fix,) = {line for line in found.out.splitlines() if "fix:" in line and "`lockstep up" in line}
    for typed in fix.split("`")[1::2]:
        assert lockstep(*typed.split()[1:]).code == 0
    assert lockstep("audit", "--stack", "dev").code == 0


def test_i13_up_says_what_its_read_back_misses(lockstep: Command, project: Path) -> None:
    set_app(project, "atera", GIVES)
    assert lockstep("up", "--using", "rehearsal").code == 0
    take_away(project)
    again = lockstep("up", "--using", "rehearsal")
    assert again.code == 1
    fix = "`lockstep refresh --stack dev`, then `lockstep up --stack dev`"
    assert f"lacks directory role User Administrator; to fix: {fix}" in again.err


def test_i13_a_role_that_is_not_documented_is_refused_with_those_that_are(lockstep: Command, project: Path) -> None:
    set_app(project, "atera", {"directoryRoles": ["User Administrators"]})
    refused = lockstep("preview", "--using", "rehearsal")
    assert refused.code == 2
    assert "apps.atera.directoryRoles" in refused.err
    assert "did you mean 'User Administrator'?" in refused.err
