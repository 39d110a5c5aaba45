"""What a user types and reads: help, examples, completion, hints for misplaced words, refusals as JSON, whole names."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from lockstep.cli.commands import NAMES, SECTIONS
from lockstep.cli.commands import lockstep as root
from lockstep.emulator import Emulator, profiles
from lockstep.emulator.testing import running
from lockstep.local.state import LocalState
from tests.command.conftest import Command
from tests.command.test_adopt import real_stack


@pytest.mark.parametrize("words", [(), ("emulator",), ("catalogue",)])
def test_d7_a_group_alone_prints_its_help_whole(lockstep: Command, words: tuple[str, ...]) -> None:
    alone, asked = lockstep(*words), lockstep(*words, "--help")
    assert (alone.code, asked.code) == (2, 0)
    assert alone.err.strip() == asked.out.strip()
    assert alone.err.startswith("Usage: lockstep")
    assert len(alone.err.splitlines()) > 10


@pytest.mark.parametrize("words", [(), ("emulator",), ("catalogue",)])
def test_d11_no_summary_is_cut(lockstep: Command, words: tuple[str, ...]) -> None:
    assert "..." not in lockstep(*words, "--help").out.partition("\n")[2]  # behind the line of usage


def test_d11_every_command_stands_under_one_heading(lockstep: Command) -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == list(NAMES)
    shown = lockstep("--help").out
    assert [line for line in shown.splitlines() if line.removesuffix(":") in SECTIONS] == [
        f"{name}:" for name in SECTIONS
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("up", "-s", "dev", "--stack", "prod"),
        ("audit", "--edition", "current", "--edition", "2025-03-01"),
        ("emulator", "reset", "--profile", "fresh", "--profile", "drifted"),
        ("catalogue", "show", "--edition", "current", "--edition=current"),
    ],
)
def test_d11_an_option_that_counts_once_is_refused_twice(lockstep: Command, words: tuple[str, ...]) -> None:
    refused = lockstep(*words)
    assert refused.code == 2
    assert "is given 2 times, and only one counts; give it once" in refused.err
    assert len(refused.err.splitlines()) == 1


def test_d11_an_option_that_may_be_repeated_is_taken_each_time(lockstep: Command) -> None:
    refused = lockstep("audit", "--tenant", "nobody", "--tenant", "nothing")
    assert "'nobody' is not a tenant id" in refused.err


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("--stack", "dev", "preview"), "lockstep preview --stack dev"),
        (("-C", "my folder", "up", "--json"), "lockstep up -C 'my folder' --json"),
        (("emulator", "--state", "x.sqlite", "serve"), "lockstep emulator serve --state x.sqlite"),
        (("--port", "0", "emulator", "env"), "lockstep emulator env --port 0"),
    ],
)
def test_d11_an_option_before_its_command_gets_the_right_order(
    lockstep: Command, words: tuple[str, ...], right: str
) -> None:
    refused = lockstep(*words)
    assert refused.code == 2
    assert f"stands behind the command that it belongs to: `{right}`" in refused.err


def test_d11_an_option_that_no_command_has_gets_no_order(lockstep: Command) -> None:
    refused = lockstep("--colour", "never", "preview")
    assert "No such option '--colour'; see `lockstep --help`" in refused.err


@pytest.mark.parametrize(
    ("words", "operation", "code"),
    [
        (("audit", "--json", "--tenant", "nobody"), "audit", 2),
        (("up", "--stak", "dev", "--json"), "up", 2),
        (("catalogue", "show", "nobody", "--json"), "catalogue", 2),
        (("--json",), None, 2),
    ],
)
def test_d11_whatever_ends_a_command_is_json_where_json_was_asked_for(
    lockstep: Command, words: tuple[str, ...], operation: str | None, code: int
) -> None:
    refused = lockstep(*words)
    assert refused.code == code
    assert refused.document == {
        "operation": operation,
        "exitCode": code,
        "error": refused.err.strip().removeprefix("lockstep: "),
    }


def test_d11_a_bug_is_json_too(lockstep: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> int:
        raise KeyError("x")

    monkeypatch.setattr("lockstep.catalogue.showing.show_catalogue", broken)
    ended = lockstep("catalogue", "show", "--json")
    assert (ended.code, ended.document["exitCode"]) == (70, 70)
    assert "this is a bug in Lockstep: KeyError" in ended.document["error"]


def _completed(*words: str) -> list[str]:
    *before, incomplete = words
    shell = ShellComplete(root, {}, "lockstep", "_LOCKSTEP_COMPLETE")
    return [item.value for item in shell.get_completions(list(before), incomplete)]


def test_d11_stacks_are_completed_for_every_command_that_takes_one(project: Path) -> None:
    (project / "Pulumi.prod.yaml").touch()
    for name in ("up", "audit", "gate", "report", "doctor", "restore"):
        assert _completed(name, "--stack", "") == ["dev", "prod"]
    assert _completed("preview", "-s", "p") == ["prod"]


def test_d11_stacks_are_those_of_the_folder_that_is_named(project: Path) -> None:
    other = project / "other"
    other.mkdir()
    (other / "Pulumi.yaml").touch()
    (other / "Pulumi.elsewhere.yaml").touch()
    assert _completed("up", "--cwd", str(other), "--stack", "") == ["elsewhere"]
    os.chdir("/")
    assert _completed("up", "--stack", "") == []


def test_d11_profiles_are_completed(project: Path) -> None:
    for words in (("up",), ("adopt",), ("emulator", "serve"), ("emulator", "env"), ("emulator", "reset")):
        assert _completed(*words, "--profile", "") == list(profiles())
    assert _completed("up", "--profile", "br") == ["brownfield"]


@pytest.mark.parametrize("words", [("doctor",), ("audit",), ("show",), ("capture",), ("repair",), ("report", "--json")])
def test_b19_a_stack_is_taken_by_its_whole_name(lockstep: Command, words: tuple[str, ...]) -> None:
    plain = lockstep(*words, "--stack", "dev")
    whole = lockstep(*words, "--stack", "contoso/lockstep/dev")
    with_organization = lockstep(*words, "--stack", "contoso/dev")
    assert plain.code == whole.code == with_organization.code
    assert "Pulumi.contoso" not in whole.err
    assert plain.err.splitlines()[0] == whole.err.splitlines()[0] == with_organization.err.splitlines()[0]


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("contoso/another/dev", "is a stack of the project another, and this project is lockstep"),
        ("a/b/lockstep/dev", "is not a stack's name"),
        ("contoso//dev", "is not a stack's name"),
        ("contoso/lockstep/", "is not a stack's name"),
        ("contoso/lockstep/dve", "did you mean 'dev'?"),
    ],
)
def test_b19_a_name_that_is_no_stack_of_this_project_is_refused(lockstep: Command, stack: str, said: str) -> None:
    for words in (("preview",), ("audit",), ("report",), ("adopt",)):
        refused = lockstep(*words, "--stack", stack)
        assert refused.code == 2
        assert said in refused.err


def test_b19_plain_pulumi_is_named_with_the_organization(lockstep: Command, project: Path) -> None:
    real_stack(project)
    refused = lockstep("up", "--stack", "contoso/lockstep/prod")
    assert "pulumi up --stack contoso/lockstep/prod" in refused.err


def test_d10_two_runs_of_one_stack_say_who_has_it(lockstep: Command, project: Path) -> None:
    with LocalState.of(project, "dev").hold("dev"):
        for words in (("up",), ("destroy",), ("refresh",), ("repair",)):
            refused = lockstep(*words)
            assert refused.code == 2, refused.err
            assert f"the stack dev is in use by `{Path(sys.argv[0]).name}" in refused.err
            assert f"(process {os.getpid()}, since " in refused.err
            assert "to fix: wait until that has ended" in refused.err
        assert "wait until that has ended" in lockstep("doctor").out
    assert lockstep("repair").code == 0


def test_d10_an_emulator_that_is_open_says_who_has_it(lockstep: Command, project: Path) -> None:
    with Emulator.open(project / "mine.sqlite"):
        refused = lockstep("emulator", "snapshot", "--state", "mine.sqlite")
    assert refused.code == 2
    assert f"mine.sqlite is in use by `{Path(sys.argv[0]).name}" in refused.err
    assert f"(process {os.getpid()}, since " in refused.err
    assert not list(project.glob("*.held.json"))


def _pulumi_lock(project: Path, pid: int, host: str = platform.node()) -> Path:
    stacks = project / ".lockstep" / "dev" / "backend" / ".pulumi" / "stacks" / "lockstep"
    locks = project / ".lockstep" / "dev" / "backend" / ".pulumi" / "locks" / "organization" / "lockstep" / "dev"
    for folder in (stacks, locks):
        folder.mkdir(parents=True, exist_ok=True)
    (stacks / "dev.json").write_text('{"version": 3, "checkpoint": {"latest": null}}')
    lock = locks / "1b2c.json"
    lock.write_text(json.dumps({"pid": pid, "username": "ada", "hostname": host, "timestamp": "2026-11-25T10:00:00Z"}))
    return lock


def test_d10_a_lock_of_a_running_pulumi_is_left_alone_and_named(lockstep: Command, project: Path) -> None:
    for pid, host in ((os.getpid(), platform.node()), (1, "another-machine")):
        lock = _pulumi_lock(project, pid, host)
        refused = lockstep("repair")
        assert refused.code == 1
        assert f"in use by pulumi (process {pid} of ada on {host}, since 2026-11-25T10:00:00Z)" in refused.err
        assert lock.is_file()
        assert "in use by pulumi" in lockstep("doctor").out


def test_d10_a_lock_of_a_killed_pulumi_is_cleared(lockstep: Command, project: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    lock = _pulumi_lock(project, ended.pid)
    assert "of a run that was cut off" in lockstep("doctor").out
    assert lockstep("repair").code == 0
    assert not lock.exists()


def test_d9_env_points_at_an_emulator_that_serve_has_made(
    lockstep: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with running(project / "new" / "mine.sqlite"):
        shown = lockstep("emulator", "env", "--state", "new/mine.sqlite")
        assert shown.code == 0, shown.err
        assert "export SSL_CERT_FILE=" in shown.out


def test_d9_certificates_that_were_half_written_are_made_anew(project: Path, lockstep: Command) -> None:
    from lockstep.emulator.server import certificates

    made = certificates(project / "mine.sqlite")
    for path in (made.leaf, made.ca):
        path.write_bytes(path.read_bytes()[:300])
    with running(project / "mine.sqlite"):
        assert lockstep("emulator", "snapshot", "--state", "mine.sqlite").code == 0
