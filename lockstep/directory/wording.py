"""Turns what went wrong on the wire into one line for a person, and into the error class with the right exit code.

Knows nothing of retries. No text that it returns holds a token or a secret.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx

from lockstep.directory.rights import permission_for
from lockstep.errors import GraphError, TenantError

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]*)?")
_LONGEST = 400
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def one_line(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` on one line, cut to a readable length, with tokens and the given secrets masked."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = " ".join(_TOKEN.sub("<token>", text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, with the scheme's own port left out."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "")
    port = parts.port
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
            f"to fix: point SSL_CERT_FILE at a PEM file with its authority; "
            f'for the local emulator run eval "$(lockstep emulator env)"'
        )
    cause = one_line(str(error)) or type(error).__name__
    if isinstance(error, httpx.LocalProtocolError):
        cause = "the request has an illegal character in a header"  # its own text quotes the header
    if is_loopback(url):
        fix = "start the emulator (lockstep emulator serve), or look at its address with lockstep emulator env"
    else:
        fix = "check the name, the network and the proxy (HTTPS_PROXY, NO_PROXY), then run again"
    return TenantError(f"cannot reach {host}: {cause}; to fix: {fix}")


def error_of(body: Any) -> tuple[str, str]:
    """Return Graph's error code and message from an answer's JSON body."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")


def refusal(what: str, status: int, body: Any) -> GraphError:
    """Return the error for an answer of Microsoft Graph that stops the operation."""
    code, text = error_of(body)
    message = f"Microsoft Graph answered {what} with {status}"
    if code:
        message += f" {one_line(code)}"
    if text:
        message += f": {one_line(text).rstrip('.')}"
    if status == 403:
        needed = permission_for(what)
        message += "; to fix: grant the identity that is signed in the Graph permission for this"
        message += f" ({needed}) and consent to it" if needed else " and consent to it"
    return GraphError(message, status=status, code=code)
