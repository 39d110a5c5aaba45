"""What a change could hide from the gate: behind a secret, a link, a file that goes, or rows that are as before."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from lockstep.errors import UsageError
from lockstep.gate.approvals import read_approvals
from lockstep.gate.change import PullRequest
from lockstep.gate.changes import SHIPPED, FileChange, changed_lines, changes, runs
from lockstep.gate.judge import judge
from lockstep.gate.locate import Finder
from lockstep.gate.manifest import hidden
from lockstep.gate.owners import owners
from lockstep.gate.packs import weakening
from lockstep.gate.repository import plain
from lockstep.gate.stack_lines import stack_lines
from lockstep.rehearsal.boundary import Registration
from lockstep.report import Findings, Severity
from lockstep.report.outputs import Outputs
from lockstep.report.screen import Screen
from lockstep.scaffold.lock import LockError, read_lock
from lockstep.text_file import MAX_BYTES
from tests.gate.pulls import Pull

TODAY = datetime.date(2026, 11, 26)
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  azuread:clientId:\n    secure: {}\n",
        "config:\n  azuread:deep: {list: [{other: 1, key: {secure: {}}}]}\n",
        "config:\n  aws:list:\n    - secure: {}\n    - plain\n",
        "encryptedkey: {}\n",
        "encryptionsalt: {}\n",
    ],
)
def test_c4_another_cipher_text_is_another_line_and_is_never_shown(tmp_path: Path, text: str) -> None:
    lines = []
    for cipher in ("v1:AAAA", "v1:BBBB"):
        file = tmp_path / "Pulumi.prod.yaml"
        file.write_text(text.replace("{}", cipher), "utf-8")
        lines.append([str(line) for line in stack_lines(file, "lockstep")])
        assert cipher not in str(lines)
    assert lines[0] != lines[1]
    assert all("(a secret, sha256:" in str(each) for each in lines)


def test_c4_another_cipher_text_needs_an_approval(pull: Pull) -> None:
    pull.edit("Pulumi.dev.yaml", "config:\n", "config:\n  azuread:clientId:\n    secure: v1:AAAA\n")
    pull.commit().edit("Pulumi.dev.yaml", "v1:AAAA", "v1:BBBB")
    # All that this needs of the repository's host is said by one run: a stack file goes, and tests change.
    (pull.root / "Pulumi.prod.yaml").unlink()
    pull.write("tests/test_x.py", "import os\n").write("tests/conftest.py", "import os\n")
    verdict = pull.judge()
    assert verdict.code == 1
    assert verdict.errors == {"grant-not-approved", "guarded-file-changed"}
    assert [line.partition("sha256")[0] for line in verdict.added()] == [
        "stack · setting azuread:clientId = (a secret, "
    ]
    assert verdict.places("guarded-file-changed") == [("tests/conftest.py", 1)]
    assert verdict.places("stack-file-removed", "warning") == [("Pulumi.prod.yaml", None)]
    assert verdict.places("code-without-approval", "warning") == [("tests/test_x.py", None)]
    assert verdict.document["verdict"].startswith(
        "the gate refuses: 4 findings (2 errors, 2 warnings), against the base"
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests/test_x.py", True),
        ("tests/run", True),
        ("benchmarks/bars.py", True),
        ("docs/example.py", True),
        ("docs/policy.md", False),
        ("tests/data/x.json", False),
        ("README.md", False),
    ],
)
def test_c12_code_that_people_run_is_said(path: str, said: bool) -> None:
    assert runs(path) is said


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ({"owners": [SECRET]}, [("owners[0]", "a secret")]),
        ({"requiredResourceAccesses": SECRET}, [("requiredResourceAccesses", "a secret")]),
        ({"web": {"redirectUris": ["https://a", SECRET]}}, [("web.redirectUris[1]", "a secret")]),
        ({"permissions": {"graph": {"application": SECRET}}}, [("permissions.graph.application", "a secret")]),
        ({"displayName": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, [("displayName", "(not known)")]),
        ({"displayName": "x", "baseline": SECRET}, []),
    ],
)  # fmt: skip
def test_c9_what_cannot_be_seen_is_found_in_every_field(inputs: object, found: list[tuple[str, str]]) -> None:
    assert isinstance(inputs, dict)
    entry = Registration("urn", "azuread:index/application:Application", "a", "", True, inputs, {})
    assert list(hidden(entry)) == found


def test_c9_whatever_the_judge_reads_is_bounded(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (tmp_path / "CODEOWNERS").symlink_to(large)
    for read in (
        lambda: owners(tmp_path, ["a"]),
        lambda: read_lock(large, "requirements.txt"),
        lambda: read_approvals(large, "policy/approvals.yaml"),
    ):
        with pytest.raises(UsageError, match="larger than 4 MiB"):
            read()
    assert [text for _, text in weakening(large, "x.json", {})] == ["it cannot be read"]
    assert changed_lines(large, large) == [1]
    (tmp_path / "a").write_text("x\n" * 100_000, "utf-8")
    (tmp_path / "b").write_text("x\n" * 90_000 + "y\n" * 10_000, "utf-8")
    assert changed_lines(tmp_path / "a", tmp_path / "b") == [90_001]
    (tmp_path / "lock").write_text(f"a=={'1.' * 20_000}!--hash=sha256:{'0' * 64}\n", "utf-8")
    with pytest.raises(LockError, match="nothing that a lock may name"):
        read_lock(tmp_path / "lock", "requirements.txt")


@pytest.mark.parametrize("name", ["Pulumi.prod.yaml", "policy/approvals.yaml", "Pulumi.yaml"])
def test_c13_no_file_is_read_through_a_link_that_leads_out(tmp_path: Path, name: str) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    (tree / name).parent.mkdir(parents=True)
    (outside / name).parent.mkdir(parents=True)
    (outside / name).write_text("password: hunter2\n", "utf-8")
    (tree / "folder").symlink_to(outside)
    (tree / name).symlink_to(tree / "folder" / name)
    for path in (name, f"folder/{name}"):
        with pytest.raises(UsageError, match=rf"^{path}:1:1: a symbolic link leads out of the project") as refused:
            plain(tree, path)
        assert "hunter2" not in str(refused.value)
    (tree / name).unlink()
    (tree / "inside").write_text("", "utf-8")
    (tree / name).symlink_to(tree / "inside")
    assert plain(tree, name) == tree / name


def test_c13_a_stack_file_that_is_a_link_to_elsewhere_is_a_finding(pull: Pull, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password: hunter2\n", "utf-8")
    (pull.root / "Pulumi.dev.yaml").unlink()
    (pull.root / "Pulumi.dev.yaml").symlink_to(tmp_path / "secret")
    (pull.root / "policy" / "approvals.yaml").unlink()
    (pull.root / "policy" / "approvals.yaml").symlink_to(tmp_path / "secret")
    verdict = pull.judge()
    assert verdict.code == 1
    assert verdict.places("stack-setting") == [("Pulumi.dev.yaml", 1)]
    assert verdict.places("approval-in-this-change") == [("policy/approvals.yaml", 1)]
    assert "hunter2" not in str(verdict.document)


@pytest.mark.skipif(os.name == "nt", reason="needs the right to make links there")
def test_c13_no_output_goes_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "kept").write_text("kept", "utf-8")
    Path("comment.md").symlink_to(outside / "kept")
    Path("new.md").symlink_to(outside / "new")
    Path("out").symlink_to(outside)
    os.mkfifo("pipe")
    nothing = Findings("gate", "1", (), ())
    for path, words in (
        ("comment.md", "is a symbolic link"),
        ("new.md", "is a symbolic link"),
        ("out/gate.md", "out is a symbolic link"),
        (str(tmp_path / "out" / "kept"), "out is a symbolic link"),
        (str(outside.parent / tmp_path.name / "comment.md"), "is a symbolic link"),
        ("pipe", "it is no file"),
    ):
        for option in ("sarif", "junit", "markdown"):
            with pytest.raises(UsageError, match=f"^--{option} {path}: cannot be written: .*{words}"):
                Outputs(**{option: Path(path)}).give(Screen(), nothing)  # type: ignore[arg-type]
    assert sorted(each.name for each in outside.iterdir()) == ["kept"]
    assert (outside / "kept").read_text("utf-8") == "kept"
    Outputs(markdown=Path("deep/gate.md"), sarif=Path("/dev/null")).give(Screen(), nothing)
    assert Path("deep/gate.md").read_text("utf-8").startswith("###")


ROW = "      - {{api: graph, type: application, name: {name}, id: {name}-id, basis: {basis}}}\n"


def edition(date: str, *rows: tuple[str, str], note: str = "x") -> str:
    head = f'vendor: v\nvalid_from: "{date}"\nsource: {{note: {note}}}\napps:\n  - key: a\n    permissions:\n'
    return head + "".join(ROW.format(name=name, basis=basis) for name, basis in rows)


def test_c7_of_a_new_edition_what_differs_from_the_one_before_comes_first(tmp_path: Path) -> None:
    rows = [(f"Read{number}", "stated") for number in range(50)]
    base, head = tmp_path / "base" / SHIPPED / "v", tmp_path / "head" / SHIPPED / "v"
    base.mkdir(parents=True)
    head.mkdir(parents=True)
    for folder in (base, head):
        (folder / "2025-01-01.yaml").write_text(edition("2025-01-01", *rows[:3]), "utf-8")
        (folder / "2026-01-01.yaml").write_text(edition("2026-01-01", *rows), "utf-8")
    new = [*rows[:20], ("Invented1", "stated"), *rows[20:30], ("Read30", "implied"), *rows[31:49]]
    (head / "2026-11-27.yaml").write_text(edition("2026-11-27", *new, note="y"), "utf-8")
    changed = changes(tmp_path / "base", tmp_path / "head")
    assert [each.path for each in changed] == [f"{SHIPPED}v/2026-11-27.yaml"]
    finder = Finder(tmp_path / "base", tmp_path / "head", [each.path for each in changed])
    found = Findings("gate", "1", (), tuple(judge(PullRequest([], changed, [], today=TODAY), finder))).sorted()
    assert [(each.severity, each.message.partition(", which counts")[0]) for each in found] == [
        (Severity.ERROR, "leaves out the row a · graph · application · Read49"),
        (Severity.ERROR, "adds the row a · graph · application · Invented1"),
        (Severity.ERROR, "changes the row a · graph · application · Read30: basis is implied, was stated"),
        (Severity.WARNING, "the date in its name is 2026-11-27, which is in the future (today is 2026-11-26)"),
        (Severity.WARNING, "valid_from is 2026-11-27, which is in the future (today is 2026-11-26)"),
        (
            Severity.INFORMATION,
            f"compared with {SHIPPED}v/2026-01-01.yaml of the base: 3 rows differ, 48 are the same; beside the rows"
            " differ source, valid_from",
        ),
    ]
    assert found[1].location is not None
    assert found[1].location.line == 27


def test_c7_an_edition_without_a_row_that_differs_is_a_guarded_file(tmp_path: Path) -> None:
    base, head = tmp_path / "base" / SHIPPED / "v", tmp_path / "head" / SHIPPED / "v"
    for folder in (base, head):
        folder.mkdir(parents=True)
        (folder / "2026-01-01.yaml").write_text(edition("2026-01-01", ("Read", "stated")), "utf-8")
    path = f"{SHIPPED}v/2026-02-01.yaml"
    (head / "2026-02-01.yaml").write_text(edition("2026-02-01", ("Read", "stated")), "utf-8")
    files = [FileChange(path, "", "b" * 64)]
    finder = Finder(tmp_path / "base", tmp_path / "head", [path])
    found = judge(PullRequest([], files, [], today=TODAY), finder)
    assert [(each.rule, each.severity) for each in found] == [
        ("catalogue-in-this-change", Severity.INFORMATION),
        ("guarded-file-changed", Severity.ERROR),
    ]
