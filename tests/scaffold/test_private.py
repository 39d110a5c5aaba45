"""A private repository of a customer, with a `types.py` of its own: deployed, previewed and gated from the wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
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


def test_its_stacks_are_taken_to_the_newest_edition(private: Path, installed: Installed) -> None:
    stack = private / "Pulumi.prod.yaml"
    shutil.copy2(private / "Pulumi.prod.yaml.example", stack)
    stack.write_text(stack.read_text("utf-8").replace('"2025-03-01"', '"2025-02-28"'), "utf-8")
    words = [str(installed.bin / "python"), "pipelines/upgrade.py", "prod", "upgrade.md"]
    done = subprocess.run(words, cwd=private, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert stack.read_text("utf-8") == (private / "Pulumi.prod.yaml.example").read_text("utf-8")
    assert "#### atlas: 2025-02-28 to 2025-03-01" in (private / "upgrade.md").read_text("utf-8")


def test_what_pulumi_starts_leaves_the_search_path_alone(private: Path) -> None:
    for name in ("__main__.py", "stacks/__init__.py", "policy/__main__.py", "plugins/entraconsent/__main__.py"):
        assert "sys.path" not in (private / name).read_text("utf-8"), name
