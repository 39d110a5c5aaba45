"""An adoption misses nothing because one replica did not show it."""

from __future__ import annotations

import pytest

from tests.adopt.taking import look
from tests.scenarios.estate import Estate
from tests.scenarios.unkind import opened, set_faults


@pytest.mark.kind
def test_principal_that_one_answer_lacks_is_found() -> None:
    kind = {plan.name: plan.principal for plan in look(Estate(opened("brownfield")))}
    emulator = opened("brownfield")
    set_faults(emulator, {"absent": {"share": 1.0}}, 0)
    plans = {plan.name: plan.principal for plan in look(Estate(emulator))}
    assert [name for name, record in kind.items() if record is not None] == [
        name for name, record in plans.items() if record is not None
    ]
    assert sum(record is not None for record in plans.values()) == 6
