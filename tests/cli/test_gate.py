"""The gate with the real engine: one judge and one verdict, whichever engine ran the stacks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.errors import FindingError
from lockstep.gate import real_engine
from lockstep.gate.rehearsing import rehearse
from tests.gate.conftest import clone, pull
from tests.gate.pulls import Pull

__all__ = ["clone", "pull"]

STRANGER = "12121212-3434-4565-8787-909090909090"


def another_tenants_client(pull: Pull) -> None:
    pull.edit("Pulumi.prod.yaml", "    # atera:\n", f"    atera: {{clientId: {STRANGER}}}\n    # atera:\n")


def types_that_are_not_listed(pull: Pull) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        "import pulumi_azuread as azuread\n"
        f"azuread.ServicePrincipal('s', client_id='{STRANGER}', use_existing=True)\nrun()\n",
    )


def consents_by_an_administrator(pull: Pull) -> None:
    pull.edit("Pulumi.dev.yaml", "    pnp: {deploy: true}", "    pnp: {deploy: true, consents: by-admin}")


def what_would_end_the_engine_early(pull: Pull) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        "import pulumi\nimport pulumi_azuread as azuread\n"
        "refused = azuread.Application('refused', display_name='Nobody lists it')\n"
        "azuread.ServicePrincipal('needs-it', client_id=refused.client_id)\n"
        "pulumi.CustomResource('entraconsent:index:AdminConsent', 'wrong', {'mode': 'sideways'})\n"
        "for _ in range(2):\n    azuread.Application('twice', display_name='Twice')\nrun()\n",
    )


def another_package(pull: Pull) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        "import pulumi\npulumi.CustomResource('pulumi-python:dynamic:Resource', 'd', {'__provider': 'code'})\nrun()\n",
    )


def a_transform(pull: Pull) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        "import pulumi\npulumi.runtime.register_resource_transform(lambda args: None)\nrun()\n",
    )


IN_OTHER_WORDS = (another_package, a_transform)
"""What an engine does not do is said in words of its own."""


@pytest.mark.parametrize(
    ("change", "stack", "errors"),
    [
        (lambda _: None, "prod", set()),
        (another_tenants_client, "prod", {"grant-not-approved"}),
        (consents_by_an_administrator, "dev", {"grant-not-approved"}),
        (types_that_are_not_listed, "dev", {"guarded-file-changed", "grant-not-approved", "no-use-existing"}),
        (what_would_end_the_engine_early, "dev", {"guarded-file-changed", "only-declared-apps", "program-failed"}),
        (another_package, "dev", {"guarded-file-changed", "grant-not-approved", "program-failed"}),
        (a_transform, "dev", {"guarded-file-changed", "program-failed", "app-not-registered"}),
    ],
    ids=["nothing", "a setting", "by an administrator", "a refused type", "failures", "another package", "a transform"],
)
def test_both_engines_give_one_verdict(
    pull: Pull, change: Callable[[Pull], None], stack: str, errors: set[str]
) -> None:
    change(pull)
    rehearsed = pull.judge(stack=stack)
    real = pull.judge("--using", "pulumi", stack=stack)
    assert errors <= real.errors
    real_said, rehearsed_said = (
        [each for each in verdict.findings if change not in IN_OTHER_WORDS or each["rule"] != "program-failed"]
        for verdict in (real, rehearsed)
    )
    assert real_said == rehearsed_said  # message, place, what is allowed, fix and source
    assert (real.code, real.errors) == (rehearsed.code, rehearsed.errors)
    for part in ("stacks", "digest", "filesDigest", "checked", "guardedFiles"):
        assert real.document[part] == rehearsed.document[part], part


def _processes_of(folder: Path) -> list[str]:
    """Return the programs that have to do with a folder: by their words, or by their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and entry.name != str(os.getpid()):
            found.append(entry.name)
    return found


def test_the_engine_knows_nothing_of_its_caller_and_leaves_nothing_behind(
    pull: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, wrapper = tmp_path / "temporary", tmp_path / "bin" / "pulumi"
    folders.mkdir()
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nenv >> {tmp_path}/seen\nexec {shutil.which("pulumi")} "$@"\n', "utf-8")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "of-the-caller")
    monkeypatch.setenv("ARM_CLIENT_SECRET", "of-the-caller")
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    verdict = pull.judge("--using", "pulumi")
    assert (verdict.code, verdict.errors) == (0, set())
    seen = (tmp_path / "seen").read_text("utf-8")
    assert f"PULUMI_HOME={folders}" in seen
    assert "of-the-caller" not in seen
    assert list(folders.glob("lockstep-engine-*")) == []
    assert _processes_of(folders) == []


def test_c10_an_endless_program_ends_with_the_engine(
    pull: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    pull.edit(
        "__main__.py",
        "run()\n",
        "import subprocess, time\nsubprocess.Popen(['sleep', '100'], start_new_session=True)\ntime.sleep(100)\nrun()\n",
    )
    outcome = rehearse(pull.root, "dev", seconds=4, using="pulumi")
    assert (outcome.whole, outcome.ended_early) == (False, "the program did not end within 4 seconds and was stopped")
    assert _processes_of(tmp_path / "temporary") == []
    monkeypatch.setattr(real_engine, "_PATIENCE", -1.0)  # the engine has to end before its program
    with pytest.raises(FindingError, match="`pulumi up` did not end within 3 seconds and was stopped"):
        rehearse(pull.root, "dev", seconds=4, using="pulumi")
    assert _processes_of(tmp_path / "temporary") == []
