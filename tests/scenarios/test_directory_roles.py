"""A stack that gives a vendor's app a documented directory role: its whole life, and who loses nothing by it."""

from __future__ import annotations

from typing import Any

from lockstep.emulator import Emulator
from tests.conftest import REPOSITORY
from tests.scenarios.estate import Estate, of_apps, our_writes, principal
from tests.vendors import ATERA_CLIENT_ID

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
GIVES = {"clientId": ATERA_CLIENT_ID, "directoryRoles": ["User Administrator"]}


def giving(emulator: Emulator, **more: Any) -> Estate:
    settings = {"lockstep:vendors": '["atera"]', **of_apps({"atera": GIVES})}
    return Estate(emulator, settings=settings, packs=(REPOSITORY / "policy",), **more)


def roles(emulator: Emulator) -> set[str]:
    atera = principal(emulator, app_id=ATERA_CLIENT_ID)["id"]
    return {row["roleDefinitionId"] for row in emulator.tenant.roles.table.by("principalId", atera)}


def test_i13_the_role_comes_with_the_stack_and_goes_with_it() -> None:
    emulator = Emulator.open(profile="fresh")
    before = emulator.snapshot()["servicePrincipals"]
    estate = giving(emulator)
    preview = estate.preview()
    assert preview.exit_code == 0
    up = estate.up()
    assert up.exit_code == 0
    assert roles(emulator) == {USER_ADMINISTRATOR}
    writes = our_writes(emulator)
    assert estate.up(refresh=True).exit_code == 0
    assert our_writes(emulator) == writes
    assert estate.destroy().exit_code == 0
    assert emulator.snapshot()["servicePrincipals"] == before
    assert not [
        row for row in emulator.tenant.roles.table.rows.values() if row["roleDefinitionId"] == USER_ADMINISTRATOR
    ]


def test_i13_taken_out_of_the_stack_the_role_goes_and_another_one_stays() -> None:
    emulator = Emulator.open(profile="fresh")
    estate = giving(emulator)
    assert estate.up().exit_code == 0
    emulator.tenant.roles.assign(principal(emulator, app_id=ATERA_CLIENT_ID)["id"], GLOBAL_READER)
    estate.change(of_apps({"atera": {"directoryRoles": []}}))
    assert estate.up().exit_code == 0
    assert roles(emulator) == {GLOBAL_READER}


def test_i13_what_was_taken_away_by_hand_comes_back_with_a_refresh() -> None:
    emulator = Emulator.open(profile="fresh")
    estate = giving(emulator)
    assert estate.up().exit_code == 0
    for row in list(emulator.tenant.roles.table.by("principalId", principal(emulator, app_id=ATERA_CLIENT_ID)["id"])):
        emulator.tenant.roles.delete(row)
    assert estate.up(refresh=True).exit_code == 0
    assert roles(emulator) == {USER_ADMINISTRATOR}


def test_i13_a_role_from_before_the_stack_outlives_it() -> None:
    emulator = Emulator.open(profile="brownfield")
    assert roles(emulator) == {USER_ADMINISTRATOR}
    estate = giving(emulator)
    assert estate.up().exit_code == 0
    assert estate.destroy().exit_code == 0
    assert roles(emulator) == {USER_ADMINISTRATOR}
