"""Opens the Graph client that an environment asks for: certificates, cloud, sign-in, in this order.

The only place that makes an HTTP client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import httpx

from lockstep.directory.cloud import cloud_from_environment
from lockstep.directory.graph import Graph
from lockstep.directory.retry import Waiting, run_seconds
from lockstep.directory.sign_in import credential_from_environment
from lockstep.directory.trust import tls_context

TIMEOUT = httpx.Timeout(60.0, connect=10.0)


async def open_graph(
    env: Mapping[str, str],
    tenant_id: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    deadline: float = 300.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_wait: Callable[[str], None] | None = None,
) -> Graph:
    """Return a client for the environment's cloud and sign-in; close it with `aclose` or `async with`.

    `transport` is another way to the same servers, such as `httpx.ASGITransport` to an emulator in process; the
    sign-in takes it too. `deadline` holds for each call; LOCKSTEP_RUN_MINUTES holds for the client as a whole.
    """
    ends = clock() + run_seconds(env)
    waiting = Waiting(deadline, clock, sleep, on_wait, ends=ends)
    http = _client(env, transport)
    try:
        cloud = await cloud_from_environment(env, http, waiting=waiting)
        credential = credential_from_environment(env, cloud, tenant_id, http, waiting=waiting)
        return Graph(
            http,
            cloud.graph,
            credential,
            tenant_id=tenant_id,
            deadline=deadline,
            clock=clock,
            sleep=sleep,
            on_wait=on_wait,
            owns_http=True,
            ends=ends,
            login=cloud.login,
        )
    except BaseException:
        await http.aclose()
        raise


def _client(env: Mapping[str, str], transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    if transport is not None:
        return httpx.AsyncClient(transport=transport, timeout=TIMEOUT)
    # The machine's own metadata address must never go through a proxy.
    direct = {"all://169.254.169.254": None}
    return httpx.AsyncClient(verify=tls_context(env), timeout=TIMEOUT, mounts=direct)
