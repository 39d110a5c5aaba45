"""Others are at work while Entra is at its worst: a second stack, another writer; and every run has an end."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lockstep.catalogue import GRAPH
from lockstep.deployment import UNKNOWN
from tests.scenarios.estate import NO_OPTIONAL, Estate, consents, documented, held, of_apps, our_writes, principal
from tests.scenarios.test_survival import LONGEST, PLANS, SEEDS, finished
from tests.scenarios.test_whole_estate import assert_exact, spfx_principals
from tests.scenarios.unkind import MIX, OURS, THEIRS, opened, repeated_blindly, set_faults, settle

pytestmark = pytest.mark.kind  # these set faults of their own
SOAK = os.environ.get("LOCKSTEP_SOAK") == "1"
FAULTS = list(PLANS) if SOAK else ["all of it"]
WRITERS: dict[str, dict[str, Any]] = {
    "undoes ours": {"when": "after", "add": []},
    "undoes ours and adds": {"when": "after", "add": ["Chat.Read"], "times": 2},
}
ATLAS = {"lockstep:vendors": '["atlas"]'}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_two_stacks_on_one_tenant_under_each_fault(fault: str, seed: int) -> None:
    """Both go up, one goes down, the other is whole; then it goes too, and the tenant is as it was."""
    emulator = opened("both-spfx")
    before = held(emulator)
    foreign = {client: consents(emulator, client) for client in spfx_principals(emulator)}
    production = Estate(emulator, "dev", ATLAS)
    test = Estate(emulator, "test", {**ATLAS, "lockstep:nameSuffix": "Test"})
    set_faults(emulator, PLANS[fault], seed, spare=[THEIRS])
    for stack in (production, test):
        finished(stack)
        emulator.clock.advance(60)
    both = {client: consents(emulator, client) for client in foreign}
    for client, theirs in foreign.items():
        assert both[client] >= theirs | documented(emulator, "atlas", "2025-03-01", "spfx")
        assert both[client] >= theirs | documented(emulator, "atlas", "2025-03-01", "spfx", suffix=" Test")
    own_api = principal(emulator, name="Atlas.ConneX API")["appId"]
    finished(production, "destroy")
    emulator.clock.advance(60)
    for client in foreign:
        assert consents(emulator, client) == {entry for entry in both[client] if entry[0] != own_api}
    writes = our_writes(emulator)
    assert not finished(test)[-1].changed
    assert our_writes(emulator) == writes
    finished(test, "destroy")
    assert repeated_blindly(emulator.log, OURS) == []
    settle(emulator)
    assert held(emulator) == before


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("writer", WRITERS)
def test_another_writer_within_the_mix_is_made_good_by_the_next_run(writer: str, seed: int) -> None:
    """A late replica may hide what the other one undid until the next refresh; that run ends exact."""
    emulator = opened("both-spfx")
    foreign = {client: consents(emulator, client) for client in spfx_principals(emulator)}
    estate = Estate(emulator)
    set_faults(emulator, {**MIX, "writer": WRITERS[writer]}, seed, spare=[THEIRS])
    finished(estate)
    emulator.clock.advance(60)
    refreshed = estate.up(refresh=True)
    for _ in range(3):
        emulator.clock.advance(60)
        if not refreshed.exit_code and not refreshed.changed:
            break
        refreshed = estate.up(refresh=True)
    assert refreshed.exit_code == 0, refreshed.diagnostics
    settle(emulator)
    assert_exact(emulator)
    wanted = documented(emulator, "atlas", "2025-03-01", "spfx")
    theirs = {(GRAPH, "delegated", name) for name in WRITERS[writer]["add"]}
    for client, had in foreign.items():
        assert had | wanted <= consents(emulator, client) <= had | wanted | theirs
    assert repeated_blindly(emulator.log, OURS) == []


def test_run_that_is_kept_waiting_ends_in_time_and_the_next_one_finishes() -> None:
    """Each operation keeps to its own deadline or to the run's: which is the nearer depends on who comes first."""
    emulator = opened("both-spfx")
    foreign = {client: consents(emulator, client) for client in spfx_principals(emulator)}
    estate = Estate(emulator)
    begun = emulator.clock()
    # Graph asks for four minutes at every other batch: no operation ever gets past its own deadline.
    set_faults(emulator, {"throttling": {"units": 8, "per": 240}}, 0, spare=[THEIRS])
    stopped = estate.up()
    assert emulator.clock() - begun <= LONGEST + 1
    said = [each.message for each in stopped.diagnostics if each.severity == "error"]
    assert said
    assert all("past the deadline of 300 s" in text or "(LOCKSTEP_RUN_MINUTES" in text for text in said), said
    assert all("what was done stays done; to fix: run " in text for text in said), said
    assert stopped.exit_code == 3
    assert UNKNOWN not in repr(list(emulator.log)), "an app was given the value of one that failed"
    settle(emulator)
    finished(estate)
    assert_exact(emulator)
    for client, had in foreign.items():
        assert consents(emulator, client) == had | documented(emulator, "atlas", "2025-03-01", "spfx")


@pytest.mark.parametrize(("units", "partly"), [(6, False), (16, True)])
def test_run_that_ends_at_its_deadline_has_one_exit_code_whatever_was_written(units: int, partly: bool) -> None:
    """One app, so that nothing else decides the code; with more units Graph takes some of its consents first."""
    emulator = opened()
    settings = {"lockstep:vendors": '["atera"]', **of_apps(NO_OPTIONAL)}
    estate = Estate(emulator, settings=settings, env={"LOCKSTEP_RUN_MINUTES": "1"})
    set_faults(emulator, {"throttling": {"units": units, "per": 240}}, 0)
    stopped = estate.up()
    (failed,) = [step for step in stopped.steps if step.error]
    assert bool(failed.init_errors) is partly
    client = principal(emulator, name="Atera")["id"]
    assert bool(consents(emulator, client)) is partly
    assert failed.error is not None
    assert "past the time that one run may take (LOCKSTEP_RUN_MINUTES" in failed.error
    assert "to fix: run the same command again" in failed.error
    assert stopped.exit_code == 3
    settle(emulator)
    finished(estate)
    assert consents(emulator, client) == documented(emulator, "atera", "2026-11-22", "atera")
