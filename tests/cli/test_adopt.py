"""Adoption under the real engine: the import document, the first up, and nothing left to do."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Program


@pytest.mark.parametrize("profile", ["brownfield", "drifted"])
def test_existing_tenant_is_taken_over(profile: str, lockstep: Program) -> None:
    assert lockstep("emulator", "reset", "--profile", profile).returncode == 0
    taken = lockstep("adopt", "--write", "--using", "pulumi", "--json")
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["writes"] == 0
    assert len(json.loads(taken.stdout)["imported"]) == 15
    preview = lockstep("preview", "--using", "pulumi", "--json")
    assert preview.returncode == 0, preview.stderr
    assert {step["op"] for step in json.loads(preview.stdout)["steps"]} <= {"create", "update", "same"}
    up = lockstep("up", "--using", "pulumi", "--json")
    assert up.returncode == 0, up.stderr
    assert json.loads(up.stdout)["verification"]["agrees"]
    assert lockstep("preview", "--using", "pulumi", "--expect-no-changes").returncode == 0
    assert lockstep("audit", "--stack", "dev").returncode == 0
