"""Every script of every template is run: Lockstep for real on the emulator, what would leave this machine as a fake.

The real Pulumi CLI runs the same steps in tests/cli/test_pipelines.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gate.pulls import git
from tests.pipelines.conftest import Agent
from tests.pipelines.files import Step, steps

STEPS = {step.key: step for step in steps()}
RUN: set[tuple[str, str]] = set()
"""The steps that a test of this file runs."""

Test = Callable[..., None]


def runs(*keys: tuple[str, str]) -> Callable[[Test], Test]:
    """Note which steps a test runs."""
    RUN.update(keys)
    return lambda test: test


def both(name: str, *files: str) -> list[tuple[str, str]]:
    """Return the keys of steps of one name in both hosts' files."""
    return [key for key in STEPS if key[1] == name and (not files or Path(key[0]).stem in files)]


INSTALL = "Install Lockstep, pinned and checked by hash"
BASE = "Install the base's Lockstep, pinned and checked by hash"
CHECKED_OUT = "Base, whose gate judges"
NO_PULL = "Refuse what is no pull request into the protected branch"
OPEN = "Refuse an environment that every branch can use"
SIGN_IN = "Sign in to the state's storage (azblob://; leave it out with another backend)"
PREVIEW, DEPLOY = "Preview, with the policy pack, and keep the plan", "Deploy what was previewed, with the policy pack"
DRIFT, AUDIT = "Compare the stack with the tenant", "Audit the tenant"
UPGRADE = "Move the stack to the newest edition, and write the difference down"


@runs(*both(INSTALL))
@pytest.mark.parametrize("key", both(INSTALL), ids="/".join)
def test_install(agent: Agent, checkout: Path, key: tuple[str, str]) -> None:
    done = agent.run(STEPS[key], {}, checkout)
    assert done.returncode == 0, done.stderr
    assert "is up to date" in done.stdout


@runs(*both("Gate"), *both(BASE), ("github/pull-request.yml", CHECKED_OUT))
@pytest.mark.parametrize("host", ["github", "azure-devops"])
def test_a_pull_request_is_judged_by_its_base(agent: Agent, merged: Path, host: str) -> None:
    base, found = agent.workspace / "base", agent.workspace / "gate"
    if host == "github":
        output = agent.workspace / "output"
        env, folder = {"PYTHONDONTWRITEBYTECODE": "1", "GITHUB_OUTPUT": str(output), "GROUP": ""}, agent.workspace
        taken = agent.run(STEPS["github/pull-request.yml", CHECKED_OUT], env, folder)
        assert taken.returncode == 0, taken.stderr
        env["BASE"] = git(merged, "rev-parse", "HEAD^1").strip()
        assert output.read_text("utf-8") == f"commit={env['BASE']}\n"
    else:
        env, folder = {"BASE": str(base), "FOUND": str(found)}, merged
    install = STEPS[f"{host}/pull-request.yml", BASE]
    # What make would install into the work tree is here already.
    linked = f'ln -s "{merged / ".venv"}" "{base}/.venv"; make --touch -C'
    install = Step(install.file, install.name, install.text.replace("make -C", linked), install.env)
    installed = agent.run(install, env, folder)
    assert installed.returncode == 0, installed.stderr
    done = agent.run(STEPS[f"{host}/pull-request.yml", "Gate"], env, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gate: checked 84 permissions of 7 apps of 1 stack: no findings" in done.stdout
    assert git(merged, "rev-parse", "HEAD^1")[:12] in done.stderr.splitlines()[-1]
    assert {path.name for path in found.iterdir()} == {"comment.md", "gate.sarif", "gate.xml"}
    assert (found / "comment.md").read_text("utf-8").startswith("### ✅ Lockstep gate")


def test_c2_the_base_of_a_merge_group_is_what_the_host_puts_it_on(agent: Agent, merged: Path) -> None:
    first = git(merged, "rev-list", "--max-parents=0", "HEAD").strip()
    # A queue that squashes makes no merge commits, and may put several commits on the base.
    git(merged, "reset", "--quiet", "--hard", "HEAD^2")
    output = agent.workspace / "output"
    for group, code in ("", 1), (first, 0), ("0" * 40, 128):
        env = {"GITHUB_OUTPUT": str(output), "GROUP": group}
        done = agent.run(STEPS["github/pull-request.yml", CHECKED_OUT], env)
        assert done.returncode == code, done.stderr
        assert output.is_file() is (code == 0)
        output.unlink(missing_ok=True)
    assert git(agent.workspace / "base", "rev-parse", "HEAD").strip() == first


@runs(("azure-devops/pull-request.yml", NO_PULL))
@pytest.mark.parametrize(
    ("reason", "branch", "merge", "code"),
    [
        ("PullRequest", "refs/heads/main", True, 0),
        ("PullRequest", "main", True, 0),
        ("PullRequest", "refs/heads/release", True, 1),
        ("PullRequest", "refs/heads/refs/heads/main", True, 1),
        ("Manual", "$(System.PullRequest.TargetBranch)", True, 1),
        ("PullRequest", "refs/heads/main", False, 1),
    ],
)
def test_c2_nothing_but_a_pull_request_into_the_protected_branch_gets_a_verdict(
    agent: Agent, merged: Path, reason: str, branch: str, merge: bool, code: int
) -> None:
    if not merge:
        git(merged, "reset", "--quiet", "--hard", "HEAD^2")
    env = {"REASON": reason, "BRANCH": branch}
    done = agent.run(STEPS["azure-devops/pull-request.yml", NO_PULL], env, merged)
    assert done.returncode == code, done.stderr
    assert ("A verdict counts for one base" in done.stderr) is bool(code)


@runs(*both(OPEN))
@pytest.mark.parametrize("key", both(OPEN), ids="/".join)
@pytest.mark.parametrize(("answer", "code"), [("true", 0), ("false", 1), ("", 1)])
def test_c8_an_environment_that_every_branch_can_use_is_refused(
    agent: Agent, key: tuple[str, str], answer: str, code: int
) -> None:
    agent.answer("gh", answer)
    done = agent.run(STEPS[key], {"REPOSITORY": "o/r"})
    assert done.returncode == code, done.stderr
    assert ("limit its deployment branches to the protected branch" in done.stderr) is bool(code)
    (call,) = agent.calls
    assert call[2] == f"repos/o/r/environments/{STEPS[key].env['ENVIRONMENT']}"


@runs(("github/comment.yml", "Find the pull request, by what GitHub says and not by what the gate's files say"))
def test_the_pull_request_is_found_by_what_github_says(agent: Agent) -> None:
    agent.answer("gh", "17")
    output = agent.workspace / "output"
    env = {"REPOSITORY": "o/r", "HEAD": "fork:x; rm -rf /", "SHA": "a" * 40, "GITHUB_OUTPUT": str(output)}
    name = "Find the pull request, by what GitHub says and not by what the gate's files say"
    done = agent.run(STEPS["github/comment.yml", name], env)
    assert done.returncode == 0, done.stderr
    assert output.read_text("utf-8") == "number=17\n"
    (call,) = agent.calls
    assert {"head=fork:x; rm -rf /", "base=main"} <= set(call)
    assert f'select(.head.sha == "{"a" * 40}")' in call[-1]


@runs(("github/comment.yml", "Comment"))
@pytest.mark.parametrize(("old", "method"), [("", "POST"), ("99", "PATCH")])
def test_a_comment_is_posted_once(agent: Agent, old: str, method: str) -> None:
    (agent.workspace / "gate").mkdir()
    (agent.workspace / "gate" / "comment.md").write_text("### found\n" + "x" * 70_000, "utf-8")
    agent.answer("gh", old)
    env = {"REPOSITORY": "o/r", "NUMBER": "17", "CONCLUSION": "failure", "URL": "https://run"}
    done = agent.run(STEPS["github/comment.yml", "Comment"], env)
    assert done.returncode == 0, done.stderr
    assert agent.calls[1][2:5] == [
        "--method",
        method,
        f"repos/o/r/issues/{f'comments/{old}' if old else '17/comments'}",
    ]
    text = (agent.workspace / "comment.md").read_text("utf-8")
    assert text.startswith("<!-- lockstep gate -->\nThe check `gate` ended with **failure**: https://run\n\n### found")
    assert len(text) < 65_536


@runs(("azure-devops/pull-request.yml", "Comment"))
def test_a_thread_is_posted(agent: Agent) -> None:
    (agent.workspace / "comment.md").write_text("old", "utf-8")
    (agent.workspace / "gate").mkdir()
    (agent.workspace / "gate" / "comment.md").write_text('### found "x"', "utf-8")
    env = {"RESULT": "Failed", "URL": "https://run", "FOUND": str(agent.workspace / "gate"), "COLLECTION": "https://c/"}
    env |= {"PROJECT": "p", "REPOSITORY": "r", "PULL": "17", "SYSTEM_ACCESSTOKEN": "t"}
    done = agent.run(STEPS["azure-devops/pull-request.yml", "Comment"], env)
    assert done.returncode == 0, done.stderr
    thread = json.loads((agent.workspace / "thread.json").read_text("utf-8"))
    assert thread["comments"][0]["content"] == 'The gate ended with **Failed**: https://run\n\n### found "x"'
    assert agent.calls[0][-1] == "https://c/p/_apis/git/repositories/r/pullRequests/17/threads?api-version=7.1"


@runs(*both(SIGN_IN))
@pytest.mark.parametrize("key", both(SIGN_IN), ids="/".join)
def test_the_state_is_reached_without_a_secret(agent: Agent, key: tuple[str, str]) -> None:
    agent.answer("curl", '{"value": "a.jwt", "oidcToken": "a.jwt"}')
    token = agent.workspace / "state.jwt"
    env = {"TOKEN": str(token), "RUNNER_TEMP": str(agent.workspace), "GITHUB_ENV": str(agent.workspace / "env")}
    env |= {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://token?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"}
    env |= {"SYSTEM_OIDCREQUESTURI": "https://token", "SYSTEM_ACCESSTOKEN": "bearer", "CONNECTION": "c"}
    done = agent.run(STEPS[key], env)
    assert done.returncode == 0, done.stderr
    assert token.read_text("utf-8").strip() == "a.jwt"
    said = done.stdout if key[0].startswith("azure") else (agent.workspace / "env").read_text("utf-8")
    assert f"AZURE_FEDERATED_TOKEN_FILE{']' if key[0].startswith('azure') else '='}{token}" in said


@runs(*both("Install the Pulumi CLI"))
@pytest.mark.parametrize("key", both("Install the Pulumi CLI"), ids="/".join)
def test_the_pulumi_cli_is_pinned(agent: Agent, key: tuple[str, str]) -> None:
    agent.answer("curl", 'echo "installed $*"')
    done = agent.run(STEPS[key], {"PULUMI_VERSION": "3.260.0", "HOME": "/home/agent"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "installed --version 3.260.0",
        "##vso[task.prependpath]/home/agent/.pulumi/bin",
    ]


@runs(*both(PREVIEW), *both(DEPLOY), *both(DRIFT))
@pytest.mark.parametrize("key", [*both(PREVIEW), *both(DEPLOY), *both(DRIFT)], ids="/".join)
@pytest.mark.parametrize("code", [0, 255])
def test_pulumi_is_asked_with_the_pack_and_its_failure_is_the_steps(
    agent: Agent, key: tuple[str, str], code: int
) -> None:
    agent.answer("pulumi", "what it says")
    env = {"STACK": "prod", "FAKE_EXIT": str(code), "PLAN": "plan", "EVIDENCE": "evidence"}
    done = agent.run(STEPS[key], env)
    assert done.returncode == code, done.stderr
    (call,) = agent.calls
    assert call[:6] == ["pulumi", "up" if key[1] == DEPLOY else "preview", "--stack", "prod", "--policy-pack", "policy"]
    assert "--non-interactive" in call
    if key[1] == PREVIEW:
        assert (agent.workspace / "plan" / "plan.json").read_text("utf-8") == "the plan"
        assert (agent.workspace / "plan" / "preview.txt").read_text("utf-8") == "what it says\n"
    if key[1] == DRIFT:
        assert {"--refresh", "--expect-no-changes"} <= set(call)


@runs(*both(AUDIT))
@pytest.mark.parametrize("key", both(AUDIT), ids="/".join)
def test_the_audit_leaves_its_evidence(agent: Agent, checkout: Path, key: tuple[str, str]) -> None:
    done = agent.run(STEPS[key], {"STACK": "dev", "EVIDENCE": "evidence"}, checkout)
    # Nothing is deployed in this emulator, which is a finding.
    assert done.returncode == 1, done.stderr
    assert json.loads((checkout / "evidence" / "audit.json").read_text("utf-8"))["command"] == "audit"
    assert (checkout / "evidence" / "audit.md").read_text("utf-8").startswith("### ❌")


ISSUE = ("github/drift.yml", "Open an issue, or add to the one that is open")
ITEM = ("azure-devops/drift.yml", "Open a work item, or add to the one that is open")


@runs(ISSUE)
@pytest.mark.parametrize("old", ["", "5"])
def test_drift_becomes_one_issue(agent: Agent, old: str) -> None:
    (agent.workspace / "evidence").mkdir()
    (agent.workspace / "evidence" / "audit.md").write_text("### ❌ Lockstep audit", "utf-8")
    agent.answer("gh", old)
    done = agent.run(STEPS[ISSUE], {"STACK": "prod", "URL": "https://run", "DRIFT": "failure", "AUDIT": ""})
    assert done.returncode == 0, done.stderr
    assert agent.calls[1][1:3] == (["issue", "comment"] if old else ["issue", "create"])
    assert (agent.workspace / "issue.md").read_text("utf-8").splitlines() == [
        "https://run",
        "",
        "- preview against the tenant: failure",
        "- audit: did not run",
        "",
        "### ❌ Lockstep audit",
    ]


@runs(ITEM)
@pytest.mark.parametrize(("found", "method"), [([], "POST"), ([{"id": 5}], "PATCH")])
def test_drift_becomes_one_work_item(agent: Agent, found: list[dict[str, int]], method: str) -> None:
    agent.answer("curl", json.dumps({"workItems": found}))
    env = {"STACK": "prod", "URL": "https://run", "COLLECTION": "https://c/", "PROJECT": "p", "SYSTEM_ACCESSTOKEN": "t"}
    done = agent.run(STEPS[ITEM], env)
    assert done.returncode == 0, done.stderr
    assert method in agent.calls[1]
    assert agent.calls[1][-1] == f"https://c/p/_apis/wit/workitems/{'5' if found else '$Task'}?api-version=7.1"
    item = json.loads((agent.workspace / "item.json").read_text("utf-8"))
    assert [each["value"] for each in item] == ["Drift: stack prod", "Found again: https://run"]


@runs(*both(UPGRADE), *both("Open a pull request"))
@pytest.mark.parametrize("host", ["github", "azure-devops"])
def test_an_upgrade_becomes_a_pull_request(agent: Agent, checkout: Path, host: str) -> None:
    remote = agent.workspace / "remote.git"
    git(agent.workspace, "clone", "--quiet", "--bare", str(checkout), str(remote))
    git(checkout, "remote", "add", "origin", str(remote))
    stack = checkout / "Pulumi.prod.yaml"
    old = stack.read_text("utf-8").replace(
        '{atlas: "2025-03-01", atera: "2026-11-22"}', '{atlas: "2025-02-28"}  # until May'
    )
    old = old.replace("[atlas, atera]", "[atlas]").partition("    atera:\n")[0]
    stack.write_text(old, "utf-8")
    git(checkout, "commit", "--quiet", "--all", "--message", "old")
    output = agent.workspace / "output"
    env = {
        "STACK": "prod",
        "GITHUB_OUTPUT": str(output),
        "BRANCH": "lockstep/upgrade-prod",
        "HOME": str(agent.workspace),
    }
    env |= {"COLLECTION": "https://c/", "PROJECT": "p", "REPOSITORY": "r", "TARGET": "refs/heads/main"}
    env |= {"SYSTEM_ACCESSTOKEN": "t"}
    moved = agent.run(STEPS[f"{host}/upgrade.yml", UPGRADE], env, checkout)
    assert moved.returncode == 0, moved.stderr
    said = output.read_text("utf-8") if host == "github" else moved.stdout
    assert "changed=yes" in said or "variable=changed]yes" in said
    assert '{atlas: "2025-03-01"}  # until May' in stack.read_text("utf-8")
    report = (checkout / "upgrade.md").read_text("utf-8")
    assert "#### atlas: 2025-02-28 to 2025-03-01" in report
    assert "SharePoint Online Web Client Extensibility" in report
    agent.answer("gh", "")
    agent.answer("curl", '{"count": 0}')
    opened = agent.run(STEPS[f"{host}/upgrade.yml", "Open a pull request"], env, checkout)
    assert opened.returncode == 0, opened.stderr
    assert git(remote, "diff", "--name-only", "lockstep/upgrade-prod~", "lockstep/upgrade-prod") == "Pulumi.prod.yaml\n"
    assert agent.calls[-1][1:3] == (["pr", "create"] if host == "github" else ["--silent", "--show-error"])
    # A second time there is nothing to do.
    again = agent.run(STEPS[f"{host}/upgrade.yml", UPGRADE], env, checkout)
    assert "yes" not in (output.read_text("utf-8").splitlines()[-1] if host == "github" else again.stdout)


def test_every_script_of_every_template_is_run_by_a_test() -> None:
    assert set(STEPS) == RUN
