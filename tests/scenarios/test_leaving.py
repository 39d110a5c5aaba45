"""Leaving: what an adopted application keeps when its stack is destroyed, and how one keeps the applications."""

from __future__ import annotations

from lockstep.emulator import Emulator
from tests.scenarios.estate import NEW_SPFX, REGISTRATIONS, Estate, consents, of_apps, our_writes, principal


def test_applications_named_as_adopted_outlive_the_stack_without_our_consents() -> None:
    emulator = Emulator.open()
    new = principal(emulator, app_id=NEW_SPFX)["id"]
    theirs = consents(emulator, new)
    estate = Estate(emulator, settings={"lockstep:vendors": '["atlas"]'})
    assert estate.up().exit_code == 0
    ids = {each["id"] for each in emulator.snapshot()["applications"]}
    adopted = {key: {"displayName": name} for key, name in REGISTRATIONS.items()}
    uri = next(each for each in emulator.snapshot()["applications"] if each["displayName"] == "Atlas.ConneX API")
    adopted["connex-api"]["identifierUris"] = uri["identifierUris"]
    estate.change(of_apps({key: {"adopted": entry} for key, entry in adopted.items()}))
    writes = our_writes(emulator)
    assert estate.up().exit_code == 0
    assert our_writes(emulator) == writes
    assert estate.destroy().exit_code == 0
    assert {each["id"] for each in emulator.snapshot()["applications"]} == ids
    for name in REGISTRATIONS.values():
        assert consents(emulator, principal(emulator, name=name)["id"]) == set()
    assert consents(emulator, new) == theirs
    tags = [tag for each in emulator.snapshot()["applications"] for tag in each["tags"]]
    assert not [tag for tag in tags if tag.startswith("lockstep-claim")]
