"""What a hostile author might try: each grants nothing at once, hides where it does, or talks to the judge."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lockstep.cli import run
from lockstep.errors import UsageError
from lockstep.gate.bare import bare
from lockstep.gate.repository import Repository
from tests.conftest import REPOSITORY
from tests.gate.pulls import Pull, git

STRANGER = "12121212-3434-4565-8787-909090909090"


def test_a_stack_file_that_lies_among_the_pages(pull: Pull) -> None:
    file = pull.root / "Pulumi.prod.yaml"
    pull.write("docs/prod.yaml", file.read_text("utf-8"))
    file.unlink()
    file.symlink_to("docs/prod.yaml")
    verdict = pull.judge(stack="prod")
    assert (verdict.code, verdict.errors) == (1, {"guarded-file-changed"})
    assert [each["path"] for each in verdict.document["guardedFiles"]] == ["Pulumi.prod.yaml", "docs/prod.yaml"]
    # And when somebody agreed to the link, what it leads to is guarded, and the stack is run.
    pull.commit()
    pull.edit("docs/prod.yaml", "    # atera:\n", f"    atera: {{clientId: {STRANGER}}}\n    # atera:\n")
    verdict = pull.judge(stack="prod")
    assert (verdict.code, verdict.errors) == (1, {"guarded-file-changed", "grant-not-approved"})
    assert f"Atera · Principal · appId = {STRANGER}" in verdict.added("prod")


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_whatever_hides_or_speaks_by_its_name(pull: Pull, tmp_path: Path) -> None:
    def move(commit: str) -> None:
        git(pull.root, "update-index", "--add", "--cacheinfo", f"160000,{commit * 40},docs/theirs")

    move("1")
    git(pull.root, "commit", "--quiet", "--message", "base")
    move("2")
    (tmp_path / "outside.py").write_text("", "utf-8")
    for path in ("docs/approvals.yaml", "GNUmakefile", ".venv/bin/python"):
        pull.write(path, "approvals: []\n")
    git(pull.root, "add", "--force", ".venv/bin/python")
    for link, target in (
        ("docs/sitecustomize", str(tmp_path / "outside.py")),
        ("policy/approvals.yaml", "../docs/approvals.yaml"),
    ):
        (pull.root / link).unlink(missing_ok=True)
        (pull.root / link).symlink_to(target)
    names = [b"a\n::error::x.py", b"\xff.py", b"x\x1b[2J.py", b"##vso[task.complete result=Succeeded].py"]
    for name in names:
        (pull.root / os.fsdecode(name)).write_text("", "utf-8")
    outputs = [f"--{each}={tmp_path / each}" for each in ("sarif", "junit", "markdown")]
    verdict = pull.judge("--annotations", *outputs)
    assert verdict.code == 1
    assert {each["path"] for each in verdict.document["guardedFiles"]} >= {
        *("docs/approvals.yaml", "docs/sitecustomize", "docs/theirs", "policy/approvals.yaml"),
        *("GNUmakefile", ".venv/bin/python"),
    }
    assert len(verdict.document["guardedFiles"]) == 6 + len(names)
    for each in ("sarif", "junit", "markdown"):
        text = (tmp_path / each).read_bytes()
        assert b"\x1b" not in text
        assert b"\n::error::x" not in text


@pytest.mark.usefixtures("library")
def test_attributes_of_the_head_do_not_rewrite_the_judge(pull: Pull) -> None:
    pull.write("lockstep/gate/.gitattributes", "*.py working-tree-encoding=UTF-7\n")
    repository = Repository.find(pull.root)
    base = repository.copy_commit(repository.commit("main"), pull.root.parent / "copied")
    for path in sorted((pull.root / "lockstep" / "gate").glob("*.py")):
        assert (base / "lockstep" / "gate" / path.name).read_bytes() == path.read_bytes()


def test_a_tag_with_the_name_of_the_base(pull: Pull) -> None:
    commit = git(pull.root, "rev-parse", "HEAD").strip()
    git(pull.root, "update-ref", "refs/remotes/origin/main", commit)
    repository = Repository.find(pull.root)
    assert repository.commit("origin/main") == commit
    git(pull.root, "commit", "--quiet", "--allow-empty", "--message", "mine")
    git(pull.root, "tag", "origin/main")
    with pytest.raises(UsageError, match="refs/remotes/origin/main or refs/tags/origin/main"):
        repository.commit("origin/main")
    assert repository.commit("refs/remotes/origin/main") == commit


def test_what_a_program_was_refused_and_passed_over(pull: Pull) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        "from pulumi.runtime import settings\nfrom pulumi.runtime.proto import callback_pb2\n"
        "try:\n    settings.get_monitor().RegisterStackTransform(callback_pb2.Callback(target='x', token='y'))\n"
        "except Exception:\n    pass\nrun()\n",
    )
    verdict = pull.judge()
    assert verdict.code == 1
    assert any("does not model" in text for text in verdict.messages("program-failed"))


@pytest.mark.usefixtures("library")
def test_a_program_that_rewrites_its_judge(
    pull: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    pull.edit("lockstep/program.py", "from __future__", "# changed\nfrom __future__")
    pull.edit(
        "__main__.py",
        "run()\n",
        # What the judge loads only once every program has run.
        "import pathlib\n"
        "for file in pathlib.Path.cwd().parents[1].glob('lockstep-gate-*/base/lockstep/report/junit.py'):\n"
        "    file.write_text('import os; os._exit(0)')\nrun()\n",
    )
    words = ["gate", "--base", "main", "--cwd", str(pull.root), "--stack", "dev", f"--junit={tmp_path / 'gate.xml'}"]
    assert run(words) == 1
    assert "the gate refuses: guarded files are changed and not approved" in capfd.readouterr().err


def test_a_guarded_file_passes_once_its_own_digest_is_approved(pull: Pull) -> None:
    text = (pull.root / "Makefile").read_text("utf-8")
    pull.write("Makefile", f"# a remark\n{text}")
    refused = pull.judge()
    assert (refused.code, refused.errors) == (1, {"guarded-file-changed"})
    today = datetime.datetime.now(datetime.UTC).date()
    approval = f"approvals:\n  - digest: {refused.document['digest']}\n    by: Ada\n    reason: a remark\n"
    approval += f"    date: {today}\n    expires: {today}\n"
    for files, code in ("", 1), (f"    files: {refused.document['filesDigest']}\n", 0):
        pull.write("Makefile", text).write("policy/approvals.yaml", approval + files).commit()
        pull.write("Makefile", f"# a remark\n{text}")
        assert pull.judge(hand_over=True).code == code


def test_c5_c9_stack_files_on_which_readers_could_disagree(pull: Pull) -> None:
    text = (pull.root / "Pulumi.prod.yaml").read_text("utf-8")
    last = len(text.splitlines())
    bomb = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9) if n else '1'}]\n" for n in range(9))
    for more, line, words in (
        ("config:\n  lockstep:target: local\n", 1, "config stands twice"),
        ("x: {a: 1, a: 2}\n", 1, "a stands twice"),
        (bomb, 6, "values, those behind an alias counted each time"),
        ("r: &r [*r]\n", 1, "the alias *r stands inside what it stands for"),
    ):
        pull.write("Pulumi.prod.yaml", text + more)
        verdict = pull.judge(stack="prod")
        assert verdict.code == 1
        assert verdict.places("stack-setting") == [("Pulumi.prod.yaml", last + line)]
        assert words in verdict.messages("stack-setting")[0]


def test_c9_a_secret_among_what_is_configured_is_a_finding_with_its_line(pull: Pull) -> None:
    text = (pull.root / "__main__.py").read_text("utf-8")
    secrets = (
        "import pulumi\nimport pulumi_azuread as azuread\n"
        "ACCESS = [{'resourceAppId': '00000003-0000-0000-c000-000000000000', 'resourceAccesses': []}]\n"
        "azuread.Application('a', display_name='a', required_resource_accesses=pulumi.Output.secret(ACCESS))\n"
        "azuread.Application('b', display_name='b', required_resource_accesses=[pulumi.Output.secret(ACCESS[0])])\n"
        "azuread.Application('c', display_name='c', required_resource_accesses=[{**ACCESS[0], 'resourceAppId':"
        " pulumi.Output.secret('s')}])\n"
    )
    pull.write("__main__.py", text.replace("run()\n", secrets + "run()\n"))
    verdict = pull.judge()
    assert verdict.code == 1
    for name in "abc":
        place = ("__main__.py", pull.line("__main__.py", f"Application('{name}'"))
        assert place in [place for rule in sorted(verdict.errors) for place in verdict.places(rule)], name


FAKE = "x\\nallowed: everything\\nto fix: nothing\\nsource: docs/policy.md\\r\\u202e\\x1b[2J"


def test_c6_names_are_never_taken_for_the_gates_own_words(pull: Pull, tmp_path: Path) -> None:
    text = (pull.root / "__main__.py").read_text("utf-8")
    named = (
        "import pulumi, pulumi_azuread as azuread\n"
        f"azuread.Group('{FAKE}', display_name='{FAKE}', security_enabled=True)\n"
        f"azuread.Application('b', display_name='{FAKE}')\n"
        f"pulumi.ComponentResource('other:index:{FAKE}', 'c', {{}})\n"
    )
    pull.write("__main__.py", text.replace("run()\n", named + "run()\n"))
    files = {each: tmp_path / each for each in ("sarif", "junit", "markdown")}
    verdict = pull.judge("--annotations", *(f"--{each}={path}" for each, path in files.items()))
    assert verdict.code == 1
    refused = [each for each in verdict.findings if each["rule"] in ("only-listed-types", "only-declared-apps")]
    assert len(refused) >= 3
    for finding in refused:
        for name in ("message", "subject", "allowed", "fix", "source"):
            assert finding[name].isprintable(), finding
        assert finding["allowed"] != "everything"
        assert finding["source"].startswith(("docs/", '"'))
    assert any(each["subject"].count(r"x\nallowed: everything\nto fix: nothing\nsource") for each in refused)
    for path in files.values():
        shown = path.read_text("utf-8")
        assert not re.search(r"(?m)^\W*(allowed: everything|to fix: nothing|source: docs/policy.md.?$)", shown)
        assert "\u202e" not in shown
        assert "\x1b" not in shown
    assert all(json.dumps(part, ensure_ascii=False).isprintable() for part in verdict.findings)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_c10_no_process_of_the_gate_has_the_callers_secrets_in_its_environment(pull: Pull, tmp_path: Path) -> None:
    pull.edit(
        "__main__.py",
        "run()\n",
        # Every parent that is a process of the gate: the judge, and the one that waits for it.
        "import os, pathlib\npid, found = os.getppid(), []\n"
        "while b'lockstep.cli' in pathlib.Path(f'/proc/{pid}/cmdline').read_bytes():\n"
        "    found.append(pathlib.Path(f'/proc/{pid}/environ').read_text())\n"
        "    pid = int(pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[1])\n"
        f"pathlib.Path({str(tmp_path / 'found')!r}).write_text(chr(10).join(found))\n"
        "raise SystemExit(0)\nrun()\n",
    )
    names = ("GITHUB_TOKEN", "SYSTEM_ACCESSTOKEN", "ARM_CLIENT_SECRET", "AWS_SECRET", "MY_KEY")
    secrets = dict.fromkeys(names, "hunter2")
    secrets |= {"PIP_INDEX_URL": "https://me:hunter2@index.example/", "https_proxy": "http://hunter2@proxy.example"}
    words = [sys.executable, "-m", "lockstep.cli", "gate", "--base=main", "--stack=dev", "--cwd", str(pull.root)]
    done = subprocess.run(
        words, env={**os.environ, **secrets}, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith("the gate refuses: ")
    found = (tmp_path / "found").read_text("utf-8").split("\n")
    assert len(found) == 2
    assert all("PATH=" in each for each in found)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("PATH", "/bin", True),
        ("PIP_INDEX_URL", "https://index.example/", True),
        ("PIP_INDEX_URL", "https://token@index.example/", False),
        ("http_proxy", "http://proxy.example:8080", True),
        ("LC_ALL", "C", True),
        ("ARM_CLIENT_SECRET", "x", False),
        ("AZURE_CLIENT_ID", "x", False),
        ("PULUMI_ACCESS_TOKEN", "x", False),
        ("GIT_CONFIG_VALUE_0", "Authorization: x", False),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x", False),
    ],
)
def test_c10_of_the_callers_environment_nothing_secret_is_kept(name: str, value: str, kept: bool) -> None:
    assert (name in bare({name: value})) is kept
