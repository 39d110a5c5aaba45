"""Turns what went wrong on the wire into one line for a person, and into the error class with the right exit code.

What Graph refuses is fixed by its code (`error_codes`), and by nothing else. Knows nothing of retries. No text that it
returns holds a token or a secret.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from lockstep.directory.challenge import Challenge
from lockstep.directory.error_codes import fix_of, graph_codes, row_of
from lockstep.directory.proxies import PROXY
from lockstep.directory.rights import permission_for
from lockstep.errors import GraphError, TenantError

GRAPH = "Microsoft Graph"
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]*)?")
_LONGEST = 400
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PROXY_FIX = (
    "check HTTPS_PROXY and the proxy's rules for this address (a proxy that answers 407 needs USER:PASSWORD@ before "
    "its host), or list the address in NO_PROXY where no proxy is needed"
)
IN_BETWEEN = "look for a proxy in between, or a sign-on page of the network (HTTPS_PROXY, NO_PROXY), then run again"
_NO_CODE = "run the same command again; Graph gave no code that says more"


def one_line(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` on one line, cut to a readable length, with tokens and the given secrets masked."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = " ".join(_TOKEN.sub("<token>", text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, with the scheme's own port left out; nothing of what is no URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != 443 else "")


def is_loopback(url: str) -> bool:
    """Whether a URL means this machine, where the emulator runs."""
    return urlsplit(url).hostname in _LOOPBACK


def certificate_problem(error: BaseException) -> str:
    """Return why a certificate did not verify, or nothing when the error is of another kind."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return link.verify_message or "certificate verify failed"
        link = link.__cause__ or link.__context__
    return ""


def unreachable(error: httpx.TransportError, url: str) -> TenantError:
    """Return the error for a host that gave no answer."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if problem := certificate_problem(error):
        return TenantError(
            f"the certificate of {host} does not verify ({one_line(problem)}); nothing was sent; "
            f"to fix: point SSL_CERT_FILE at a PEM file with its authority (that of a proxy that opens TLS, where one "
            f'is in between); for the local emulator run eval "$(lockstep emulator env)"'
        )
    cause = one_line(str(error)) or type(error).__name__
    if isinstance(error, httpx.LocalProtocolError):
        cause = "the request has an illegal character in a header"  # its own text quotes the header
    proxy = _proxy_of(error)
    if isinstance(error, httpx.ProxyError):
        answer = f"the proxy {proxy} did not open the way: {cause}"
        return TenantError(f"cannot reach {host}: {answer}; to fix: {_PROXY_FIX}")
    if is_loopback(url):
        fix = "start the emulator (lockstep emulator serve), or look at its address with lockstep emulator env"
    elif proxy:
        cause, fix = f"{cause} (through the proxy {proxy})", _PROXY_FIX
    else:
        fix = "check the name, the network and the proxy (HTTPS_PROXY, NO_PROXY), then run again"
    return TenantError(f"cannot reach {host}: {cause}; to fix: {fix}")


def no_address(url: str) -> TenantError:
    """Return the error for an address that cannot be asked: no host can have this name, or no port this number."""
    return TenantError(
        f"{one_line(url.partition('?')[0])} is no address that can be asked; to fix: correct the host name or the port "
        "(ARM_METADATA_HOSTNAME, ARM_OIDC_REQUEST_URL, ARM_MSI_ENDPOINT)"
    )


def undecodable(error: httpx.DecodingError, what: str) -> TenantError:
    """Return the error for an answer whose body is not in the encoding that its header says."""
    return TenantError(
        f"{what}: the answer is not encoded as its header says ({one_line(str(error))}); to fix: {IN_BETWEEN}"
    )


def _proxy_of(error: httpx.TransportError) -> str:
    """Return the proxy that a request went through, without credentials, or nothing."""
    try:
        return str(error.request.extensions.get(PROXY) or "")
    except RuntimeError:  # the error was made without a request
        return ""


def came_with(response: httpx.Response) -> str:
    """Return what came in place of an answer that can be read: its status, its kind, and where it leads to."""
    kind = one_line(response.headers.get("content-type", "")) or "no content type"
    if not response.content:
        kind = "no body"
    elif json_object(response) is not None:
        kind = "JSON of another shape"
    location = response.headers.get("location", "")
    leads = f", which leads to {origin(location) or 'another address'}" if location else ""
    return f"{response.status_code} with {kind}{leads}"


def not_from(who: str, what: str, response: httpx.Response) -> TenantError:
    """Return the error for an answer that cannot be `who`'s own: a page, no JSON, or JSON of another shape."""
    return TenantError(f"{what} was answered {came_with(response)}: no answer of {who}; to fix: {IN_BETWEEN}")


def json_object(response: httpx.Response) -> dict[str, Any] | None:
    """Return the JSON object that an answer holds, or None: for a page, another encoding, or JSON of another kind."""
    try:
        body = response.json()
    except (ValueError, RecursionError):  # no JSON, or in no encoding of it, or nested without end
        return None
    return body if isinstance(body, dict) else None


def error_of(body: Any) -> Mapping[str, Any]:
    """Return Graph's error object from an answer's JSON body; an empty one where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def refusal(what: str, status: int, body: Any, challenge: Challenge | None = None, *, note: str = "") -> GraphError:
    """Return the error for an answer of Microsoft Graph that stops the operation; its codes decide the fix.

    `note` is added to what Graph said.
    """
    error = error_of(body)
    code, text = one_line(str(error.get("code") or "")), str(error.get("message") or "")
    codes = graph_codes(error)
    row = row_of(codes, text)
    message = f"Microsoft Graph answered {what} with {status}"
    if code:
        message += f" {code}"
    if text:
        message += f": {one_line(text).rstrip('.')}"
    elif row is not None:
        message += f": {row.meaning.rstrip('.')}"
    message += note
    if challenge is not None:
        return GraphError(f"{message}; {challenge.words}; to fix: {challenge.fix}", status=status, code=code)
    gone = row.gone if row is not None else status == 404
    denied = row is not None and row.asks_permission
    fix = fix_of(codes, text, permission=permission_for(what)) or _NO_CODE
    return GraphError(f"{message}; to fix: {fix}", status=status, code=code, gone=gone, denied=denied)
