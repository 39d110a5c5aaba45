"""`lockstep emulator`: serving in the background, exports for two shells, snapshot through the served door."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.command.conftest import Command


@pytest.mark.parametrize("shell", ["bash", "pwsh"])
def test_env_prints_exports_and_nothing_else(lockstep: Command, project: Path, shell: str) -> None:
    state = str(project / "mine.sqlite")
    try:
        shown = lockstep("emulator", "env", "--port", "0", "--state", state, "--shell", shell)
        assert shown.code == 0, shown.err
        start = "export " if shell == "bash" else "$env:"
        assert all(line.startswith(start) for line in shown.out.splitlines())
        for name in ("ARM_METADATA_HOSTNAME", "ARM_CLIENT_SECRET", "SSL_CERT_FILE", "PULUMI_BACKEND_URL"):
            assert f"{start}{name}" in shown.out
        again = lockstep("emulator", "env", "--state", state, "--shell", shell)
        assert again.out == shown.out
        assert set(json.loads(lockstep("emulator", "snapshot", "--state", state).out)) == {
            "applications",
            "servicePrincipals",
            "oauth2PermissionGrants",
            "appRoleAssignments",
            "deletedItems",
        }
        taken = lockstep("emulator", "env", "--port", "1", "--state", state)
        assert taken.code == 2
        (stop,) = re.findall(r"`lockstep ([^`]*)`", taken.err)
        assert "stopped" in lockstep(*shlex.split(stop)).out
    finally:
        lockstep("emulator", "stop", "--state", state)


def test_serve_says_ready_when_it_answers_with_its_faults(lockstep: Command, project: Path) -> None:
    (project / "faults.yaml").write_text("seed: 5\nerrors: {share: 0.5}\n", "utf-8")
    words = [sys.executable, "-m", "lockstep.cli", "emulator", "serve", "--port", "0", "--state", "mine.sqlite"]
    words += ["--faults", "faults.yaml"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serving:
        try:
            assert serving.stdout is not None
            ready, url = shlex.split(serving.stdout.readline())
            assert ready == "ready"
            assert url.startswith("https://localhost:")
            import ssl

            trusted = ssl.create_default_context(cafile=str(project / "mine.sqlite.ca.pem"))
            metadata = httpx.get(f"{url}/metadata/endpoints", verify=trusted, trust_env=False)
            assert metadata.status_code == 200
            faults = httpx.get(f"{url}/_emulator/faults", verify=trusted, trust_env=False).json()
            assert (faults["seed"], faults["errors"]["share"]) == (5, 0.5)
            busy = lockstep("emulator", "serve", "--port", "0", "--state", "mine.sqlite")
            assert busy.code == 2
            assert "mine.sqlite" in busy.err
        finally:
            serving.terminate()


def test_faults_file_with_a_mistake_is_refused_before_anything_is_made(lockstep: Command, project: Path) -> None:
    (project / "faults.yaml").write_text("seed: 5\nerors: {share: 0.5}\n", "utf-8")
    refused = lockstep("emulator", "serve", "--port", "0", "--state", "mine.sqlite", "--faults", "faults.yaml")
    assert refused.code == 2
    assert "faults.yaml:2: faults: erors: there is no such field" in refused.err
    assert "did you mean 'errors'?" in refused.err
    assert not (project / "mine.sqlite").exists()


def test_a_reset_puts_the_stacks_old_state_aside(lockstep: Command, project: Path) -> None:
    assert lockstep("up", "--using", "rehearsal").code == 0
    assert lockstep("emulator", "reset", "--profile", "both-spfx").code == 0
    assert (project / ".lockstep" / "dev" / "before-reset" / "state.json").is_file()
    assert lockstep("up", "--using", "rehearsal").code == 0


def test_d3_a_reset_puts_aside_what_a_rehearsed_adoption_wrote_without_a_state(
    lockstep: Command, project: Path
) -> None:
    """An adoption whose import fails leaves its settings alone: they are about the tenant that goes."""
    folder = project / ".lockstep" / "dev"
    folder.mkdir(parents=True)
    (folder / "adopted.json").write_text('{"pnp": {"adopted": {"displayName": "Old"}}}', encoding="utf-8")
    assert lockstep("emulator", "reset", "--profile", "fresh").code == 0
    assert not (folder / "adopted.json").exists()
    assert (folder / "before-reset" / "adopted.json").is_file()


def test_a_reset_by_the_state_file_of_a_stack_puts_that_stacks_state_aside(lockstep: Command, project: Path) -> None:
    shutil.copy(project / "Pulumi.dev.yaml", project / "Pulumi.second.yaml")
    up = lockstep("up", "--stack", "second", "--using", "rehearsal")
    assert up.code == 0
    state = str(Path(".lockstep") / "second" / "emulator.sqlite")
    assert f"lockstep emulator snapshot --state {state}" in up.out
    assert lockstep("emulator", "reset", "--profile", "brownfield", "--state", state).code == 0
    assert (project / ".lockstep" / "second" / "before-reset" / "state.json").is_file()
    assert "nothing to import" not in lockstep("adopt", "--stack", "second").out


def test_i13_a_profile_of_ones_own_is_served_or_refused_with_its_line(lockstep: Command, project: Path) -> None:
    profile = project / "my tenant.yaml"
    profile.write_text("apps:\n  - vendor: atlas\n    app: provisioninng\n", "utf-8")
    for words in (("serve", "--port", "0"), ("reset",)):
        refused = lockstep("emulator", *words, "--profile", "my tenant.yaml")
        assert refused.code == 2
        assert "my tenant.yaml:3:10: atlas 2025-03-01 has no app 'provisioninng'" in refused.err
        assert "did you mean 'provisioning'?" in refused.err
    profile.write_text("apps:\n  - vendor: atlas\n    app: provisioning\n", "utf-8")
    state = str(project / "mine.sqlite")
    try:
        served = lockstep("emulator", "env", "--port", "0", "--state", state, "--profile", "my tenant.yaml")
        assert served.code == 0, served.err
        held = json.loads(lockstep("emulator", "snapshot", "--state", state).out)["applications"]
        assert "Atlas.ConneX Provisioning" in {row["displayName"] for row in held}
    finally:
        lockstep("emulator", "stop", "--state", state)
