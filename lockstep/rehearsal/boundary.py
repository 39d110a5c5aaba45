"""The services at which a program in another process registers its resources, and the record of what it registered.

Whatever else the program says of itself is not believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from lockstep.deployment import Properties
from lockstep.errors import FindingError, LockstepError
from lockstep.provider.structs import values_of
from lockstep.rehearsal.monitor import UNMODELLED_METHODS
from lockstep.rehearsal.planner import StoppedError
from lockstep.rehearsal.plugins import PluginError

_MOST = 5_000  # resources of one program
_MESSAGES, _LONGEST = 1_000, 10_000  # messages of one program, and the characters of one

Place = tuple[str, int]
"""A file relative to the program's folder, and a line."""


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it: its inputs, its options, and where that was."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Properties
    options: Properties
    places: tuple[Place, ...] = ()


class MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    """The resource monitor over gRPC, answered by a `Monitor`. `failure` is the first error that the program got."""

    def __init__(self, monitor: Any, root: Path, record: list[Registration]) -> None:
        self._monitor = monitor
        self._root = root
        self._record = record
        self.failure: BaseException | None = None

    # The service's own method names.
    # ruff: noqa: N802

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Record a registration and pass it on."""
        if len(self._record) >= _MOST:
            self.failure = self.failure or FindingError(f"the program registers more than {_MOST} resources")
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(self.failure))
        self._record.append(_registration(request, self._monitor.urn(request), self._root))
        return self._pass(self._monitor.RegisterResource, request, context)

    def _pass(self, method: Callable[[Any], Any], request: Any, context: Any) -> Any:
        try:
            return method(request)
        except (LockstepError, PluginError, StoppedError) as error:
            self.failure = self.failure or error
            context.abort(grpc.StatusCode.UNKNOWN, str(error) or "stopped by an earlier error")


def _plain(name: str) -> Callable[..., Any]:
    def method(self: MonitorService, request: Any, context: Any) -> Any:
        return self._pass(getattr(self._monitor, name), request, context)

    return method


for _name in (
    *("RegisterResourceOutputs", "ReadResource", "Invoke"),
    *("GetDeploymentInfo", "SupportsFeature", "SignalAndWaitForShutdown"),
    *UNMODELLED_METHODS,
):
    setattr(MonitorService, _name, _plain(_name))


class EngineService(engine_pb2_grpc.EngineServicer):
    """The engine's service over an `EngineLog`."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._taken = 0

    def Log(self, request: Any, context: Any) -> Any:
        """Take one message."""
        self._taken += 1
        if self._taken > _MESSAGES:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"the program logs more than {_MESSAGES} messages")
        request.message = request.message[:_LONGEST]
        return self._log.Log(request)

    def GetRootResource(self, request: Any, context: Any) -> Any:
        """Return the stack's URN."""
        return self._log.GetRootResource(request)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        """Take the stack's URN."""
        return self._log.SetRootResource(request)

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:
        """Accept any version."""
        return self._log.RequirePulumiVersion(request)


def _registration(request: Any, urn: str, root: Path) -> Registration:
    options: Properties = {
        "protect": request.protect if request.HasField("protect") else None,
        "retainOnDelete": request.retainOnDelete if request.HasField("retainOnDelete") else None,
        "ignoreChanges": sorted(request.ignoreChanges),
        "provider": request.provider.rpartition("::")[0],
        "import": request.importId,
        "version": request.version if request.custom else "",
        "pluginDownloadURL": request.pluginDownloadURL,
    }
    return Registration(
        urn=urn,
        type=request.type,
        name=request.name,
        parent=request.parent,
        custom=request.custom,
        inputs=values_of(request.object),
        options={name: value for name, value in options.items() if value not in (None, "", [])},
        places=tuple(_places(request, root)),
    )


def _places(request: Any, root: Path) -> Iterator[Place]:
    """Yield the program's own lines on the way to this registration, the nearest first."""
    for position in (request.sourcePosition, *(frame.pc for frame in request.stackTrace.frames)):
        path = unquote(urlsplit(position.uri).path)
        if position.line > 0 and Path(path).is_relative_to(root):
            inside = Path(path).relative_to(root)
            if "site-packages" not in inside.parts:
                yield inside.as_posix(), position.line
