"""The deployment survives what Entra does: it ends exact, or with a clear error and is finished by the next run."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.catalogue import GRAPH
from lockstep.emulator import Emulator, Write
from lockstep.rehearsal import Killed, Result
from tests.provider.harness import Tenant
from tests.scenarios.estate import (
    NEW_SPFX,
    OLD_NAME,
    REGISTRATIONS,
    Estate,
    consents,
    documented,
    edition,
    held,
    of_apps,
    our_writes,
    principal,
)
from tests.scenarios.test_whole_estate import assert_exact, spfx_principals
from tests.scenarios.unkind import FAULTS, MIX, OURS, THEIRS, opened, repeated_blindly, set_faults, settle

pytestmark = pytest.mark.kind  # these set faults of their own
SEEDS = range(int(os.environ.get("LOCKSTEP_SOAK_SEEDS", "1")))
RUNS = 4
LONGEST = 1800.0  # seconds on the tenant's clock that one run may take, however busy Graph is
PLANS = {**FAULTS, "all of it": MIX}
CLEAR = re.compile(r"to fix:|run again|run the same command again|import it|lockstep adopt|failed:|unexpected status")


def finished(estate: Estate, operation: str = "up", *, well: Callable[[Result], bool] | None = None) -> list[Result]:
    """Run until it ends well; every run that does not has said why, in one line, and kept to its time."""
    well = well or (lambda result: result.exit_code == 0)
    results = []
    for _ in range(RUNS):
        begun = estate.emulator.clock()
        results.append(getattr(estate, operation)())
        assert estate.emulator.clock() - begun < LONGEST
        said = [each.message for each in results[-1].diagnostics if each.severity == "error"]
        assert all("\n" not in text and "Traceback" not in text for text in said), said
        if well(results[-1]):
            return results
        assert said, "ended badly without a word"
        estate.emulator.clock.advance(60)
    raise AssertionError(f"not finished after {RUNS} runs: {said}")


def by_hand(emulator: Emulator, *scopes: str) -> None:
    """Grant scopes of Graph on the new SharePoint principal, as an administrator would."""
    tenant = Tenant(emulator)
    asyncio.run(tenant.grant(principal(emulator, app_id=NEW_SPFX)["id"], GRAPH, " ".join(scopes)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", PLANS)
def test_whole_life_of_a_tenant_under_each_fault(fault: str, seed: int) -> None:
    """Create, another edition and back, no change, withdraw, destroy; foreign scopes are there before and after."""
    emulator = opened("both-spfx")
    wanted = sorted(name for _, _, name in documented_scopes())
    by_hand(emulator, wanted[0], "Chat.Read")
    before = held(emulator)
    foreign = {client: consents(emulator, client) for client in spfx_principals(emulator)}
    estate = Estate(emulator, settings=edition(atlas="2025-02-28"))
    set_faults(emulator, PLANS[fault], seed, spare=[THEIRS])
    finished(estate)
    estate.change(edition(atlas="2025-03-01"))
    finished(estate)
    emulator.clock.advance(60)
    assert_exact(emulator)
    for client, theirs in foreign.items():
        assert consents(emulator, client) == theirs | documented(emulator, "atlas", "2025-03-01", "spfx")
    writes = our_writes(emulator)
    assert not finished(estate)[-1].changed
    assert our_writes(emulator) == writes
    estate.change(of_apps({"spfx": {"principals": "new", "withdraw": True}}))
    finished(estate)
    old = principal(emulator, name=OLD_NAME)["id"]
    assert consents(emulator, old) == foreign[old]
    finished(estate, "destroy")
    assert repeated_blindly(emulator.log, OURS) == []
    settle(emulator)
    assert held(emulator) == before


def documented_scopes() -> set[tuple[str, str, str]]:
    """Return what the edition documents for the SharePoint principals, without what the stack exposes itself."""
    from tests.provider.harness import documented as tree
    from tests.provider.harness import names_of

    return {entry for entry in names_of(tree("atlas", "spfx", "2025-03-01")) if entry[0] == GRAPH}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", ["late replicas", "errors after the work", "lost connections", "all of it"])
def test_absent_principal_is_finished_when_it_appears(fault: str, seed: int) -> None:
    emulator = opened("no-spfx")
    estate = Estate(emulator)
    set_faults(emulator, PLANS[fault], seed, spare=[THEIRS])

    def all_else_is_done(result: Result) -> bool:
        said = [each.message for each in result.diagnostics if "run the same command again" in each.message]
        return result.exit_code == 1 and len(said) == 1

    finished(estate, well=all_else_is_done)
    emulator.clock.advance(60)
    asyncio.run(Tenant(emulator).call("POST", "/servicePrincipals", {"appId": NEW_SPFX}))
    finished(estate)
    client = principal(emulator, app_id=NEW_SPFX)["id"]
    assert consents(emulator, client) == documented(emulator, "atlas", "2025-03-01", "spfx")
    assert_exact(emulator)
    assert repeated_blindly(emulator.log, OURS) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("after", [5, 40, 66])
def test_killed_in_the_middle_of_it(after: int, seed: int, tmp_path: Path) -> None:
    emulator = opened("both-spfx")
    before = held(emulator)
    estate = Estate(emulator, state=tmp_path / "state.json")
    set_faults(emulator, MIX, seed, spare=[THEIRS])
    seen: list[Write] = []

    def kill(write: Write) -> None:
        seen.append(write)
        if len([each for each in seen if each.when == "after"]) == after:
            emulator.on_write.clear()
            raise Killed

    emulator.on_write.append(kill)
    with pytest.raises(Killed):
        estate.up()
    emulator.clock.advance(60)
    finished(estate)
    assert_exact(emulator)
    names = [each["displayName"] for each in emulator.snapshot()["applications"]]
    assert len(names) == len(set(names))
    finished(estate, "destroy")
    settle(emulator)
    assert held(emulator) == before


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", ["errors after the work", "lost connections", "revoked tokens", "resource units"])
def test_azuread_meets_it_too_and_what_it_lost_is_named(fault: str, seed: int) -> None:
    """The azuread provider repeats a POST without a look and gives up a lost connection at once.

    What it made and did not record is named with its object id, and stops the next run until somebody has taken it
    away or over; then that run finishes. Nothing of it is ever doubled by us.
    """
    emulator = opened()
    before = held(emulator)
    estate = Estate(emulator)
    # Milder than what our own provider is put to: azuread gives up most of these at once.
    milder = {"errors": {"share": 0.04, "done": 1.0}, "connections": {"share": 0.03}, "tokens": {"requests": 90}}
    kind = next(iter(FAULTS[fault]))
    set_faults(emulator, {kind: milder.get(kind, FAULTS[fault][kind])}, seed)
    for _ in range(12):
        result = estate.up()
        if result.exit_code == 0:
            break
        errors = [each.message for each in result.diagnostics if each.severity == "error"]
        assert errors
        assert all(CLEAR.search(text) for text in errors), errors
        take_away(emulator, errors)
        emulator.clock.advance(60)
    settle(emulator)
    assert estate.up(refresh=True).exit_code == 0
    take_away_doubles(emulator, estate)
    assert_exact(emulator)
    assert not estate.up(refresh=True).changed
    assert estate.destroy().exit_code == 0
    assert held(emulator) == before
    assert repeated_blindly(emulator.log, OURS) == []


def take_away(emulator: Emulator, errors: list[str]) -> None:
    """Delete what the messages name as being there already."""
    for text in errors:
        found = re.search(r"exists already \(object id ([0-9a-f-]{36})\)", text)
        if found is not None:
            table = "servicePrincipals" if text.startswith("a service principal") else "applications"
            asyncio.run(Tenant(emulator).call("DELETE", f"/{table}/{found[1]}"))


def take_away_doubles(emulator: Emulator, estate: Estate) -> None:
    """Delete applications of our names that the state does not know: azuread's POST was done, and sent again."""
    known = {entry.id.rpartition("/")[2] for entry in estate.rehearsal().snapshot().resources}
    for app in emulator.snapshot()["applications"]:
        if app["displayName"] in REGISTRATIONS.values() and app["id"] not in known:
            posts = [e for e in emulator.log if e["path"] == "/v1.0/applications" and e["method"] == "POST"]
            assert len([e for e in posts if e["body"]["displayName"] == app["displayName"]]) > 1
            asyncio.run(Tenant(emulator).call("DELETE", f"/applications/{app['id']}"))
