"""No environment makes `lockstep` end with 70 or with a traceback: one line, code 2 or 3, nothing half-written.

Each row of the two tables is one environment with a command in it. What concerns files and variables runs in this
process; what concerns a process itself, its streams, limits and folder, runs in one of its own. A fault of ours still
ends with 70, whichever room it is in.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import lockstep as package
from tests.command.conftest import PROGRAM, REPOSITORY, Command
from tests.command.test_adopt import REAL, real_stack

LOCAL = ".lockstep/dev"


def _write(path: str, content: str | bytes = "x") -> Callable[[Path], None]:
    def write(project: Path) -> None:
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def _folder(path: str) -> Callable[[Path], None]:
    def make(project: Path) -> None:
        (project / path).unlink(missing_ok=True)
        (project / path).mkdir(parents=True)

    return make


def _link(path: str, to: str) -> Callable[[Path], None]:
    return lambda project: (project / path).symlink_to(to)


def _programs(content: bytes) -> Callable[[Path], None]:
    def make(project: Path) -> None:
        real_stack(project)
        (project / "bin").mkdir()
        for name in ("az", "git", "pulumi", "pulumi-resource-azuread"):
            (project / "bin" / name).write_bytes(content)
            (project / "bin" / name).chmod(0o755)

    return make


def _utf16(project: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        (project / name).write_text((project / name).read_text(encoding="utf-8"), encoding="utf-16")


def _adopted(project: Path) -> None:
    real_stack(project)
    _write(".lockstep/prod/adopted.json", '{"connex-api"')(project)


def _nothing(project: Path) -> None:
    pass


@dataclass(frozen=True)
class Files:
    """Files and variables as they must not be, a command, and the code that it ends with."""

    prepare: Callable[[Path], object]
    words: str
    code: int
    env: Mapping[str, str | None] = field(default_factory=dict)


SIGNED_IN = {"ARM_TENANT_ID": REAL, "ARM_CLIENT_ID": REAL, "ARM_CLIENT_SECRET": "made-up", "NO_PROXY": ""}
NOBODY = "http://127.0.0.1:9"
SNAPSHOT, PREVIEW = "emulator snapshot", "preview --using rehearsal"
FILES = {
    "a file for .lockstep": Files(_write(".lockstep"), "up --using rehearsal", 2),
    "a file for the stack's folder": Files(_write(LOCAL), PREVIEW, 2),
    "a file for the project's own folder": Files(_write(".lockstep"), "doctor", 1),
    "a link in a circle": Files(_link(".lockstep", ".lockstep"), SNAPSHOT, 2),
    "a link to nowhere": Files(_link(".lockstep", "nowhere/at/all"), SNAPSHOT, 2),
    "a folder for the emulator": Files(_folder(f"{LOCAL}/emulator.sqlite"), SNAPSHOT, 2),
    "an empty emulator": Files(_write(f"{LOCAL}/emulator.sqlite", ""), SNAPSHOT, 2),
    "half an emulator": Files(_write(f"{LOCAL}/emulator.sqlite", b"SQLite format 3\0 cut"), "audit --stack dev", 2),
    "a folder for the lock": Files(_folder(f"{LOCAL}/emulator.sqlite.lock"), SNAPSHOT, 2),
    "a folder for the draft": Files(_folder(f"{LOCAL}/emulator.sqlite.new"), SNAPSHOT, 2),
    "a folder for the run's lock": Files(_folder(f"{LOCAL}/run.lock"), "repair", 2),
    "half a record of who has it": Files(_write(f"{LOCAL}/run.held.json", "{"), "repair", 0),
    "a folder for the state": Files(_folder(f"{LOCAL}/state.json"), PREVIEW, 2),
    "half a state": Files(_write(f"{LOCAL}/state.json", '{"version": 3, "depl'), "show", 2),
    "a list for the state": Files(_write(f"{LOCAL}/state.json", "[]"), "show", 2),
    "a state of nothing": Files(_write(f"{LOCAL}/state.json", '{"version": 3, "deployment": null}'), "doctor", 1),
    "a state that is no text": Files(_write(f"{LOCAL}/state.json", b"\xff"), "repair", 2),
    "half a checkpoint": Files(_write(f"{LOCAL}/backend/.pulumi/stacks/lockstep/dev.json", "{"), "show", 2),
    "half of what was adopted": Files(_adopted, "show --stack prod --rehearse", 2),
    "half a server's record": Files(_write(f"{LOCAL}/emulator.sqlite.server.json", '{"pid": 1'), SNAPSHOT, 0),
    "a folder for Pulumi.yaml": Files(_folder("Pulumi.yaml"), "show", 2),
    "a folder for the stack file": Files(_folder("Pulumi.dev.yaml"), "show", 2),
    "a stack file that is no text": Files(_write("Pulumi.dev.yaml", b"caf\xe9: 1"), "show", 2),
    "project and stack file in UTF-16": Files(_utf16, "doctor", 0),
    "no program": Files(lambda project: (project / "__main__.py").unlink(), PREVIEW, 2),
    "no home": Files(_nothing, "doctor", 0, {"HOME": None, "USERPROFILE": None}),
    "a home that is none": Files(_nothing, "doctor", 0, {"HOME": "/dev/null"}),
    "no temporary folder": Files(_nothing, "init new", 2, {"TMPDIR": "/nowhere", "TEMP": "", "TMP": ""}),
    "no programs at all": Files(_nothing, "doctor", 0, {"PATH": ""}),
    "no git": Files(_nothing, "gate", 2, {"PATH": "/nowhere"}),
    "git without a repository": Files(_nothing, "gate", 2, {"GIT_CEILING_DIRECTORIES": "/", "GIT_DIR": "/nowhere"}),
    "programs of another machine": Files(_programs(b"\x7fELF"), "up", 2, {"PATH": "bin"}),
    "az without its interpreter": Files(_programs(b"#!/no/such\n"), "doctor --stack prod", 1, {"PATH": "bin"}),
    "az that prints no text": Files(_programs(b"#!/bin/sh\nprintf '\\351'; exit 3\n"), "doctor --stack prod", 1,
                                    {"PATH": "bin:/bin:/usr/bin"}),
    "a full device for a page": Files(_nothing, "report --markdown /dev/full", 2),
    "a file for the folder of a report": Files(_write("file"), "audit --stack dev --sarif file/a.sarif", 2),
    "a name that is too long": Files(_nothing, f"report --markdown {'x' * 300}", 2),
    "a folder for a page": Files(_folder("page"), "report --html page", 2),
    "proxies that are none": Files(_nothing, SNAPSHOT, 0, {"ALL_PROXY": "socks5://x:1", "HTTPS_PROXY": "http://[",
                                                           "NO_PROXY": "["}),
    "certificates that are none": Files(_nothing, SNAPSHOT, 0, {"SSL_CERT_FILE": "Pulumi.yaml"}),
    "a SOCKS proxy": Files(real_stack, "audit --stack prod", 3, {**SIGNED_IN, "ALL_PROXY": "socks5://127.0.0.1:9"}),
    "a proxy that is no address": Files(real_stack, "audit --stack prod", 3, {**SIGNED_IN, "HTTPS_PROXY": "http://["}),
    "no certificates for the tenant": Files(real_stack, "audit --stack prod", 3, {
        **SIGNED_IN, "HTTPS_PROXY": NOBODY, "SSL_CERT_FILE": "nowhere.pem"}),
    "certificates that are none, for the tenant": Files(real_stack, "audit --stack prod", 3, {
        **SIGNED_IN, "HTTPS_PROXY": NOBODY, "SSL_CERT_FILE": "Pulumi.yaml"}),
}  # fmt: skip


def _one_line(text: str, code: int) -> None:
    assert "Traceback" not in text
    assert "a bug in Lockstep" not in text
    if code in (2, 3):
        said = [line for line in text.splitlines() if line.startswith(("error: ", "lockstep: "))]
        assert len(said) == 1, text


def _nothing_half(project: Path) -> None:
    drafts = [path for path in project.rglob("*") if path.name.endswith((".tmp", ".new")) and path.is_file()]
    assert drafts == []


@pytest.mark.parametrize("name", FILES)
def test_d5_d9_files_and_variables(
    name: str, project: Path, lockstep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = FILES[name]
    hostile.prepare(project)
    for variable, value in hostile.env.items():
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, value)
    if "TMPDIR" in hostile.env:
        monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    ended = lockstep(*hostile.words.split())
    assert ended.code == hostile.code, ended.err + ended.out
    _one_line(ended.err + ended.out, ended.code)
    _nothing_half(project)


def _closed(*numbers: int) -> Callable[[], object]:
    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


def _full(number: int) -> Callable[[], object]:
    return lambda: os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def _unread(number: int) -> Callable[[], object]:
    def break_pipe() -> None:
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, number)

    return break_pipe


def _limit(what: int, most: int) -> Callable[[], object]:
    return lambda: resource.setrlimit(what, (most, most))


def _bound_by_rights() -> None:
    """Make the rights of files count for the root user too, as they do for everybody else."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if prctl is not None:
            prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def _making_nothing_readable() -> None:
    _bound_by_rights()
    os.umask(0o777)


def _as_it_is() -> None:
    pass


def _read_only(project: Path) -> None:
    project.chmod(0o555)


def _unreadable(project: Path) -> None:
    (project / "Pulumi.dev.yaml").chmod(0)


@dataclass(frozen=True)
class Process:
    """A process as it must not be, a command, and the codes that it may end with."""

    begin: Callable[[], object]
    words: str
    codes: tuple[int, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = _nothing
    folder: bytes = b""


ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
CATALOGUE = "catalogue show atlas connex-api"
PROCESSES = {
    "stdout is closed": Process(_closed(1), CATALOGUE, (0,)),
    "stdin is closed": Process(_closed(0), CATALOGUE, (0,)),
    "all streams are closed": Process(_closed(0, 1, 2), SNAPSHOT, (0,)),
    "stdout is full": Process(_full(1), CATALOGUE, (2,)),
    "stdout is full, of help": Process(_full(1), "--help", (2,)),
    "stdout is full, of JSON": Process(_full(1), f"{CATALOGUE} --json", (2,)),
    "stderr is full": Process(_full(2), SNAPSHOT, (0,)),
    "stdout is not read": Process(_unread(1), CATALOGUE, (1,)),
    "stderr is not read": Process(_unread(2), SNAPSHOT, (0,)),
    "a locale of ASCII": Process(_as_it_is, CATALOGUE, (0,), ASCII),
    "a locale of ASCII, in JSON": Process(_as_it_is, f"{CATALOGUE} --json", (0,), ASCII),
    "a folder that is no text": Process(_as_it_is, "doctor", (0,), ASCII, folder=b"caf\xe9 \n x"),
    "8 open files": Process(_limit(resource.RLIMIT_NOFILE, 8), SNAPSHOT, (2,)),
    "no bytes to a file": Process(_limit(resource.RLIMIT_FSIZE, 0), SNAPSHOT, (2,)),
    "few bytes to a file": Process(_limit(resource.RLIMIT_FSIZE, 30_000), SNAPSHOT, (2,)),
    "few bytes to a page": Process(_limit(resource.RLIMIT_FSIZE, 30_000), "report --markdown page.md", (2,)),
    "no rights to what is made": Process(_making_nothing_readable, SNAPSHOT, (2,)),
    "a folder that may not be written": Process(_bound_by_rights, SNAPSHOT, (2,), prepare=_read_only),
    "a stack file that may not be read": Process(_bound_by_rights, "show", (2,), prepare=_unreadable),
    "the folder is gone": Process(lambda: os.rmdir(os.getcwd()), SNAPSHOT, (2,), folder=b"gone"),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_d5_d9_processes(name: str, project: Path) -> None:
    hostile = PROCESSES[name]
    hostile.prepare(project)
    cwd = os.fsencode(project)
    if hostile.folder:
        cwd = os.path.join(cwd, hostile.folder)
        os.mkdir(cwd)
        if name != "the folder is gone":
            for file in PROGRAM:
                shutil.copy(project / file, Path(os.fsdecode(cwd)))
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "lockstep.cli", *hostile.words.split()],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **hostile.env},
            preexec_fn=hostile.begin,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
    finally:
        project.chmod(0o755)
    err = ended.stderr.decode(errors="replace")
    assert ended.returncode in hostile.codes, err
    _one_line(err, ended.returncode)
    _nothing_half(project)


def test_d9_a_port_that_is_taken_is_one_line(lockstep: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = lockstep("emulator", "serve", "--port", str(taken.getsockname()[1]), "--state", "mine.sqlite")
    assert ended.code == 2
    assert "cannot be served (Address already in use); end what uses it or give another --port" in ended.err


def test_d12_nothing_is_written_where_what_will_be_written_cannot_be_shown(project: Path, lockstep: Command) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "lockstep.cli", "up", "--using", "rehearsal"],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 2
    assert b"stdout cannot be written: No space left on device" in ended.stderr
    assert "Atlas.ConneX API" not in lockstep("emulator", "snapshot").out
    assert lockstep("repair").out.startswith("nothing to repair")


def test_there_are_forty_hostile_environments() -> None:
    assert len(FILES) + len(PROCESSES) >= 40


OURS = str(Path(package.__file__).parent / "catalogue" / "data" / "gone.json")
FAULTS: dict[str, tuple[str, BaseException]] = {
    "lockstep.settings.stack_file.read_settings": ("show", AttributeError("x")),
    "lockstep.settings.stack_file.read_yaml": ("show", IndexError("x")),
    "lockstep.local.workplace.find_project": ("show", OSError("without a number")),
    "lockstep.local.workplace.stacks_in": ("show --stack none", TypeError("x")),
    "lockstep.local.doctor.check_copies": ("doctor", KeyError("x")),
    "lockstep.local.backend.Handover.latest": ("show", UnicodeDecodeError("utf-8", b"x", 0, 1, "x")),
    "lockstep.local.backend.load_state": ("show", NotImplementedError("x")),
    "lockstep.report.screen.Screen.progress": ("show", AssertionError("x")),
    "lockstep.catalogue.showing.load": ("catalogue show", FileNotFoundError(errno.ENOENT, "gone", OURS)),
    "lockstep.report.screen.Screen.table": ("catalogue show", OSError(errno.EBADF, "closed by us")),
    "lockstep.local.doctor.check_python": ("doctor", ZeroDivisionError("x")),
    "lockstep.local.state.LocalState.prepare": (SNAPSHOT, AttributeError("x")),
    "lockstep.emulator.statefile._create": (SNAPSHOT, KeyError("x")),
    "lockstep.file_lock.HeldFile.__init__": (SNAPSHOT, ValueError("x")),
    "lockstep.local.emulator.refuse_unknown_profile": ("emulator reset --profile fresh", TypeError("x")),
    "lockstep.local.repair.load_state": ("repair", AttributeError("x")),
    "lockstep.local.deploy.choose": ("preview", RecursionError("x")),
    "lockstep.local.deploy.driver_for": ("up --using rehearsal", OSError(errno.EINVAL, "wrong use")),
    "lockstep.adopt.adoption.chosen_apps": ("adopt", StopIteration("x")),
    "lockstep.audit.run.audit": ("audit --stack dev", RuntimeError("x")),
    "lockstep.report.outputs.Outputs.give": ("audit --stack dev", KeyError("x")),
    "lockstep.gate.gating.find_project": ("gate", LookupError("x")),
    "lockstep.scaffold.project.create_project": ("init new", AttributeError("x")),
    "lockstep.local.dossier.write_dossier": ("report", ArithmeticError("x")),
}


@pytest.mark.parametrize("place", FAULTS)
def test_a_fault_of_ours_still_ends_with_70(
    place: str, project: Path, lockstep: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, fault = FAULTS[place]

    def planted(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(place, planted)
    ended = lockstep(*words.split())
    assert ended.code == 70, ended.err
    assert f"this is a bug in Lockstep: {type(fault).__name__}: " in ended.err
    assert ended.err.count("lockstep: ") == 1
