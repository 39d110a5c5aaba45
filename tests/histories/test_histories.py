"""Any sequence of what people and stacks do to a tenant: foreign consents never change, and nothing of ours stays.

Each history drives the real provider (AdminConsent and Principal, over Graph's client and the emulator) by a model of
the deployment engine: two stacks, a random tenant, up, edition and setting changes, adopt, claim, refresh, destroy,
changes by hand, crashes after or before any write, and other people's writes in the middle of a run. Histories of the
whole program are in test_whole_program.py.

LOCKSTEP_HISTORIES=10000 runs so many, at random. Without it, it is the same few hundred in every run; the soak takes
the rest.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import COUNTS, Histories

SHARDS = 8
DEFAULT = 240
ASKED = int(os.environ.get("LOCKSTEP_HISTORIES", "0"))


def histories(number: int, *, random: bool) -> settings:
    """Return how many histories to run and how."""
    return settings(
        max_examples=number,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if random else (Phase.generate,),
        database=None,
        report_multiple_bugs=False,
    )


@pytest.mark.parametrize("shard", range(SHARDS))
def test_any_history_leaves_what_is_foreign_and_takes_back_what_is_ours(
    shard: int, record_property: Callable[[str, object], None]
) -> None:
    before = Counter(COUNTS)
    machine = type(f"Histories{shard}", (Histories,), {})
    if not ASKED:
        seed(shard)(machine)
    number = (ASKED or DEFAULT) // SHARDS
    run_state_machine_as_test(machine, settings=histories(number, random=bool(ASKED)))
    counted = {name: count - before[name] for name, count in sorted(COUNTS.items())}
    record_property("histories", counted)
    assert counted["histories"] >= number
