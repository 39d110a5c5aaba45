"""The pipeline templates as files: valid, pinned, without secrets, and safe with a change from anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import REPOSITORY
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
    assert set(github["on"]) == {"pull_request", "merge_group"}
    assert [job["permissions"] for job in github["jobs"].values()] == [{"contents": "read"}]
    azure = document(FOLDER / "azure-devops" / "pull-request.yml")
    gate = next(job for job in azure["jobs"] if job["job"] == "gate")
    assert "ACCESSTOKEN" not in json.dumps(gate)
    for node in (*github["jobs"]["gate"]["steps"], *gate["steps"]):
        if "checkout" in json.dumps(node):
            assert {"persist-credentials": "false"}.items() <= node.get("with", {}).items() or (
                node.get("persistCredentials") == "false"
            )


def test_c2_a_verdict_counts_for_the_one_base_that_it_was_made_for() -> None:
    github = document(FOLDER / "github" / "pull-request.yml")
    (branch,) = github["on"]["pull_request"]["branches"]
    assert github["on"]["merge_group"]["branches"] == [branch]
    # A retargeted pull request is `edited`; without the other three, GitHub would not start the gate for them.
    assert set(github["on"]["pull_request"]["types"]) == {"opened", "synchronize", "reopened", "edited"}
    # What is left out counts as passed, for a job and for a whole workflow that looks at paths.
    assert "if" not in github["jobs"]["gate"]
    assert not {"paths", "paths-ignore", "branches-ignore"} & set(github["on"]["pull_request"])
    comment = (FOLDER / "github" / "comment.yml").read_text("utf-8")
    assert f"-f base={branch} " in comment
    azure = document(FOLDER / "azure-devops" / "pull-request.yml")
    assert azure["pr"]["branches"]["include"] == [branch]
    gate = next(job for job in azure["jobs"] if job["job"] == "gate")
    assert "condition" not in gate
    assert next(step for step in gate["steps"] if "bash" in step)["env"]["TARGET"] == branch


@ALL
def test_c3_c8_each_template_says_what_protects_the_identity_it_uses(path: Path) -> None:
    head = re.split(r"(?m)^(?!#)", path.read_text("utf-8"))[0]
    said = head.partition("# Identity: ")[2].replace("\n#", "")
    assert said, "the head of the file has no line `# Identity: …`"
    signs_in = "id-token: write" in path.read_text("utf-8") or "LOCKSTEP_CLIENT_ID" in path.read_text("utf-8")
    if signs_in:
        assert "protects" in said
        assert "protected branch" in said
    else:
        assert said.startswith(("none", "the build service's"))


def test_c8_whatever_signs_in_uses_an_environment_and_asks_how_it_is_protected_first() -> None:
    signing = [job for path in GITHUB for job in document(path)["jobs"].values() if "id-token" in job["permissions"]]
    assert len(signing) == 3
    for job in signing:
        first = job["steps"][0]
        assert first["name"] == "Refuse an environment that every branch can use"
        assert first["env"]["ENVIRONMENT"] == job["environment"]
        assert "continue-on-error" not in first
    for path in AZURE:
        for node, _ in nodes(document(path)):
            if "steps" in node and "LOCKSTEP_CLIENT_ID" in json.dumps(node["steps"]):
                assert not {"job"} & set(node), f"{path.name}: {node.get('job')} names no environment"
            if "deployment" in node:
                assert node["environment"] in ("preview", "production")


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


def test_c3_the_ruleset_of_the_page_pins_the_workflow_to_the_branch_that_it_protects() -> None:
    page = (REPOSITORY / "docs" / "pipelines.md").read_text("utf-8")
    (text,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    ruleset = json.loads(text)
    rules = {rule["type"]: rule.get("parameters", {}) for rule in ruleset["rules"]}
    (branch,) = ruleset["conditions"]["ref_name"]["include"]
    template = document(FOLDER / "github" / "pull-request.yml")
    assert [branch] == [f"refs/heads/{name}" for name in template["on"]["pull_request"]["branches"]]
    (workflow,) = rules["workflows"]["workflows"]
    assert workflow["ref"] == branch
    assert workflow["path"].rpartition("/")[2] == "pull-request.yml"
    (check,) = rules["required_status_checks"]["required_status_checks"]
    assert check["context"] in template["jobs"]
    # A check of that name counts from GitHub Actions only, and for the newest base.
    assert check["integration_id"] == 15368
    assert rules["required_status_checks"]["strict_required_status_checks_policy"] is True
    assert rules["pull_request"]["require_code_owner_review"] is True
    assert (ruleset["enforcement"], ruleset["bypass_actors"]) == ("active", [])
