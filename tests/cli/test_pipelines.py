"""The scripts of the deployment templates that need the real Pulumi CLI: preview, up of what was previewed, drift."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipelines.files import steps

STEPS = {step.key: step for step in steps()}
NAMES = {
    "preview": "Preview, with the policy pack, and keep the plan",
    "deploy": "Deploy what was previewed, with the policy pack",
    "drift": "Compare the stack with the tenant",
}


def run(project: Path, environ: dict[str, str], host: str, kind: str) -> subprocess.CompletedProcess[str]:
    """Run one step on the emulator that `lockstep emulator env` serves, as the agent would."""
    step = STEPS[f"{host}/{'deploy' if kind == 'preview' else kind}.yml", NAMES[kind]]
    exports = f'eval "$({sys.executable} -m lockstep.cli emulator env --port 0)"; export PULUMI_EXPERIMENTAL=true'
    script = f"{exports}\nset -e\n{step.text}"
    env = {**environ, "STACK": "dev", "PLAN": "plan", "EVIDENCE": "evidence"}
    words = ["bash", "--noprofile", "--norc", "-c", script]
    return subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("host", ["github", "azure-devops"])
def test_what_was_previewed_is_deployed_and_does_not_drift(project: Path, environ: dict[str, str], host: str) -> None:
    planned = run(project, environ, host, "preview")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert (project / "plan" / "plan.json").is_file()
    done = run(project, environ, host, "deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "29 created" in done.stdout
    quiet = run(project, environ, host, "drift")
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    assert "unchanged" in quiet.stdout


def test_a_plan_holds_when_a_stack_loses_an_app_and_moves_to_another_edition(
    project: Path, environ: dict[str, str]
) -> None:
    """A plan holds only if the deployment registers what its preview did: first, and for what is there already."""
    file = project / "Pulumi.dev.yaml"
    text = file.read_text("utf-8")
    older = text.replace("    pnp: {deploy: true}\n", "").replace("atlas: current", 'atlas: "2025-02-28"')
    for settings, said in ((text, "29 created"), (older, "4 deleted"), (text, "4 created")):
        file.write_text(settings, "utf-8")
        for kind in ("preview", "deploy"):
            done = run(project, environ, "github", kind)
            assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout
