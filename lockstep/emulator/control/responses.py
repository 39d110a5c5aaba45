"""The control door: log, reset, snapshot, faults, clock, issuers, tokens. Works on the emulator, not on the tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lockstep.emulator.constants import GRAPH_APP_ID, PORT
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.signin.exceptions import SignInRefusedError
from lockstep.emulator.signin.issuers import assertion, trust_issuer
from lockstep.emulator.signin.issuers import issuers as known_issuers
from lockstep.emulator.signin.models import preview
from lockstep.errors import UsageError

if TYPE_CHECKING:
    from lockstep.emulator.core import Emulator

_CENTURY = 100 * 365 * 24 * 3600
Control = Callable[["Emulator", Any], Any]


def log(emulator: Emulator, body: Any) -> Any:
    """GET /_emulator/log: every request so far, without secrets."""
    return {"entries": list(emulator.log)}


def clear_log(emulator: Emulator, body: Any) -> Any:
    """DELETE /_emulator/log: forget it."""
    emulator.log.clear()


def snapshot(emulator: Emulator, body: Any) -> Any:
    """GET /_emulator/snapshot: everything in the tenant, sorted."""
    return emulator.snapshot()


def reset(emulator: Emulator, body: Any) -> Any:
    """POST /_emulator/reset: make the tenant anew with {profile}, or the profile it has."""
    if body is not None and not isinstance(body, dict):
        raise BadRequestError("Reset takes {profile: name}.")
    profile = (body or {}).get("profile", emulator.profile)
    try:
        emulator.reset(str(profile))
    except UsageError as error:
        raise BadRequestError(str(error)) from None
    return {"profile": emulator.profile}


def issuers(emulator: Emulator, body: Any) -> Any:
    """GET /_emulator/issuers: whose assertions can be checked, besides the emulator's own."""
    return known_issuers(emulator.tenant)


def trust(emulator: Emulator, body: Any) -> Any:
    """PUT /_emulator/issuers: add {issuer: JWKS}; null lets the emulator's keys stand for the issuer."""
    if not isinstance(body, dict) or not all(keys is None or isinstance(keys, dict) for keys in body.values()):
        raise BadRequestError("Issuers are {issuer: key set or null}.")
    for issuer, keys in body.items():
        trust_issuer(emulator.tenant, issuer, keys)
    return known_issuers(emulator.tenant)


def assert_(emulator: Emulator, body: Any) -> Any:
    """POST /_emulator/assertion: what a pipeline signs in with, of {subject, issuer, audience}."""
    given = _words(body, {"subject"}, {"audience", "issuer"})
    return {"assertion": assertion(emulator.tenant, given.pop("subject"), **given)}


def token(emulator: Emulator, body: Any) -> Any:
    """POST /_emulator/token: the token that {client} would get for {api}, in its own name or in that of a {user}."""
    given = _words(body, {"client"}, {"api", "base", "user"})
    base = given.get("base", f"https://localhost:{PORT}")
    api = given.get("api", GRAPH_APP_ID)
    try:
        word, claims = preview(emulator.tenant, given["client"], api, given.get("user"), base)
    except SignInRefusedError as error:
        return {"refused": f"AADSTS{error.number}: {error.message}"}
    return {"access_token": word, "claims": claims}


def _words(body: Any, required: set[str], optional: set[str]) -> dict[str, str]:
    if not isinstance(body, dict) or not required <= set(body) <= required | optional:
        wanted = ", ".join([*sorted(required), *(f"[{name}]" for name in sorted(optional))])
        raise BadRequestError(f"The body is an object of {wanted}.")
    if not all(isinstance(value, str) for value in body.values()):
        raise BadRequestError("Every value is a string.")
    return dict(body)


def faults(emulator: Emulator, body: Any) -> Any:
    """GET /_emulator/faults: what is set to go wrong."""
    return emulator.faults.describe()


def set_faults(emulator: Emulator, body: Any) -> Any:
    """PUT /_emulator/faults: replace them with a plan."""
    try:
        emulator.faults.replace(body)
    except UsageError as error:
        raise BadRequestError(str(error)) from None
    return emulator.faults.describe()


def clear_faults(emulator: Emulator, body: Any) -> Any:
    """DELETE /_emulator/faults: let everything work again."""
    emulator.faults.clear()


def clock(emulator: Emulator, body: Any) -> Any:
    """GET /_emulator/clock: what time it is in the tenant, and whether that passes by itself."""
    return {"now": emulator.clock(), "stopped": emulator.clock.stopped}


def set_clock(emulator: Emulator, body: Any) -> Any:
    """POST /_emulator/clock: {advance: seconds} lets time pass at once; {stopped: true} stops it until then."""
    wanted: dict[str, Any] = body if isinstance(body, dict) else {"": None}
    seconds, stopped = wanted.get("advance", 0), wanted.get("stopped", emulator.clock.stopped)
    wrong = set(wanted) - {"advance", "stopped"} or type(seconds) not in (int, float) or not isinstance(stopped, bool)
    if wrong or not 0 <= seconds < _CENTURY:
        raise BadRequestError("The clock takes {advance: seconds >= 0, stopped: true or false}.")
    if stopped:
        emulator.clock.stop()
    else:
        emulator.clock.go()
    emulator.clock.advance(seconds)
    return clock(emulator, None)
