"""What the resources of one run share: the tenant, one Graph client, the APIs read so far, and the engine's log.

The client signs in at its first use, so that a preview that needs no request makes none. Knows no resource.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from lockstep.directory import Graph, Identity
from lockstep.directory.consents import InForce, look
from lockstep.directory.principals import Apis
from lockstep.directory.records import PrincipalRecord
from lockstep.errors import RefusedError, UsageError, WrongTenantError

Connect = Callable[[str], Awaitable[Graph]]
"""Opens a Graph client for a tenant id."""

Severity = Literal["debug", "info", "warning", "error"]
Log = Callable[[Severity, str, str], Awaitable[None]]
"""(severity, message, urn): says something to the user through the engine."""


class Session:
    """One configured provider."""

    def __init__(self, connect: Connect, log: Log, *, settle: float = 20.0) -> None:
        self._connect = connect
        self._graph: Graph | None = None
        self._lock = asyncio.Lock()
        self._apis: Apis | None = None
        self.log = log
        self.settle = settle
        self.tenant_id = ""
        self._holders: dict[str, str] = {}
        self.tags = asyncio.Lock()
        """Held while the tags of an application are changed, because two resources may want to change them at once."""
        self._saying: set[asyncio.Future[None]] = set()
        self.first_seen: set[str] = set()
        """Object ids of principals that no run of ours looked at before this one: nothing on them can be ours yet."""
        self.first_asked: dict[str, frozenset[str]] = {}
        """By object id, what this stack wants there for the first time in this run, like a baseline, casefolded."""
        self.recorded: dict[str, tuple[frozenset[str], frozenset[str] | None]] = {}
        """By object id, the `baseline` and the `asked` of a Principal of this run, casefolded."""

    def configure(self, tenant_id: str) -> None:
        """Fix the tenant that this session may touch."""
        self.tenant_id = tenant_id.lower()

    def check_tenant(self, tenant_id: str) -> None:
        """Raise WrongTenantError unless a resource's tenant is the session's."""
        if not self.tenant_id:
            raise UsageError(
                "entraconsent:tenantId is not set; to fix: pulumi config set entraconsent:tenantId <the stack's tenant>"
            )
        if tenant_id.lower() != self.tenant_id:
            raise WrongTenantError(
                f"refused: the resource belongs to tenant {tenant_id or 'unknown'} and this run is configured for "
                f"{self.tenant_id}; nothing was read or written; to fix: select the stack of that tenant"
            )

    def hold(self, client: str, urn: str) -> None:
        """Raise RefusedError when another AdminConsent of this run holds the same client."""
        if client and self._holders.setdefault(client, urn) != urn:
            holder = self._holders[client].split("::")[-1]
            raise RefusedError(
                f"refused: two AdminConsents on service principal {client}: {holder} and "
                f"{urn.split('::')[-1]}; allowed: one; to fix: declare all its permissions in one"
            )

    def wrote(self, client: str) -> None:
        """Forget that we are new to a client: from now on, what is found there may be ours."""
        self.first_seen.discard(client)
        self.first_asked.pop(client, None)

    async def graph(self) -> Graph:
        """Return the Graph client, signed in to the session's tenant; raises SignInError or WrongTenantError."""
        async with self._lock:
            if self._graph is None:
                self.check_tenant(self.tenant_id)
                graph = await self._connect(self.tenant_id)
                graph.on_wait(self._tell)
                await graph.identity()
                self._graph, self._apis = graph, Apis(graph)
            return self._graph

    async def apis(self) -> Apis:
        """Return the cache of the tenant's API principals."""
        await self.graph()
        assert self._apis is not None  # noqa: S101  (graph() has just made it)
        return self._apis

    async def look(self, client: str, *, patience: float, fresh: bool = False) -> tuple[PrincipalRecord, InForce]:
        """Return a client and its consents; ClientGoneError when it is not found for `patience` seconds."""
        return await look(await self.graph(), await self.apis(), client, patience=patience, fresh=fresh)

    async def identity(self) -> Identity:
        """Return who is signed in."""
        return await (await self.graph()).identity()

    def _tell(self, text: str) -> None:
        """Say to the user why we wait, without waiting for that to be heard."""
        message = asyncio.ensure_future(self.log("info", text, ""))
        self._saying.add(message)
        message.add_done_callback(self._saying.discard)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._graph is not None:
            await self._graph.aclose()
            self._graph = None
