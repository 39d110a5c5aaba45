"""The two plugins of a rehearsal against the emulator: azuread's model and the real entraconsent, both in process.

A plugin is given as a function, because the engine starts plugins afresh for every operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from pulumi.runtime.proto import engine_pb2

from lockstep.directory import Graph, open_graph
from lockstep.directory.retry import Waiting
from lockstep.provider.servicer import Servicer
from lockstep.provider.session import Session, Severity
from lockstep.rehearsal.azuread import AzureAD

Transport = Callable[[], httpx.AsyncBaseTransport | None]
"""Opens a transport to the emulator, such as `lambda: httpx.ASGITransport(emulator.app)`; None is httpx's own."""


def local_plugins(
    transport: Transport,
    env: Mapping[str, str],
    waiting: Waiting | None = None,
    client: Callable[[], httpx.AsyncClient] | None = None,
) -> dict[str, Callable[[], Any]]:
    """Return the plugins for `Rehearsal`; `env` holds the ARM_* sign-in and ARM_METADATA_HOSTNAME.

    `waiting` says by which clock they wait: an emulator in this process has its own. `client` opens an HTTP client to
    the emulator, where one over `transport` would not do: an emulator that is served has a certificate of its own.
    """
    address = f"https://{env.get('ARM_METADATA_HOSTNAME', 'localhost:8443')}"
    open_client = client or (lambda: httpx.AsyncClient(transport=transport(), base_url=address))
    return {
        "azuread": lambda: AzureAD(open_client, env, waiting),
        "entraconsent": lambda: _LocalServicer(transport, env, waiting),
    }


class _LocalServicer(Servicer):
    """entraconsent as it is, over another way to its server, logging to the rehearsal."""

    def __init__(self, transport: Transport, env: Mapping[str, str], waiting: Waiting | None = None) -> None:
        self._transport = transport
        self._env = env
        self._waiting = waiting or Waiting()
        self._engine: Any = None
        super().__init__(Session(self._connect, self._log))

    def attach_engine(self, engine: Any) -> None:
        """Take the engine service that messages for the user go to."""
        self._engine = engine

    async def _connect(self, tenant_id: str) -> Graph:
        waiting = self._waiting
        return await open_graph(
            self._env,
            tenant_id,
            transport=self._transport(),
            deadline=waiting.deadline,
            clock=waiting.clock,
            sleep=waiting.sleep,
        )

    async def _log(self, severity: Severity, message: str, urn: str) -> None:
        if self._engine is not None:
            self._engine.Log(
                engine_pb2.LogRequest(severity=engine_pb2.LogSeverity.Value(severity.upper()), message=message, urn=urn)
            )
