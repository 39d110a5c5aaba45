"""The real engine and the real azuread provider over an Entra that throttles and replicates late."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Program

_FAULTS = """
seed: 4
replication: {delay: [0.2, 3.0], by_id: false, writes: false}
throttling: {units: 60, per: 5, penalty: 2}
"""


def test_up_is_exact_says_that_it_waits_and_rests(lockstep: Program, project: Path, environ: dict[str, str]) -> None:
    (project / "faults.yaml").write_text(_FAULTS, "utf-8")
    words = [sys.executable, "-m", "lockstep.cli", "emulator", "serve", "--port", "0", "--faults", "faults.yaml"]
    with subprocess.Popen(words, cwd=project, env=environ, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            assert serving.stdout.readline().startswith("ready ")
            first = lockstep("up", "--using", "pulumi", "--json")
            assert first.returncode == 0, first.stderr
            assert json.loads(first.stdout)["verification"]["agrees"]
            assert "Microsoft Graph asks to wait" in first.stderr
            second = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
            assert (second["noChanges"], second["writes"]) == (True, 0)
        finally:
            serving.terminate()
