"""The real engine and the real azuread provider over an Entra that throttles and replicates late."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import Program

_FAULTS = """
seed: 4
replication: {delay: [0.2, 3.0], by_id: false, writes: false}
throttling: {units: 60, per: 5, penalty: 2}
"""


_NINE_CONSENTS = """
seed: 4
throttling: {writes: 10, writes_per: 60}
"""


@contextmanager
def _served(project: Path, environ: dict[str, str], faults: str) -> Iterator[None]:
    """Serve the tenant of the stack dev, in which this goes wrong."""
    (project / "faults.yaml").write_text(faults, "utf-8")
    words = [sys.executable, "-m", "lockstep.cli", "emulator", "serve", "--port", "0", "--faults", "faults.yaml"]
    with subprocess.Popen(words, cwd=project, env=environ, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            assert serving.stdout.readline().startswith("ready ")
            yield
        finally:
            serving.terminate()


def test_up_is_exact_says_that_it_waits_and_rests(lockstep: Program, project: Path, environ: dict[str, str]) -> None:
    with _served(project, environ, _FAULTS):
        first = lockstep("up", "--using", "pulumi", "--json")
        assert first.returncode == 0, first.stderr
        assert json.loads(first.stdout)["verification"]["agrees"]
        assert "Microsoft Graph asks to wait" in first.stderr
        second = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
        assert (second["noChanges"], second["writes"]) == (True, 0)


def test_what_a_run_could_not_finish_in_its_time_is_in_the_state(
    lockstep: Program, project: Path, environ: dict[str, str]
) -> None:
    """The engine keeps what is unfinished by the detail of the answer, whatever status code comes with it."""
    stack = project / "Pulumi.dev.yaml"
    text = stack.read_text("utf-8")
    stack.write_text(text.replace("[atlas, atera]", "[atera]").replace("[api-client, pnp]", "[]"), "utf-8")
    environ["LOCKSTEP_RUN_MINUTES"] = "0.5"
    with _served(project, environ, _NINE_CONSENTS):
        stopped = lockstep("up", "--using", "pulumi", "--json")
    assert stopped.returncode == 1, stopped.stderr
    assert "past the time that one run may take (LOCKSTEP_RUN_MINUTES" in stopped.stderr
    deployment = json.loads((project / ".lockstep" / "dev" / "state.json").read_text("utf-8"))["deployment"]
    (left,) = [each for each in deployment["resources"] if each.get("initErrors")]
    assert left["type"] == "entraconsent:index:AdminConsent"
    assert len(left["outputs"]["added"]) == 9
    finished = lockstep("up", "--using", "pulumi", "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["changes"] == {"update": 1, "same": 3}
