"""Files of a change: which are guarded, what approvals and pack configurations say, and where a line comes from."""

from __future__ import annotations

import datetime
import json
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lockstep.errors import UsageError
from lockstep.gate.approvals import Approval, entry, find, read_approvals
from lockstep.gate.change import PullRequest
from lockstep.gate.changes import APPROVALS, FileChange, changed_lines, changes, guarded
from lockstep.gate.document import GateDocument, GateParts
from lockstep.gate.judge import judge
from lockstep.gate.locate import Finder
from lockstep.gate.owners import owners
from lockstep.gate.packs import candidates, softened, weakening
from lockstep.gate.pythons import base_python
from lockstep.gate.repository import Repository
from lockstep.gate.rules import RULES
from lockstep.gate.stack_lines import adopted_lines, exception_lines, stack_lines
from lockstep.json_schema import document_schema
from lockstep.policy.exceptions import Exceptions, StackException, StackScope
from lockstep.rehearsal.interpreter import INSTALLED
from lockstep.report import Location, Severity
from lockstep.settings.stack_app import stack_apps
from tests.conftest import REPOSITORY
from tests.docs.pages import inline, read, table
from tests.gate.pulls import git
from tests.settings.reading import apps
from tests.settings.reading import read as read_stack

TODAY = datetime.date(2026, 11, 24)
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "path",
    [
        "lockstep/gate/judge.py",
        "lockstep/catalogue/data/editions/atlas/2025-03-01.yaml",
        "policy/exceptions.yaml",
        "policy/approvals.yaml",
        "plugins/entraconsent/PulumiPlugin.yaml",
        "components/atlas.py",
        "stacks/__init__.py",
        "pipelines/github/deploy.yml",
        "catalogue/atlas/2030-01-01.yaml",
        "fence/__main__.py",
        "requirements/run.txt",
        "requirements.txt",
        "wheels/lockstep-0.1.0-py3-none-any.whl",
        "scripts/install",
        ".github/workflows/gate.yml",
        "Pulumi.yaml",
        "Makefile",
        "pyproject.toml",
        "__main__.py",
        "pulumi.py",
        "yaml/__init__.py",
        "sitecustomize.py",
        "evil.pth",
        "deep/down/module.so",
        "requirements-dev.txt",
        "poetry.lock",
        "azure-pipelines.yml",
        "Pulumi.prod.yml",
        "Pulumi.prod.json",
        "Pulumi.pr od.yaml",
        "pulumi/config.toml",
        "notes/meeting.txt",
        "GNUmakefile",
        ".venv/bin/python",
        "Pipfile",
        ".python-version",
        "Jenkinsfile",
        "data.json",
        "Pulumi.prod.yaml/x",
        "docs/CODEOWNERS",
        "tests/conftest.py",
        "tests/deep/conftest.py",
        "tests/pytest.ini",
        "docs/sitecustomize.py",
        "benchmarks/evil.pth",
        "tests/Makefile",
        "tests/pyproject.toml",
        "Docs/page.md",
        ".gitignore",
        "yaml",
    ],
)
def test_what_decides_is_guarded(path: str) -> None:
    assert guarded(path)


@pytest.mark.parametrize(
    "path",
    ["README.md", "docs/policy.md", "docs/example.py", "tests/gate/test_files.py", "Pulumi.prod.yaml", "LICENSE",
     "benchmarks/bars.py", "Pulumi.prod.yaml.example"],
)  # fmt: skip
def test_what_cannot_decide_is_not(path: str) -> None:
    assert not guarded(path)


def test_every_file_that_runs_here_is_guarded() -> None:
    listed = git(REPOSITORY, "ls-files").splitlines()
    code = [path for path in listed if path.endswith(".py") and not path.startswith(("tests/", "benchmarks/", "docs/"))]
    assert len(code) > 100
    assert [path for path in code if not guarded(path)] == []


def approval_file(tmp_path: Path, **changed: str) -> Path:
    fields = {"digest": DIGEST, "by": "Ada", "reason": "bought", "date": "2026-11-24", "expires": "2026-12-08"}
    given = [f"{name}: {value}" for name, value in {**fields, **changed}.items() if value]
    file = tmp_path / "approvals.yaml"
    file.write_text("# who\napprovals:\n  - " + "\n    ".join(given) + "\n", "utf-8")
    return file


def test_an_approval_is_read_with_its_line(tmp_path: Path) -> None:
    (found,) = read_approvals(approval_file(tmp_path))
    assert (found.digest, found.by, found.expires, found.line) == (DIGEST, "Ada", datetime.date(2026, 12, 8), 3)
    assert found.holds(datetime.date(2026, 12, 8))
    assert not found.holds(datetime.date(2026, 12, 9))
    # Its day begins elsewhere up to one day earlier, and no other approval holds before its time.
    assert found.holds(found.date - datetime.timedelta(days=1))
    assert not found.holds(found.date - datetime.timedelta(days=2))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"digest": "sha256:12"}, r"policy/approvals\.yaml:3:13: "),
        ({"by": ""}, r"policy/approvals\.yaml:3:5: .*by"),
        ({"expires": "2027-06-01"}, r"policy/approvals\.yaml:7:14: 2027-06-01 is not within 90 days"),
        ({"expires": "2026-11-01"}, r"policy/approvals\.yaml:7:14: 2026-11-01 is not within 90 days"),
        ({"date": "tomorrow"}, r"policy/approvals\.yaml:6:11: "),
        ({"until": "x"}, r"policy/approvals\.yaml:8:\d+: .*until"),
        ({"reason": "[a"}, r"policy/approvals\.yaml:6:9: is not YAML"),
    ],
)
def test_an_approval_that_is_not_one_is_refused_with_its_place(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read_approvals(approval_file(tmp_path, **changed))


def test_the_file_that_ships_approves_nothing() -> None:
    assert read_approvals(REPOSITORY / "policy" / "approvals.yaml") == ()
    assert read_approvals(REPOSITORY / "policy" / "no-such-file.yaml") == ()


def test_the_printed_entry_is_one_that_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "approvals.yaml"
    file.write_text("\n".join(entry(DIGEST, TODAY)) + "\n", "utf-8")
    (found,) = read_approvals(file)
    assert (found.digest, found.date) == (DIGEST, TODAY)
    assert find([found], DIGEST) == found
    assert find([found], DIGEST.replace("0", "1")) is None


def change(tmp_path: Path, approvals: list[Approval], trial: str = "") -> tuple[PullRequest, Finder]:
    files = [FileChange("stacks/x.py", "", "b" * 64)]
    return PullRequest([], files, approvals, trial=trial, today=TODAY), Finder(tmp_path, tmp_path, ["stacks/x.py"])


@pytest.mark.parametrize(
    ("days", "trial", "rules"),
    [
        (None, False, {("guarded-file-changed", Severity.ERROR)}),
        (0, False, {("approved", Severity.INFORMATION)}),
        (-1, False, {("expired-approval", Severity.ERROR), ("guarded-file-changed", Severity.ERROR)}),
        (None, True, {("trial-approval", Severity.WARNING)}),
    ],
)
def test_an_approval_or_a_trial_lifts_exactly_what_it_names(
    tmp_path: Path, days: int | None, trial: bool, rules: set[tuple[str, Severity]]
) -> None:
    subject, finder = change(tmp_path, [])
    digest = subject.digest
    facts = ("Ada", "so", TODAY, TODAY + datetime.timedelta(days=days or 0), 3)
    held = [] if days is None else [Approval(digest, *facts, subject.files)]
    subject, finder = change(tmp_path, held, digest if trial else "")
    assert {(each.rule, each.severity) for each in judge(subject, finder)} == rules
    for given, said in ([], DIGEST), ([Approval(digest, *facts)], ""), ([Approval(digest, *facts, DIGEST)], ""):
        wrong, finder = change(tmp_path, given, said)
        assert [each.rule for each in judge(wrong, finder)] == ["guarded-file-changed"]


@pytest.mark.parametrize(("alone", "severity"), [(True, Severity.WARNING), (False, Severity.ERROR)])
def test_an_approval_comes_alone(tmp_path: Path, alone: bool, severity: Severity) -> None:
    place = Location(APPROVALS, 2, 5)
    found = judge(
        PullRequest([], [], [], added_approvals=[place], approvals_alone=alone), Finder(tmp_path, tmp_path, [])
    )
    assert [(each.rule, each.severity, each.location) for each in found] == [
        ("approval-in-this-change", severity, place)
    ]


def test_approvals_that_cannot_be_read_are_refused_even_alone(tmp_path: Path) -> None:
    broken = PullRequest(
        [], [], [], broken_approvals="policy/approvals.yaml:3:5: an approval: by is missing", approvals_alone=True
    )
    (found,) = judge(broken, Finder(tmp_path, tmp_path, []))
    assert (found.severity, found.message) == (Severity.ERROR, "an approval: by is missing")
    assert found.location == Location("policy/approvals.yaml", 3, 5)


OWNERS = """
# comment
* @everyone
/policy/ @security @org/platform  # inline
*.yaml @yaml
docs/ @writers
/docs/pipelines.md
policy/approvals.yaml @approvers
/components/** @components
/scripts/* @scripts
"""


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("README.md", "@everyone"),
        ("policy/pack.py", "@security @org/platform"),
        ("policy/exceptions.yaml", "@yaml"),
        ("policy/approvals.yaml", "@approvers"),
        ("deep/policy/pack.py", "@everyone"),
        ("deep/docs/a.md", "@writers"),
        ("docs/pipelines.md", None),
        ("components/deep/down.py", "@components"),
        ("scripts/install", "@scripts"),
        ("scripts/deep/install", "@everyone"),
    ],
)
def test_the_last_line_that_matches_says_who_must_look(tmp_path: Path, path: str, names: str | None) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "CODEOWNERS").write_text(OWNERS, "utf-8")
    assert owners(tmp_path, [path]).get(path) == names
    assert owners(tmp_path / ".github", ["README.md"]) == {"README.md": "@everyone"}


def test_nobody_owns_anything_without_a_file(tmp_path: Path) -> None:
    assert owners(tmp_path, ["policy/approvals.yaml"]) == {}


def test_what_a_stack_file_says_beside_the_settings_has_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(
        "secretsprovider: passphrase\nenvironment: [shared/prod]\nconfig:\n  azuread:metadataHost: evil.example\n"
        "  azuread:clientSecret:\n    secure: v1:abc\n  lockstep:target: local\n  other:list: [b, a]\n  plain: x\n",
        "utf-8",
    )
    assert [str(line) for line in stack_lines(file, "lockstep")] == [
        "stack · file secretsprovider = passphrase",
        "stack · file environment ∋ shared/prod",
        "stack · setting azuread:metadataHost = evil.example",
        f"stack · setting azuread:clientSecret = (a secret, sha256:{sha256(b'v1:abc').hexdigest()})",
        "stack · setting other:list ∋ a",
        "stack · setting other:list ∋ b",
    ]
    file.write_text("", "utf-8")
    assert list(stack_lines(file, "lockstep")) == []


def test_an_adopted_app_has_the_line_of_its_client() -> None:
    pnp = {"deploy": True, "adopted": {"displayName": "PnP", "clientId": "12121212-3434-4565-8787-909090909090"}}
    found = adopted_lines(
        stack_apps(read_stack(apps=apps({"pnp": pnp, "provisioning": {"adopted": {"displayName": "Other"}}})))
    )
    assert [str(line) for line in found] == ["stack · adopted pnp = 12121212-3434-4565-8787-909090909090"]


def test_exceptions_and_scopes_of_the_stack_have_their_lines() -> None:
    because: dict[str, Any] = {"owner": "me", "reason": "so", "expires": TODAY, "line": 1}
    one = StackException(rule="no-passwords", stack="dev", type="azuread:index/x:X", resource="", **because)
    other = StackException(rule="no-passwords", stack="prod", type="azuread:index/x:X", resource="", **because)
    found = exception_lines(Exceptions((one, other), (StackScope(stack="dev", scope="vendors", **because),)), "dev")
    assert [line.fact for line in found] == [
        "exception no-passwords for azuread:index/x:X (each) = until 2026-11-24",
        "scope vendors = until 2026-11-24",
    ]


LEVELS = {"no-passwords": "mandatory", "tier-0-is-named": "advisory"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"all": "disabled"}', [(1, "all is made disabled, and is mandatory")]),
        (
            '{\n "no-passwords": {"enforcementLevel": "advisory"}}',
            [(2, "no-passwords is made advisory, and is mandatory")],
        ),
        ('{"tier-0-is-named": "disabled"}', [(1, "tier-0-is-named is made disabled, and is advisory")]),
        ('{"tier-0-is-named": "mandatory", "all": "mandatory", "other": "disabled"}', []),
        ('["all"]', []),
        ("{", [(1, "it cannot be read")]),
    ],
)
def test_a_configuration_that_weakens_is_found(tmp_path: Path, text: str, found: list[tuple[int, str]]) -> None:
    file = tmp_path / "config.json"
    file.write_text(text, "utf-8")
    assert [(place.line, said) for place, said in weakening(file, "config.json", LEVELS)] == found


@pytest.mark.parametrize(("head", "refused"), [('"x"', False), ('"no-passwords"', True), ('"all"', True)])
def test_data_that_the_reader_of_lines_refuses_is_no_configuration_of_a_pack(
    tmp_path: Path, head: str, refused: bool
) -> None:
    file = tmp_path / "data.json"
    file.write_text(f"{{{head}: [{', '.join(['1'] * 60_000)}]}}", "utf-8")
    assert bool(list(weakening(file, "data.json", LEVELS))) is refused


def test_softer_rules_are_found() -> None:
    head = {"no-passwords": "advisory", "new": "mandatory"}
    assert list(softened(LEVELS, head)) == [
        "the rule no-passwords is made advisory, and is mandatory",
        "the rule tier-0-is-named is gone",
    ]
    assert list(softened(LEVELS, LEVELS)) == []
    assert list(candidates(["a.json", "policy/b.json", "docs/c.json", "lockstep/x.json", "d.yaml"])) == [
        "a.json",
        "policy/b.json",
    ]


def test_changes_of_two_trees(tmp_path: Path) -> None:
    base, head = tmp_path / "base", tmp_path / "head"
    for folder, files in (
        (base, {"same": "1", "gone": "1", "was": "1"}),
        (head, {"same": "1", "new": "1", "was": "2"}),
    ):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    (base / "mode").write_text("1", "utf-8")
    (head / "mode").write_text("1", "utf-8")
    (head / "mode").chmod(0o755)
    (head / "link").symlink_to("same")
    assert [(each.path, each.verb) for each in changes(base, head)] == [
        ("gone", "removes"),
        ("link", "adds"),
        ("mode", "changes"),
        ("new", "adds"),
        ("was", "changes"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a\nb\nc", "a\nX\nc", [2]),
        ("a\nc", "a\nb\nc", [2]),
        ("a\nb\nc", "a\nc", [2]),
        ("a", "", [1]),
        ("", "a\nb", [1, 2]),
    ],
)
def test_changed_lines(tmp_path: Path, before: str, after: str, lines: list[int]) -> None:
    (tmp_path / "b").write_text(before, "utf-8")
    (tmp_path / "h").write_text(after, "utf-8")
    assert changed_lines(tmp_path / "b", tmp_path / "h") == lines


def test_a_work_tree_is_copied_without_what_is_ignored(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    (root / "project").mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / ".gitignore").write_text("secret\n", "utf-8")
    (root / "project" / "tracked").write_text("old", "utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one")
    (root / "project" / "tracked").write_text("new", "utf-8")
    (root / "project" / "untracked").write_text("new", "utf-8")
    (root / "project" / "secret").write_text("s", "utf-8")
    (root / "project" / "out").symlink_to("/etc/hostname")
    (root / "project" / "in").symlink_to("tracked")
    repository = Repository.find(root / "project")
    base = repository.copy_commit(repository.commit("main"), tmp_path / "base")
    head = repository.copy_work_tree(tmp_path / "head")
    assert sorted(os.listdir(base)) == ["tracked"]
    assert (base / "tracked").read_text("utf-8") == "old"
    # A link that leads out is a change like others, and copied as the link that it is.
    assert sorted(os.listdir(head)) == ["in", "out", "tracked", "untracked"]
    assert (head / "out").is_symlink()
    with pytest.raises(UsageError, match=r"^--base nowhere: there is no such commit here; fetch it first"):
        repository.commit("nowhere")
    with pytest.raises(UsageError, match="is not in a git repository"):
        Repository.find(tmp_path)


def test_every_rule_of_the_gate_has_its_row() -> None:
    page = (REPOSITORY / "docs" / "pipelines.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert {rule.name for rule in RULES} <= set(rows)


def test_the_schema_and_the_page_are_those_of_the_gates_document() -> None:
    kept = json.loads((REPOSITORY / "lockstep" / "gate" / "schema.json").read_text("utf-8"))
    assert kept == document_schema(GateDocument, "lockstep gate --json"), "run scripts/schemas.py"
    jsonschema.Draft202012Validator.check_schema(kept)
    shown = {name for cell in table(read("docs/command-line.md"), "The document of the gate") for name in inline(cell)}
    parts = [f"stacks[].{name}" for name in kept["$defs"]["StackPart"]["properties"]]
    assert shown == {*GateParts.model_json_schema(by_alias=True)["properties"], *parts}


def test_a_base_whose_requirements_are_no_lock_stops_no_gate(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("requests\n", "utf-8")
    assert base_python(tmp_path) == INSTALLED
