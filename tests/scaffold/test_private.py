"""A private repository of a customer, with a `types.py` of its own: deployed, previewed and gated from the wheel."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scaffold.installed import Installed


def test_it_is_deployed_rehearsed_and_gated(private: Path, installed: Installed) -> None:
    up = installed.run("up", "--using", "rehearsal", "--json", cwd=private)
    assert up.returncode == 0, up.stderr
    assert json.loads(up.stdout)["verification"]["agrees"]
    quiet = installed.run("preview", "--using", "rehearsal", "--expect-no-changes", "--json", cwd=private)
    assert (quiet.returncode, json.loads(quiet.stdout)["writes"]) == (0, 0)
    gate = installed.run("gate", "--base", "main", cwd=private)
    assert gate.returncode == 0, gate.stderr
    assert "judge: Lockstep" in gate.stderr
    assert "gate: checked 84 permissions of 7 apps of 1 stack: no findings" in gate.stderr + gate.stdout
