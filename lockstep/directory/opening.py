"""Opens the Graph client that an environment asks for: certificates, cloud, sign-in, in this order.

The only place that makes an HTTP client. We trust the certificates of SSL_CERT_FILE or SSL_CERT_DIR, as Go reads
them on Linux, else the system's; verification cannot be switched off.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx

from lockstep.directory.cloud import cloud_from_environment
from lockstep.directory.graph import Graph
from lockstep.directory.proxies import Proxies
from lockstep.directory.retry import Gate, Waiting, run_seconds
from lockstep.directory.sign_in import credential_from_environment
from lockstep.errors import SettingError

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
# In this order: the first that is set decides, as with Go, OpenSSL and requests.
FILE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


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
    waiting = Waiting(deadline, clock, sleep, on_wait, ends=clock() + run_seconds(env))
    http = _client(env, transport)
    try:
        cloud = await cloud_from_environment(env, http, waiting=waiting)
        credential = credential_from_environment(env, cloud, tenant_id, http, waiting=waiting)
        return Graph(
            http,
            cloud.graph,
            credential,
            tenant_id=tenant_id,
            waiting=replace(waiting, gate=Gate()),
            owns_http=True,
            login=cloud.login,
        )
    except BaseException:
        await http.aclose()
        raise


def _client(env: Mapping[str, str], transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    if transport is not None:
        return httpx.AsyncClient(transport=transport, timeout=TIMEOUT)
    return httpx.AsyncClient(transport=Proxies(env, tls_context(env)), timeout=TIMEOUT)


def tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """Return a verifying context for the environment's certificate authorities."""
    for variable in FILE_VARIABLES:
        if env.get(variable):
            return _context_of_file(variable, Path(env[variable]))
    if env.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=env["SSL_CERT_DIR"])
    return _system_context()


def _context_of_file(variable: str, path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        problem = "does not exist"
    except ssl.SSLError:
        problem = "holds no certificates in PEM form"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    raise SettingError(
        f"{variable} names {path}, which {problem}; allowed: a PEM file of certificate authorities; "
        f'to fix: correct or unset {variable}, or for the local emulator run eval "$(lockstep emulator env)"'
    ) from None


def _system_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not context.get_ca_certs() and not (paths.cafile or paths.capath):
        # Some Python builds for macOS come without a store of their own.
        import certifi

        context.load_verify_locations(certifi.where())
    return context
