"""A private repository that runs on a wheel: what its base and its head are run with, and what a changed lock does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.gate.pulls import Verdict, git
from tests.scaffold.installed import Installed


def judge(installed: Installed, project: Path, *words: str) -> Verdict:
    """Run the gate that is installed from the wheel."""
    done = installed.run("gate", "--base", "main", "--stack", "dev", "--json", *words, cwd=project)
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return Verdict(done.returncode, document)


def test_a_wheel_that_softens_a_rule_and_an_app_is_judged_by_the_bases(
    private: Path, installed: Installed, tmp_path: Path
) -> None:
    softer = installed.changed_wheel(
        tmp_path,
        ("lockstep/policy/rules.py", '"no-use-existing"', '"no-use-existing-at-all"'),
        ("lockstep/components/app_registration.py", '"AzureADMyOrg"', '"AzureADMultipleOrgs"'),
    )
    shutil.copy2(softer, private / "wheels")
    (private / "requirements.txt").write_text(installed.lock(softer, installed.borrowed), "utf-8")
    verdict = judge(installed, private)
    assert verdict.code == 1
    assert verdict.errors == {"guarded-file-changed", "weakened-pack", "single-tenant-only", "grant-not-approved"}
    assert verdict.messages("weakened-pack") == ["the rule no-use-existing is gone"]
    assert {file for file, _ in verdict.places("guarded-file-changed")} == {
        "requirements.txt",
        f"wheels/{softer.name}",
    }


def test_a_lock_that_cannot_be_installed_is_a_finding_and_nothing_is_run(private: Path, installed: Installed) -> None:
    lock = private / "requirements.txt"
    locked = lock.read_text("utf-8")
    lock.write_text(f"{locked}--index-url https://example.org\n", "utf-8")
    verdict = judge(installed, private, "--judge")
    assert verdict.code == 1
    assert verdict.places("lock-not-installed") == [("requirements.txt", 3)]
    assert verdict.document["checked"]["stacks"] == 0
    # A wheel that is another than its hash says.
    lock.write_text(locked.replace("sha256:", f"sha256:{'0' * 64} #", 1), "utf-8")
    verdict = judge(installed, private, "--judge")
    assert "cannot be installed" in verdict.messages("lock-not-installed")[0]


def test_the_gate_of_another_lockstep_than_the_bases_judges_nothing(private: Path, installed: Installed) -> None:
    lock = private / "requirements.txt"
    lock.write_text(f"lockstep==0.0.9 --hash=sha256:{'0' * 64}\n", "utf-8")
    git(private, "commit", "--quiet", "--all", "--message", "older")
    done = installed.run("gate", "--base", "main", "--judge", cwd=private)
    assert (done.returncode, done.stdout) == (2, "")
    assert "names lockstep 0.0.9" in done.stderr
