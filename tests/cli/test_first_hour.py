"""The first hour in an old tenant with the real engine and the policy pack: from the doctor to an exact tenant."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lockstep.local.doctor import TESTED
from tests.cli.conftest import Program

PULUMI = ("--using", "pulumi")


@pytest.mark.parametrize("profile", ["brownfield", "drifted"])
def test_from_the_doctor_to_an_audit_without_errors(lockstep: Program, project: Path, profile: str) -> None:
    def document(*words: str, code: int = 0) -> dict[str, Any]:
        done = lockstep(*words, "--json")
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    lockstep("emulator", "reset", "--profile", profile)
    assert document("doctor", code=1)["next"] == "lockstep adopt --stack dev"
    assert document("audit", "--stack", "dev", code=1)["counts"]["error"] > 5
    document("adopt", "--stack", "dev", "--write", *PULUMI)
    assert document("preview", *PULUMI)["writes"] == 0
    assert document("up", *PULUMI)["verification"]["agrees"]
    assert document("audit", "--stack", "dev")["counts"]["error"] == 0
    assert document("preview", *PULUMI, "--expect-no-changes")["noChanges"]
    doctor = document("doctor")
    assert doctor["next"] == "lockstep audit --stack dev"
    pulumi = next(check for check in doctor["checks"] if check["name"] == "pulumi")
    version = re.match(r"v?(\d+)\.(\d+)", pulumi["found"])
    assert version is not None
    assert pulumi["health"] == ("ok" if (int(version[1]), int(version[2])) >= TESTED else "warn")
