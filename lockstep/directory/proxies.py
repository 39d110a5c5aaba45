"""The way out of this machine: through the proxy that the environment names for an address, or directly.

The variables are read as Go's programs read them, so that both providers of a run go the same way: HTTPS_PROXY and
HTTP_PROXY by the scheme of the address, NO_PROXY with domains, addresses and networks, and this machine itself never
through a proxy. ALL_PROXY stands in for either. Where none is set, Windows and macOS are asked, as before.

A proxy that cannot be used is refused when a request would go through it, and not before: a local stack needs none.
No message shows the credentials in a proxy's address. Knows nothing of what is asked.
"""

from __future__ import annotations

import ipaddress
import platform
import re
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

import httpx

from lockstep.errors import SettingError

PROXY = "lockstep.proxy"
"""The extension of a request that says which proxy it went through."""

_SUPPORTED = ("http", "https")
_MACHINE = "169.254.169.254"  # the machine's own metadata address, which no proxy can reach
_FIX = "to fix: set HTTPS_PROXY to the address of an HTTP proxy, such as http://proxy.example.com:3128, or unset {name}"


class Proxies(httpx.AsyncBaseTransport):
    """Sends each request through the proxy that the environment names for it, or directly."""

    def __init__(self, env: Mapping[str, str], context: ssl.SSLContext) -> None:
        self._env = env
        self._context = context
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send; SettingError where the proxy cannot be used."""
        url = proxy_for(self._env, request.url)
        if url:
            request.extensions[PROXY] = shown(url)
        if url not in self._transports:
            # A proxy that speaks TLS itself is held to the same authorities.
            secured = self._context if url.startswith("https:") else None
            proxy = httpx.Proxy(url, ssl_context=secured) if url else None
            self._transports[url] = httpx.AsyncHTTPTransport(verify=self._context, proxy=proxy)
        return await self._transports[url].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()


def proxy_for(env: Mapping[str, str], target: httpx.URL) -> str:
    """Return the address of the proxy for an address, or nothing; SettingError for one that cannot be used."""
    host = target.host.casefold().rstrip(".")
    port = target.port or (443 if target.scheme == "https" else 80)
    if _is_this_machine(host):
        return ""
    name, value = _variable(env, target.scheme)
    if not value:
        return _of_system(env, target.scheme, host)
    if any(_spares(entry, host, port) for entry in _no_proxy(env)):
        return ""
    return _usable(name, value)


def shown(url: str) -> str:
    """Return a proxy's address without the credentials in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _variable(env: Mapping[str, str], scheme: str) -> tuple[str, str]:
    """Return the name and value of the variable that names the proxy."""
    for name in (f"{scheme.upper()}_PROXY", "ALL_PROXY"):
        for spelling in (name, name.lower()):
            if env.get(spelling, "").strip():
                return spelling, env[spelling].strip()
    return "", ""


def _of_system(env: Mapping[str, str], scheme: str, host: str) -> str:
    """Return what Windows or macOS says, which know proxies beside the environment."""
    if platform.system() not in ("Windows", "Darwin"):
        return ""
    if any(_spares(entry, host, 443) for entry in _no_proxy(env)) or urllib.request.proxy_bypass(host):
        return ""
    value = urllib.request.getproxies().get(scheme, "")
    return _usable("the system's proxy", value) if value else ""


def _usable(name: str, value: str) -> str:
    """Return a proxy's address in full; SettingError, without its credentials, where it cannot be used."""
    fix = _FIX.format(name=name)
    scheme = value.partition("://")[0].casefold() if "://" in value else "http"
    if scheme not in _SUPPORTED:
        kind = "a SOCKS proxy" if scheme.startswith("socks") else f"of the scheme {scheme[:20]!r}"
        raise SettingError(f"{name} names a proxy that is {kind}; allowed: {' or '.join(_SUPPORTED)}; {fix}")
    url = value if "://" in value else f"http://{value}"
    if _well_formed(url) is None:
        raise SettingError(
            f"{name} is no address of a proxy; allowed: http://HOST:PORT, with USER:PASSWORD@ before HOST where the "
            f"proxy asks for them (a character such as @, / or # in them is written as %40, %2F or %23); {fix}"
        )
    return url


def _well_formed(url: str) -> SplitResult | None:
    """Return the parts of an address that names a host and, if any, a port, and nothing after them."""
    with suppress(ValueError, httpx.InvalidURL):
        parts = urlsplit(url)
        port = parts.port  # ValueError where it is none
        rest = parts.path.strip("/") or parts.query or parts.fragment
        if parts.hostname and re.fullmatch(r"[\w.:%-]+", parts.hostname) and port != 0 and not rest:
            parts.hostname.encode("idna")  # UnicodeError, a ValueError, for a name that no host can have
            httpx.URL(url)
            return parts
    return None


def _no_proxy(env: Mapping[str, str]) -> Iterator[str]:
    value = env.get("NO_PROXY", "").strip() or env.get("no_proxy", "").strip()
    # Commas are the rule, blanks are met too.
    yield from value.replace(",", " ").casefold().split()


def _spares(entry: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY means this host. What is no entry spares nothing."""
    if entry == "*":
        return True
    entry = entry.partition("://")[2] or entry
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    bare, colon, number = entry.rpartition(":")
    if colon and number.isascii() and number.isdigit() and ("]" in bare or ":" not in bare):
        if int(number) != port:
            return False
        entry = bare
    entry = entry.strip("[]").removeprefix("*").rstrip(".")
    if entry.startswith("."):
        return host.endswith(entry)
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _is_this_machine(host: str) -> bool:
    if host in ("localhost", _MACHINE) or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False
