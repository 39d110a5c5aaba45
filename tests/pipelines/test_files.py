"""The pipeline templates as files: valid, pinned, without secrets, and safe with a change from anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.pipelines.files import AZURE, FOLDER, GITHUB, document, nodes, steps

DATA = Path(__file__).parent / "data"
ALL = pytest.mark.parametrize("path", [*GITHUB, *AZURE], ids=lambda path: path.relative_to(FOLDER).as_posix())
KINDS = ["comment.yml", "deploy.yml", "drift.yml", "pull-request.yml", "upgrade.yml"]


def schema(path: Path) -> Any:
    name = "github-workflows" if path in GITHUB else "azure-pipelines"
    return jsonschema.Draft7Validator(json.loads((DATA / f"{name}.json").read_text("utf-8")))


def typed(path: Path) -> dict[str, Any]:
    """Return a file as its schema sees it: GitHub's tells numbers and booleans from text, Azure's does not."""
    found = document(path)
    if path in AZURE:
        return found

    def convert(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: convert(each) for key, each in value.items()}
        if isinstance(value, list):
            return [convert(each) for each in value]
        return json.loads(value) if re.fullmatch(r"true|false|\d+", value) else value

    return dict(convert(found))


def test_there_is_a_template_of_each_kind_for_both() -> None:
    assert [path.name for path in GITHUB] == KINDS
    # Azure posts its comment from a job of the pull request's own pipeline.
    assert [path.name for path in AZURE] == KINDS[1:]


@ALL
def test_a_template_is_what_its_schema_asks_for(path: Path) -> None:
    assert [error.message for error in schema(path).iter_errors(typed(path))] == []


@ALL
def test_the_schemas_can_fail(path: Path) -> None:
    broken = typed(path)
    broken["jobs"] = {"x": {"runs": "on"}} if path in GITHUB else [{"jobz": "x"}]
    assert not schema(path).is_valid(broken)


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    used = [line for path in GITHUB for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert len(used) > 15
    for line in used:
        assert re.search(r"uses: [\w-]+/[\w-]+(?:/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    # One commit for each action, everywhere.
    assert len({line.split("uses: ")[1] for line in used}) == len(
        {line.split("uses: ")[1].split("@")[0] for line in used}
    )


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_nothing_is_permitted_but_by_a_job(path: Path) -> None:
    found = document(path)
    assert found["permissions"] == {}
    assert "pull_request_target" not in path.read_text("utf-8")
    assert all("permissions" in job for job in found["jobs"].values())


def test_what_runs_the_head_can_write_nothing_and_holds_nothing() -> None:
    github = document(FOLDER / "github" / "pull-request.yml")
    assert github["on"] == "pull_request"
    assert [job["permissions"] for job in github["jobs"].values()] == [{"contents": "read"}]
    azure = document(FOLDER / "azure-devops" / "pull-request.yml")
    gate = next(job for job in azure["jobs"] if job["job"] == "gate")
    assert "ACCESSTOKEN" not in json.dumps(gate)
    for node in (*github["jobs"]["gate"]["steps"], *gate["steps"]):
        if "checkout" in json.dumps(node):
            assert {"persist-credentials": "false"}.items() <= node.get("with", {}).items() or (
                node.get("persistCredentials") == "false"
            )


def test_what_can_write_to_pull_requests_checks_nothing_out() -> None:
    assert "actions/checkout" not in (FOLDER / "github" / "comment.yml").read_text("utf-8")
    azure = document(FOLDER / "azure-devops" / "pull-request.yml")
    comment = next(job for job in azure["jobs"] if job["job"] == "comment")
    assert comment["steps"][0] == {"checkout": "none"}


@ALL
def test_no_template_needs_a_secret(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"secrets\.|CLIENT_SECRET|PASSPHRASE|password", text, re.IGNORECASE)


def test_no_script_has_an_expression_in_it() -> None:
    # An expression is pasted in before the shell reads the script, and may hold what somebody else wrote.
    assert len(steps()) > 20
    for step in steps():
        assert "${{" not in step.text, step.key
        assert not re.search(r"\$\((?:System|Build|Agent|Pipeline|LOCKSTEP)[._]", step.text), step.key


def test_every_deployment_and_preview_runs_the_pack() -> None:
    ran = [step for step in steps() if re.search(r"\bpulumi (?:up|preview)\b", step.text)]
    assert len(ran) == 6
    for step in ran:
        assert "--policy-pack policy" in step.text, step.key
        assert "--policy-pack-config" not in step.text


def test_an_up_takes_the_plan_of_the_preview() -> None:
    for step in steps():
        if "pulumi up" in step.text:
            assert re.search(r"--plan \"?(?:\$PLAN|plan)/plan\.json", step.text), step.key


def test_drift_is_looked_for_by_an_identity_that_reads() -> None:
    github = document(FOLDER / "github" / "drift.yml")
    assert github["jobs"]["look"]["environment"] == "preview"
    assert {"group": "lockstep-preview"} in document(FOLDER / "azure-devops" / "drift.yml")["variables"]
    assert not [node for node, _ in nodes(github) if "pulumi up" in str(node.get("run"))]
