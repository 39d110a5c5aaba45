"""The pack under the real engine: the same verdicts in the same words as by rehearsal, and no change of anything."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Program, by_exports
from tests.policy.programs import BAD, Bad, together, write_project

# What only adds resources is one program here: each run of the real engine takes seconds.
PROGRAMS = {name: bad for name, bad in BAD.items() if not bad.beside or bad.exceptions}
PROGRAMS["everything that is added to the estate"] = together(
    bad for bad in BAD.values() if bad.beside and not bad.exceptions
)


def _preview(lockstep: Program, using: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(lockstep("preview", "--using", using, "--json").stdout)
    return document


def _said(document: dict[str, Any], level: str) -> list[tuple[str, str]]:
    """Return what was said, with the resource that each message names.

    The urn beside a message is that of the resource which the engine was asking about. Where two resources together
    are wrong, that is whichever came second; the message names the same one in either order.
    """
    return sorted({(each["policy"], each["message"]) for each in document["violations"] if each["level"] == level})


@pytest.mark.parametrize("bad", PROGRAMS.values(), ids=PROGRAMS)
def test_both_engines_give_the_same_verdicts_in_the_same_words(bad: Bad, project: Path, lockstep: Program) -> None:
    write_project(project, bad)
    real, rehearsed = _preview(lockstep, "pulumi"), _preview(lockstep, "rehearsal")
    assert _said(real, "mandatory") == _said(rehearsed, "mandatory")
    assert {policy for policy, _ in _said(real, "mandatory")} == bad.rules
    if not any(each["severity"] == "error" for each in real["diagnostics"]):
        # A provider's refusal ends the real engine's program, and what comes after it is not judged any more.
        assert _said(real, "advisory") == _said(rehearsed, "advisory")
    assert real["exitCode"] == 1
    assert rehearsed["exitCode"] != 0
    assert real["writes"] == rehearsed["writes"] == 0


TIMES = int(os.environ.get("LOCKSTEP_TIMES", "20"))
"""How often both engines judge one program: the real one registers resources in another order each time."""


def test_two_engines_name_the_same_whichever_resource_comes_first(project: Path, lockstep: Program) -> None:
    write_project(project, BAD["an app twice"])
    rehearsed = _said(_preview(lockstep, "rehearsal"), "mandatory")
    named = [message for policy, message in rehearsed if policy == "only-declared-apps"]
    assert any('on: lockstep:AppRegistration "Second"' in message for message in named)
    assert not any('on: lockstep:AppRegistration "Atlas' in message for message in named)
    for _ in range(TIMES):
        real = _preview(lockstep, "pulumi")
        assert _said(real, "mandatory") == rehearsed
        assert (real["exitCode"], real["writes"]) == (1, 0)


def test_up_refuses_before_anything_is_made(project: Path, lockstep: Program) -> None:
    write_project(project, BAD["an undocumented scope in a component"])
    before = lockstep("emulator", "snapshot").stdout
    refused = lockstep("up", "--using", "pulumi")
    assert refused.returncode == 1
    assert "refused: Microsoft Graph · delegated · Mail.ReadWrite" in refused.stderr
    assert lockstep("emulator", "snapshot").stdout == before


@pytest.mark.parametrize("using", ["pulumi", "rehearsal"])
def test_a_pack_that_does_not_load_stops_the_run(using: str, project: Path, lockstep: Program) -> None:
    (project / "policy" / "exceptions.yaml").write_text("exception: []\n", encoding="utf-8")
    stopped = lockstep("preview", "--using", using, "--json")
    document = json.loads(stopped.stdout)
    assert stopped.returncode != 0
    assert document.get("steps", []) == []
    assert "unknown field 'exception'" in stopped.stderr + stopped.stdout


def test_a_configuration_that_disables_the_pack_stops_the_run(
    project: Path, lockstep: Program, environ: dict[str, str]
) -> None:
    exports = lockstep("emulator", "env", "--port", "0").stdout
    (project / "off.json").write_text('{"all": "disabled"}', encoding="utf-8")
    words = "preview -s dev --policy-pack policy --policy-pack-config off.json"
    done = by_exports(project, environ, exports, words)
    assert done.returncode != 0, done.stdout + done.stderr
    assert "a configuration of the policy pack that changes" in done.stdout + done.stderr
