"""Starts the provider as a plugin of the Pulumi engine: a gRPC server on loopback that prints its port.

The engine swallows a plugin's output, so everything for the user goes through the engine's log.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from lockstep.catalogue import lay_over
from lockstep.directory import Graph, open_graph
from lockstep.provider.servicer import Servicer
from lockstep.provider.session import Log, Session, Severity

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
    return await open_graph(os.environ, tenant_id)


async def serve(engine_address: str | None) -> None:
    """Serve until the engine cancels."""
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    )
    ended = asyncio.Event()
    session = Session(_connect, engine_log(engine_address) if engine_address else _silent)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(session, close=ended.set), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await ended.wait()
    await server.stop(grace=1.0)


def main(arguments: Sequence[str] | None = None, *, project: Path | None = None) -> None:
    """Run the plugin; the engine's address is the one argument of the form host:port.

    `project` is the folder of the project that the plugin lies in, whose private catalogue counts.
    """
    lay_over(project)
    words = sys.argv[1:] if arguments is None else list(arguments)
    addresses = [word for word in words if ":" in word and not word.startswith("-") and "/" not in word]
    asyncio.run(serve(addresses[-1] if addresses else None))
