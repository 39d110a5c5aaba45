"""A program that nobody trusts takes no more than it may, and nothing that it started outlives it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lockstep.errors import UsageError
from lockstep.rehearsal.interpreter import bare_environment
from lockstep.rehearsal.policies import Pack
from lockstep.rehearsal.watching import LIMITS, MEBIBYTE, Limits, started, wait

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, and orphans that are given to somebody")
_MARK = "61.25"  # seconds: what the programs of this file leave behind is known by it
SMALL = Limits(memory=60 * MEBIBYTE, processes=4, output=MEBIBYTE)

# Each leaves what it is named for.
LEAVING = {
    "in its session": "subprocess.Popen(SLEEP)",
    "in a session of its own": "subprocess.Popen(SLEEP, start_new_session=True)",
    "that nobody started": "os.fork() or (os.setsid(), os.fork() and os._exit(0), os.execvp(SLEEP[0], SLEEP))",
    "behind another one": "subprocess.Popen([sys.executable, '-c', 'import subprocess, sys; "
    "subprocess.Popen(sys.argv[1:], start_new_session=True).wait()', *SLEEP], start_new_session=True)",
}


def run(tmp_path: Path, code: str, limits: Limits, seconds: float = 20.0) -> tuple[int | None, str]:
    text = f"import os, subprocess, sys, time\nSLEEP = ['sleep', '{_MARK}']\n{code}"
    with (
        tempfile.TemporaryFile() as out,
        started([sys.executable, "-S", "-c", text], stdout=out, stderr=out, cwd=tmp_path) as process,
    ):
        return wait(process, seconds, limits, lambda: os.fstat(out.fileno()).st_size)


def sleeping() -> list[int]:
    """Return the processes that sleep as long as those of this file do."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cmdline").read_bytes() == f"sleep\0{_MARK}\0".encode():
                found.append(int(entry.name))
    return found


@LINUX
@pytest.mark.parametrize("code", LEAVING.values(), ids=LEAVING)
def test_c10_nothing_that_a_program_starts_outlives_it(tmp_path: Path, code: str) -> None:
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)  # noqa: S607
    assert run(tmp_path, code, LIMITS) == (0, "")
    assert sleeping() == []
    # What this process had started before is its own.
    assert other.poll() is None
    other.kill()
    other.wait()


@LINUX
def test_c10_programs_beside_each_other_do_not_end_each_other(tmp_path: Path) -> None:
    ended: list[tuple[int | None, str]] = []
    first = threading.Thread(target=lambda: ended.append(run(tmp_path, "time.sleep(0.5)", LIMITS)))
    first.start()
    assert run(tmp_path, LEAVING["in a session of its own"], LIMITS) == (0, "")
    first.join()
    assert ended == [(0, "")]


@pytest.mark.parametrize(
    ("code", "limits", "seconds", "words"),
    [
        ("time.sleep(60)", LIMITS, 0.3, "did not end within 0 seconds"),
        ("while True: os.write(1, b'x' * 65536)", SMALL, 20.0, "printed more than 1 MiB"),
        pytest.param(
            "kept = []\nwhile True: kept.append(bytearray(os.urandom(1 << 20)))",
            SMALL,
            20.0,
            "took more than 60 MiB of memory",
            marks=LINUX,
        ),
        pytest.param(
            "for _ in range(5): subprocess.Popen(SLEEP, start_new_session=True)\ntime.sleep(60)",
            SMALL,
            20.0,
            "had more than 4 processes at once",
            marks=LINUX,
        ),
        pytest.param(
            # Shared out among processes, each of which takes little.
            "for _ in range(3): os.fork()\nkept = os.urandom(15 << 20)\ntime.sleep(60)",
            Limits(memory=60 * MEBIBYTE),
            20.0,
            "took more than 60 MiB of memory",
            marks=LINUX,
        ),
    ],
)
def test_c10_a_program_that_takes_too_much_is_stopped(
    tmp_path: Path, code: str, limits: Limits, seconds: float, words: str
) -> None:
    begun = time.monotonic()
    assert run(tmp_path, code, limits, seconds) == (None, words)
    assert time.monotonic() - begun < 20
    assert sleeping() == []


SERVING = """
import concurrent.futures, grpc, subprocess, sys
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
class Own(analyzer_pb2_grpc.AnalyzerServicer):
    def GetAnalyzerInfo(self, request, context):
        {}
server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Own(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""


@LINUX
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            f"import subprocess\nsubprocess.Popen(['sleep', '{_MARK}'], start_new_session=True)\nexit(1)",
            "did not start",
        ),
        ("print('x' * 200)", "did not start"),
        (SERVING.format("raise ValueError('no')"), "failed: "),
    ],
    ids=["leaves a process", "says no port", "fails when it is asked"],
)
def test_c10_a_strange_pack_is_one_that_does_not_load(tmp_path: Path, code: str, words: str) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\n", "utf-8")
    (tmp_path / "__main__.py").write_text(code, "utf-8")
    pack = Pack(tmp_path, bare_environment(str(tmp_path)), strange=True)
    with pytest.raises(UsageError, match=words):
        pack.connect()
    pack.close()
    assert sleeping() == []
