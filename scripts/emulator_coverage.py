"""Write docs/emulator-coverage.md from the emulator's routes, Graph's own operations, and the tests that send them.

    python scripts/emulator_coverage.py > docs/emulator-coverage.md

Which test sends what is found out by running them: LOCKSTEP_NOTE_OPERATIONS=1 pytest tests/emulator.
"""

from __future__ import annotations

import json
from pathlib import Path

from lockstep.emulator.coverage import coverage

DATA = Path(__file__).parent.parent / "tests" / "emulator" / "data"


def page() -> str:
    """Return the whole page."""
    graph = json.loads((DATA / "graph_operations.json").read_text("utf-8"))
    tests = json.loads((DATA / "tested_operations.json").read_text("utf-8"))
    return coverage(graph["source"], graph["operations"], tests)


if __name__ == "__main__":
    print(page(), end="")
