"""A workspace as a CI agent lays it out, with tools that only write down how they were called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gate.pulls import git, make_clone
from tests.pipelines.files import Step

_FAKE = """#!{python}
import json, os, pathlib, sys
folder = pathlib.Path(os.environ["FAKES"])
name = pathlib.Path(sys.argv[0]).name
with (folder / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
if "--save-plan" in sys.argv:
    pathlib.Path(sys.argv[sys.argv.index("--save-plan") + 1]).write_text("the plan")
answers = folder / (name + ".json")
if answers.is_file():
    left = json.loads(answers.read_text())
    if left:
        print(left.pop(0))
        answers.write_text(json.dumps(left))
sys.exit(int(os.environ.get("FAKE_EXIT", "0")))
"""


@dataclass(frozen=True)
class Agent:
    """One job's machine: where it works, and what its tools were asked."""

    workspace: Path
    fakes: Path

    def answer(self, tool: str, *lines: str) -> None:
        """Say what a tool prints, call by call."""
        (self.fakes / f"{tool}.json").write_text(json.dumps(lines), "utf-8")

    def run(self, step: Step, env: Mapping[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a step as its agent does: GitHub with -e, Azure without."""
        shell = ["bash", "--noprofile", "--norc", *(["-e"] if step.file.startswith("github/") else [])]
        script = self.fakes / "step.sh"
        script.write_text(step.text, "utf-8")
        missing = {name for name in step.env if name not in env and not step.env[name].isidentifier()}
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        variables = {
            **kept,
            **{name: value for name, value in step.env.items() if name not in missing and "$" not in value},
            **env,
            "PATH": f"{self.fakes}{os.pathsep}{os.environ['PATH']}",
            "FAKES": str(self.fakes),
        }
        folder = cwd or self.workspace
        return subprocess.run(
            [*shell, str(script)], cwd=folder, env=variables, capture_output=True, text=True, check=False
        )

    @property
    def calls(self) -> list[list[str]]:
        """How the tools were called, in order."""
        file = self.fakes / "calls.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the project on its main branch, whose packages are installed already."""
    if not (Path(sys.prefix) / ".run").exists():
        pytest.skip("needs the virtual environment that `make` makes")
    root = make_clone(tmp_path_factory.mktemp("pipelines") / "project", library=False)
    for name in ("requirements/run.txt", "requirements/dev.txt", "pyproject.toml"):
        os.utime(root / name, (1, 1))  # older than what was installed from them
    (root / ".venv").symlink_to(sys.prefix)
    # A link, which .gitignore's `.venv/` does not speak of: without this it would be a file of the change.
    (root / ".git" / "info" / "exclude").write_text(".venv\n", "utf-8")
    return root


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    """An empty workspace, and fakes of every tool that would leave this machine."""
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    for name in ("gh", "curl", "pulumi"):
        (fakes / name).write_text(_FAKE.format(python=sys.executable), "utf-8")
        (fakes / name).chmod(0o755)
    (tmp_path / "workspace").mkdir()
    return Agent(tmp_path / "workspace", fakes)


@pytest.fixture
def checkout(agent: Agent, project: Path) -> Path:
    """The project, checked out in the workspace."""
    return Path(shutil.copytree(project, agent.workspace / "head", symlinks=True))


@pytest.fixture
def merged(checkout: Path) -> Path:
    """The same with a pull request on top, merged as the host merges it: HEAD^1 is the base."""
    git(checkout, "rm", "--quiet", "Pulumi.prod.yaml")
    git(checkout, "commit", "--quiet", "--message", "one stack")
    git(checkout, "switch", "--quiet", "--create", "change")
    (checkout / "NOTES.md").write_text("nothing that decides\n", "utf-8")
    git(checkout, "add", "NOTES.md")
    git(checkout, "commit", "--quiet", "--message", "change")
    git(checkout, "switch", "--quiet", "--detach", "main")
    git(checkout, "merge", "--quiet", "--no-ff", "--message", "merge", "change")
    return checkout
