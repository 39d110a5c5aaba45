"""Wrong words, wrong files: one line, the right exit code, and nothing started."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.cli import run
from lockstep.errors import UsageError, told
from tests.command.conftest import Command, set_setting


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("upp",), "did you mean 'up'?"),
        (("up", "--stak", "dev"), "No such option"),
        (("up", "--stack", "dve"), "did you mean 'dev'?"),
        (("up", "--stack", "../dev"), "is not a stack's name"),
        (("up", "--using", "terraform"), "'auto', 'pulumi', 'rehearsal'"),
        (("up", "--profile", "frish", "--using", "rehearsal"), "did you mean 'fresh'?"),
        (("emulator", "reset", "--profile", "brown"), "brownfield"),
        (("emulator", "serve", "--port", "99999"), "99999"),
        (("catalogue", "show", "atlass"), "did you mean 'atlas'?"),
        (("catalogue", "show", "atlas", "spfy"), "did you mean 'spfx'?"),
    ],
)
def test_wrong_words_get_one_line(lockstep: Command, words: tuple[str, ...], expected: str) -> None:
    refused = lockstep(*words)
    assert refused.code == 2
    assert expected in refused.err
    assert "Traceback" not in refused.err
    assert len([line for line in refused.err.splitlines() if line.startswith(("lockstep: ", "error: "))]) == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("lockstep:vendors: [atlas, atera]", "lockstep:vendors: [atlas, atara]", "did you mean 'atera'?"),
        (
            "atlas: current",
            "atlas: 2019-01-01",
            "Pulumi.dev.yaml:8: lockstep:editions.atlas is a date without quotation",
        ),
        ("lockstep:editions:", "lockstep:editoins:", "did you mean 'editions'?"),
        ("    api-client:", "    api-klient:", "did you mean 'api-client'?"),
        ("    api-client: {deploy: true}", "    api-client: true", "must be an object"),
        ("  lockstep:target: local", "  lockstep:target: locale", "neither 'local' nor a tenant id"),
        ("config:", "config: [", "is not YAML"),
        ("config:", "konfig:", "has no config"),
    ],
)
def test_wrong_stack_files_get_one_line_with_the_file(
    lockstep: Command, project: Path, old: str, new: str, expected: str
) -> None:
    set_setting(project, old, new)
    refused = lockstep("up", "--json")
    assert refused.code == 2
    assert expected in refused.document["error"]
    assert "Pulumi.dev.yaml" in refused.document["error"]
    assert refused.document["exitCode"] == 2
    assert not (project / ".lockstep").exists()


def test_an_empty_stack_file_is_refused(lockstep: Command, project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("", encoding="utf-8")
    refused = lockstep("up")
    assert refused.code == 2
    assert "is empty" in refused.err


def test_no_project_is_refused(lockstep: Command, tmp_path_factory: pytest.TempPathFactory) -> None:
    refused = lockstep("up", "--cwd", str(tmp_path_factory.mktemp("elsewhere")))
    assert refused.code == 2
    assert "there is no Pulumi.yaml" in refused.err


@pytest.mark.parametrize("text", ["", '{"version": 3, "deploy', '{"version": 9}', "[]"])
def test_a_broken_state_is_refused_and_kept(lockstep: Command, project: Path, text: str) -> None:
    state = project / ".lockstep" / "dev" / "state.json"
    state.parent.mkdir(parents=True)
    state.write_text(text, encoding="utf-8")
    refused = lockstep("up", "--using", "rehearsal")
    assert refused.code == 2
    assert "state.json" in refused.err
    assert state.read_text(encoding="utf-8") == text


def test_a_broken_emulator_state_is_refused_and_kept(lockstep: Command, project: Path) -> None:
    path = project / ".lockstep" / "dev" / "emulator.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0 cut off")
    refused = lockstep("up", "--using", "rehearsal")
    assert refused.code == 2
    assert "emulator.sqlite" in refused.err
    assert path.read_bytes() == b"SQLite format 3\0 cut off"


def test_the_callers_sign_in_never_reaches_a_local_run(lockstep: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_TENANT_ID", "99999999-9999-4999-8999-999999999999")
    monkeypatch.setenv("ARM_CLIENT_SECRET", "a-real-one")
    monkeypatch.setenv("AZURE_CLIENT_ID", "88888888-8888-4888-8888-888888888888")
    assert lockstep("preview", "--using", "rehearsal").code == 0


def test_a_bug_is_one_line_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    def broken(_: object) -> int:
        raise KeyError("x")

    monkeypatch.setattr("lockstep.local.deploy.deploy", broken)
    assert run(["up"]) == 70
    said = capsys.readouterr().err
    assert "this is a bug in Lockstep" in said
    assert len(said.splitlines()) == 1
    monkeypatch.setenv("LOCKSTEP_DEBUG", "1")
    with pytest.raises(KeyError):
        run(["up"])


def test_a_machine_that_starts_no_further_thread_is_no_bug_of_ours() -> None:
    fault = told(RuntimeError("can't start new thread"))  # CPython's words under a limit of memory or processes
    assert isinstance(fault, UsageError)
    assert "to fix: end other programs, or allow more memory" in str(fault)
    assert told(RuntimeError("anything else")) is None
