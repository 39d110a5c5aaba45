"""The estate's whole life, run once by rehearsal; the bars only look at what it cost."""

from __future__ import annotations

import pytest

from benchmarks.estate import Estate, Ran
from benchmarks.phases import PHASES


@pytest.fixture(scope="package")
def life(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    estate = Estate(tmp_path_factory.mktemp("bars") / "state.json")
    return {phase: estate.run(phase) for phase in PHASES}
