"""Runs a Pulumi program that is not trusted: in a process of its own, which can register resources and nothing else.

The engine, the plugins, the packs and the emulator stay here. The child gets a bare environment without anybody's
sign-in, and an address to register at; what it registers is all that is ever believed of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from lockstep.errors import FindingError
from lockstep.rehearsal.boundary import EngineService, MonitorService, Registration
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter, bare_environment
from lockstep.rehearsal.watching import LIMITS, MEBIBYTE, Limits, started, wait
from lockstep.settings.project import Project

_MAIN = Path(__file__).with_name("child_main.py")
_THREADS = 32  # registrations under way at once; each holds a thread until it is done
_LAST = 20_000  # of the characters that a program says
_MESSAGE = 64 * MEBIBYTE


class ProgramError(FindingError):
    """The program did not do its whole work."""


@dataclass
class ChildProgram:
    """A runner for `Rehearsal`: `interpreter` runs the program, which sees `variables` and a bare environment.

    Afterwards `registrations` holds all that the program registered, as it registered it, `output` what it printed, and
    `failure` what ended it before it was done.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 120.0
    interpreter: Interpreter = INSTALLED
    limits: Limits = LIMITS
    registrations: list[Registration] = field(default_factory=list)
    output: str = ""
    failure: str = ""

    def __call__(
        self,
        project: Project,
        stack: str,
        config: Mapping[str, str],
        monitor: Any,
        engine: Any,
        *,
        preview: bool,
        environment: Mapping[str, str],
    ) -> BaseException | None:
        """Run the program to its end and return what ended it early, if anything did."""
        from concurrent.futures import ThreadPoolExecutor

        service = MonitorService(monitor, project.directory.resolve(), self.registrations)
        server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="gate-monitor"),
            options=[("grpc.max_receive_message_length", _MESSAGE), ("grpc.so_reuseport", 0)],
        )
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(service, server)
        engine_pb2_grpc.add_EngineServicer_to_server(EngineService(engine), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        order = {
            "directory": str(project.directory.resolve()),
            "entry": str(project.entry.resolve()),
            "project": project.name,
            "stack": stack,
            "config": dict(config),
            "address": f"127.0.0.1:{port}",
            "preview": preview,
            "memory": self.limits.memory,
        }
        try:
            code, excess = self._run(order)
        finally:
            server.stop(grace=None).wait()
        failure = self._failure(code, excess, service, finished=bool(monitor.finished))
        self.failure = str(failure) if isinstance(failure, ProgramError) else ""
        return failure

    def _run(self, order: Mapping[str, Any]) -> tuple[int | None, str]:
        """Run the child and everything that it starts; return its exit code, or None and what it did too much of."""
        with (
            tempfile.TemporaryDirectory(prefix="lockstep-program-") as home,
            tempfile.TemporaryFile() as ordered,
            tempfile.TemporaryFile() as out,
        ):
            # From a file, because a program that reads nothing would leave a pipe full and its writer waiting.
            ordered.write(json.dumps(order).encode())
            ordered.seek(0)
            with started(
                [self.interpreter.python, "-P", "-s", "-B", str(_MAIN)],
                stdin=ordered,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**bare_environment(home), **self.variables, **self.interpreter.variables},
                cwd=home,
            ) as process:
                code, excess = wait(process, self.seconds, self.limits, lambda: os.fstat(out.fileno()).st_size)
            out.seek(0, os.SEEK_END)
            out.seek(max(0, out.tell() - _LAST))
            self.output = out.read().decode("utf-8", "replace")
        return code, excess

    def _failure(
        self, code: int | None, excess: str, service: MonitorService, *, finished: bool
    ) -> BaseException | None:
        if code is None:
            return ProgramError(f"the program {excess} and was stopped")
        if service.failure is not None:
            return service.failure  # even where the program caught it: a part of its work was not seen
        if code == 0 and finished:
            return None
        last = [line.strip() for line in self.output.splitlines() if line.strip()][-1:]
        if code == 0:
            return ProgramError("the program ended before it was done, and said that all was well (exit code 0)")
        if code < 0:
            return ProgramError(f"the program was killed by signal {-code}")
        words = last[0] if last and last[0].startswith("the program ") else f"the program ended with exit code {code}"
        return ProgramError(words)
