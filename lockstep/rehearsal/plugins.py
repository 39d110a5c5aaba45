"""Runs provider plugins in this process, on an event loop of their own; messages and failures are those of gRPC.

A plugin is any object with the async methods of `ResourceProviderServicer`. Knows neither state nor planning.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2, status_pb2

from lockstep.deployment import Properties
from lockstep.errors import LockstepError, UsageError
from lockstep.provider.structs import values_of
from lockstep.rehearsal.results import Killed

STATUS_KEY = "grpc-status-details-bin"
_EXIT_CODES = {
    grpc.StatusCode.INVALID_ARGUMENT: 2,
    grpc.StatusCode.UNAUTHENTICATED: 3,
    grpc.StatusCode.PERMISSION_DENIED: 3,
    grpc.StatusCode.UNAVAILABLE: 3,
    grpc.StatusCode.DEADLINE_EXCEEDED: 3,
}


class PluginError(Exception):
    """A plugin's call failed, with the message that the user shall read."""

    def __init__(self, message: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = _EXIT_CODES.get(code, 1)


class InitializationError(PluginError):
    """A resource exists but is not as it should be: what is there, and why it is not complete."""

    def __init__(self, message: str, failed: provider_pb2.ErrorResourceInitFailed, code: grpc.StatusCode) -> None:
        super().__init__(message, code)
        self.id = failed.id
        self.outputs: Properties = values_of(failed.properties)
        self.inputs: Properties | None = values_of(failed.inputs) if failed.HasField("inputs") else None
        self.reasons = list(failed.reasons)


class _AbortError(Exception):
    """Ends a plugin's method, as gRPC's own abort does."""


class CallContext:
    """What a plugin's method gets as gRPC context: enough to fail with."""

    def __init__(self) -> None:
        self._code: Any = grpc.StatusCode.UNKNOWN
        self._details = ""
        self._metadata: tuple[Any, ...] = ()

    async def abort(self, code: Any, details: str = "", trailing_metadata: tuple[Any, ...] = ()) -> NoReturn:
        """End the call with a code, a message and metadata."""
        self._code, self._details, self._metadata = code, details, trailing_metadata
        raise _AbortError

    async def abort_with_status(self, status: Any) -> NoReturn:
        """End the call with a whole status."""
        await self.abort(status.code, status.details, tuple(status.trailing_metadata))

    def error(self, fallback: str) -> PluginError:
        """Return what the abort meant, unpacking an initialisation error."""
        code = self._code if isinstance(self._code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN
        for key, value in self._metadata:
            if key == STATUS_KEY:
                status = status_pb2.Status.FromString(value)
                for detail in status.details:
                    failed = provider_pb2.ErrorResourceInitFailed()
                    if detail.Is(failed.DESCRIPTOR):
                        detail.Unpack(failed)
                        return InitializationError(self._details or status.message, failed, code)
        return PluginError(self._details or fallback, code)


class EngineLog:
    """The engine service that a plugin or the program logs to."""

    def __init__(self, report: Callable[[str, str, str], None]) -> None:
        self._report = report
        self._root = ""

    def Log(self, request: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 the service's own names
        """Take one message."""
        if not request.ephemeral:
            self._report(engine_pb2.LogSeverity.Name(request.severity).lower(), request.message, request.urn)
        return empty_pb2.Empty()

    def GetRootResource(self, _: Any) -> Any:  # noqa: N802
        """Return the stack's URN."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any) -> Any:  # noqa: N802
        """Take the stack's URN."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, _: Any) -> Any:  # noqa: N802
        """Accept any version: there is no CLI here."""
        return engine_pb2.RequirePulumiVersionResponse()


class PluginHost:
    """The plugins of one operation, on one event loop thread."""

    def __init__(self, plugins: Mapping[str, Any], log: EngineLog) -> None:
        self._plugins = {package: plugin() if callable(plugin) else plugin for package, plugin in plugins.items()}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rehearsal-plugins", daemon=True)
        self._thread.start()
        self.killed: BaseException | None = None
        for plugin in self._plugins.values():
            attach = getattr(plugin, "attach_engine", None)
            if attach is not None:
                attach(log)

    def public_inputs(self, type_: str) -> frozenset[str]:
        """Return the inputs of a type that the SDK wraps as secrets although they are public."""
        names: frozenset[str] = frozenset()
        for plugin in self._plugins.values():
            names |= getattr(plugin, "public_inputs", {}).get(type_, frozenset())
        return names

    def plugin(self, package: str) -> Any:
        """Return the plugin of `package`, or say that there is none."""
        if package not in self._plugins:
            packages = ", ".join(sorted(self._plugins))
            raise UsageError(
                f"rehearsal has no plugin {package!r} (it has {packages}); run this program with the Pulumi CLI"
            )
        return self._plugins[package]

    def call(self, package: str, method: str, request: Any) -> Any:
        """Call one method of a plugin and wait for its answer; a failure is a PluginError."""
        plugin = self.plugin(package)
        if self.killed is not None:
            raise self.killed
        future = asyncio.run_coroutine_threadsafe(self._guarded(plugin, method, request), self._loop)
        try:
            answer, failure = future.result()
        except CancelledError:  # a kill came before the call had begun
            raise self.killed or Killed("the call was cancelled") from None
        if failure is not None:
            raise failure
        return answer

    def run(self, coroutine: Any) -> Any:
        """Wait for a coroutine of a plugin that is not part of the provider service."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _guarded(self, plugin: Any, method: str, request: Any) -> tuple[Any, BaseException | None]:
        context = CallContext()
        try:
            return await getattr(plugin, method)(request, context), None
        except _AbortError:
            return None, context.error(f"{method} failed")
        except LockstepError as error:
            failure = PluginError(str(error))
            failure.exit_code = error.exit_code
            return None, failure
        except (NotImplementedError, AttributeError) as error:
            if isinstance(error, AttributeError) and hasattr(plugin, method):
                return None, PluginError(f"{method} failed: {error!r}")
            return None, PluginError(f"{method} is not implemented", grpc.StatusCode.UNIMPLEMENTED)
        except Exception as error:
            return None, PluginError(f"{method} failed: {type(error).__name__}: {error}")
        except BaseException as error:
            return None, self._kill(error)

    def _kill(self, error: BaseException) -> BaseException:
        """Stop every other call at its next await: after a SIGKILL nothing more would be sent."""
        if isinstance(error, asyncio.CancelledError):
            return self.killed or Killed("the call was cancelled")
        if self.killed is None:
            self.killed = error
            for task in asyncio.all_tasks(self._loop):
                if task is not asyncio.current_task(self._loop):
                    task.cancel()
        return self.killed

    def close(self) -> None:
        """Cancel the plugins and end the thread; after a kill, only end the thread."""
        if self.killed is None:
            for package in self._plugins:
                try:
                    self.call(package, "Cancel", empty_pb2.Empty())
                except PluginError:
                    continue
        asyncio.run_coroutine_threadsafe(self._drain(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _drain(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()
