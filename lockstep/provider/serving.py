"""Serves the provider to the Pulumi engine: a gRPC server on loopback that prints its port.

The server answers what the engine asks first as soon as it can. What resources need (the catalogue, the HTTP client,
the sign-in) is loaded meanwhile, and the sign-in goes on while the engine starts its next plugin. The engine swallows a
plugin's output, so everything for the user goes through the engine's log.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from lockstep.errors import LockstepError
from lockstep.provider.configuration import ConfigurationServicer

if TYPE_CHECKING:
    from lockstep.directory import Graph
    from lockstep.provider.servicer import Servicer
    from lockstep.provider.session import Log, Severity

_MESSAGE_LIMIT = 400 * 1024 * 1024  # bytes, the engine's own limit


def engine_log(address: str) -> Log:
    """Return a log that speaks to the user through the engine at `address`."""
    # The engine is on this machine, which gRPC would ask through the proxy of http_proxy all the same.
    channel = grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
    engine: Any = engine_pb2_grpc.EngineStub(channel)  # typed as the synchronous stub

    async def log(severity: Severity, message: str, urn: str) -> None:
        level = engine_pb2.LogSeverity.Value(severity.upper())
        await engine.Log(engine_pb2.LogRequest(severity=level, message=message, urn=urn))

    return log


async def _silent(severity: Severity, message: str, urn: str) -> None:
    """Say nothing: there is no engine to say it to."""


async def _connect(tenant_id: str) -> Graph:
    from lockstep.directory import open_graph

    return await open_graph(os.environ, tenant_id)


def _load(project: Path | None, log: Log) -> Servicer:
    """Return the servicer of the resources. Imports most of the library, which takes a third of a second."""
    from lockstep.catalogue import lay_over
    from lockstep.provider.servicer import Servicer
    from lockstep.provider.session import Session

    lay_over(project)
    return Servicer(Session(_connect, log))


def _load_sign_in() -> None:
    """Import what signs in, which takes as long as all of the library, while the cloud's addresses are asked for."""
    import azure.identity  # noqa: F401


def _later(method: str) -> Any:
    """Return a method that waits for the servicer of the resources and is answered by it."""

    async def answered(self: EarlyServicer, request: Any, context: Any) -> Any:
        try:
            servicer = await self.loaded()
        except LockstepError as error:  # what a user wrote, such as a private catalogue
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return await getattr(servicer, method)(request, context)

    return answered


class EarlyServicer(ConfigurationServicer):
    """Answers at once what needs no resource, and hands the rest to what `load` returns, which runs in a thread.

    The sign-in begins as soon as the tenant is known.
    """

    def __init__(self, load: Callable[[], Servicer], close: Callable[[], None]) -> None:
        self._loading = asyncio.create_task(asyncio.to_thread(load))
        self._close = close
        self._tenant_id = ""
        self._signing_in: asyncio.Task[None] | None = None

    Invoke, Check, Diff = map(_later, ("Invoke", "Check", "Diff"))
    Create, Update, Read, Delete = map(_later, ("Create", "Update", "Read", "Delete"))

    def configured(self, tenant_id: str) -> None:
        """Begin to sign in to the tenant."""
        self._tenant_id = tenant_id
        self._signing_in = asyncio.create_task(self._sign_in())

    async def loaded(self) -> Servicer:
        """Return the servicer of the resources, for the tenant that the engine has named by now."""
        servicer = await asyncio.shield(self._loading)
        servicer.configured(self._tenant_id)
        return servicer

    async def Cancel(self, request: object, context: Any) -> empty_pb2.Empty:  # noqa: N802
        """End."""
        if self._signing_in is not None:
            self._signing_in.cancel()
        if self._loading.done() and not self._loading.exception():
            await self._loading.result().Cancel(request, context)
        self._close()
        return empty_pb2.Empty()

    async def _sign_in(self) -> None:
        # Whatever goes wrong happens again to the first call that needs the sign-in, and is said by it.
        with suppress(Exception):
            servicer = await self.loaded()
            await asyncio.gather(servicer.sign_in(), asyncio.to_thread(_load_sign_in))


async def serve(engine_address: str | None, project: Path | None) -> None:
    """Serve until the engine cancels."""
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    ended = asyncio.Event()
    log = engine_log(engine_address) if engine_address else _silent
    servicer = EarlyServicer(partial(_load, project, log), ended.set)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await ended.wait()
    await server.stop(grace=1.0)
