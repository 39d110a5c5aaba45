"""Vendors of the project's own, and a directory role of Atera's, under the real engine: from `up` to their end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Program
from tests.docs.pages import code, read

EDITION = next(text for text in code(read("docs/your-own-vendors.md"), "yaml") if text.startswith("vendor: acme"))
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"


def stack_file(project: Path, *changes: tuple[str, str]) -> None:
    """Change parts of the stack file."""
    path = project / "Pulumi.dev.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def test_i13_own_vendors_and_a_directory_role_live_under_the_real_engine(lockstep: Program, project: Path) -> None:
    for vendor, text in (
        ("acme", EDITION),
        ("beta", EDITION.replace("acme", "beta").replace("Acme", "Beta").replace("5a2f8a3c", "6a2f8a3c")),
    ):
        folder = project / "catalogue" / "editions" / vendor
        folder.mkdir(parents=True)
        (folder / "2026-11-01.yaml").write_text(text, encoding="utf-8")
    stack_file(
        project,
        ("[atlas, atera]", "[atlas, atera, acme, beta]"),
        ("atera: current}", "atera: current, acme: current, beta: current}"),
        ("  lockstep:apps:\n", "  lockstep:apps:\n    atera: {directoryRoles: [User Administrator]}\n"),
    )
    up = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
    assert up["verification"]["agrees"], up
    assert {row["name"] for row in up["verification"]["apps"]} >= {"Acme Planner", "Beta Planner", "Atera"}
    assert USER_ADMINISTRATOR in lockstep("audit", "--stack", "dev", "--json").stdout
    assert lockstep("preview", "--using", "pulumi", "--expect-no-changes").returncode == 0

    stack_file(
        project,
        (", beta]", "]"),
        (", beta: current", ""),
        ("    atera: {directoryRoles: [User Administrator]}\n", ""),
    )
    shutil.rmtree(project / "catalogue" / "editions" / "beta")
    without = json.loads(lockstep("up", "--using", "pulumi", "--json").stdout)
    assert without["verification"]["agrees"], without
    found = json.loads(lockstep("audit", "--stack", "dev", "--json").stdout)
    (atera,) = [app for app in found["tenants"][0]["apps"] if app["app"] == "atera"]
    assert atera["directoryRoles"] == []
    assert lockstep("destroy", "--using", "pulumi").returncode == 0
    left = json.loads(lockstep("emulator", "snapshot").stdout)["servicePrincipals"]
    assert "Acme Planner" not in {principal["displayName"] for principal in left}
