"""The emulator's own operations under `/_emulator`: log, reset, snapshot, faults, clock, issuers, tokens.

They need no token. Each works on the state of the emulator, not on one service. A UsageError that one raises is
answered as a bad request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lockstep.emulator.constants import GRAPH_APP_ID, PORT
from lockstep.emulator.exceptions import BadRequestError
from lockstep.emulator.signin.keys import assertion, issuers, trust_issuer
from lockstep.emulator.signin.model import preview
from lockstep.emulator.signin.refusals import SignInRefusedError
from lockstep.emulator.state import EmulatorState

_CENTURY = 100 * 365 * 24 * 3600
Control = Callable[[EmulatorState, Any], Any]


def log(state: EmulatorState, body: Any) -> Any:
    """GET /_emulator/log: every request so far, without secrets."""
    return {"entries": list(state.log)}


def clear_log(state: EmulatorState, body: Any) -> Any:
    """DELETE /_emulator/log: forget it."""
    state.log.clear()


def snapshot(state: EmulatorState, body: Any) -> Any:
    """GET /_emulator/snapshot: everything in the tenant, sorted."""
    return state.snapshot()


def reset(state: EmulatorState, body: Any) -> Any:
    """POST /_emulator/reset: make the tenant anew with {profile}, or the profile it has."""
    if body is not None and not isinstance(body, dict):
        raise BadRequestError("Reset takes {profile: name}.")
    state.reset(str((body or {}).get("profile", state.profile)))
    return {"profile": state.profile}


def show_issuers(state: EmulatorState, body: Any) -> Any:
    """GET /_emulator/issuers: whose assertions can be checked, besides the emulator's own."""
    return issuers(state.tenant)


def trust(state: EmulatorState, body: Any) -> Any:
    """PUT /_emulator/issuers: add {issuer: JWKS}; null means that the emulator signs for the issuer."""
    if not isinstance(body, dict) or not all(keys is None or isinstance(keys, dict) for keys in body.values()):
        raise BadRequestError("Issuers are {issuer: key set or null}.")
    for issuer, keys in body.items():
        trust_issuer(state.tenant, issuer, keys)
    return issuers(state.tenant)


def assert_(state: EmulatorState, body: Any) -> Any:
    """POST /_emulator/assertion: what a pipeline signs in with, of {subject, issuer, audience}."""
    words = _words(body, {"subject"}, {"audience", "issuer"})
    return {"assertion": assertion(state.tenant, words.pop("subject"), **words)}


def token(state: EmulatorState, body: Any) -> Any:
    """POST /_emulator/token: the token that {client} would get for {api}, in its own name or in that of a {user}."""
    words = _words(body, {"client"}, {"api", "base", "user"})
    base = words.get("base", f"https://localhost:{PORT}")
    api = words.get("api", GRAPH_APP_ID)
    try:
        token_text, claims = preview(state.tenant, words["client"], api, words.get("user"), base)
    except SignInRefusedError as error:
        return {"refused": f"AADSTS{error.number}: {error.message}"}
    return {"access_token": token_text, "claims": claims}


def _words(body: Any, required: set[str], optional: set[str]) -> dict[str, str]:
    if not isinstance(body, dict) or not required <= set(body) <= required | optional:
        names = ", ".join([*sorted(required), *(f"[{name}]" for name in sorted(optional))])
        raise BadRequestError(f"The body is an object of {names}.")
    if not all(isinstance(value, str) for value in body.values()):
        raise BadRequestError("Every value is a string.")
    return dict(body)


def faults(state: EmulatorState, body: Any) -> Any:
    """GET /_emulator/faults: what is set to go wrong."""
    return state.faults.describe()


def set_faults(state: EmulatorState, body: Any) -> Any:
    """PUT /_emulator/faults: replace them with a plan."""
    state.faults.replace(body)
    return state.faults.describe()


def clear_faults(state: EmulatorState, body: Any) -> Any:
    """DELETE /_emulator/faults: let everything work again."""
    state.faults.clear()


def clock(state: EmulatorState, body: Any) -> Any:
    """GET /_emulator/clock: what time it is in the tenant, and whether that passes by itself."""
    return {"now": state.clock(), "stopped": state.clock.stopped}


def set_clock(state: EmulatorState, body: Any) -> Any:
    """POST /_emulator/clock: {advance: seconds} lets time pass at once; {stopped: true} stops it until then."""
    settings: dict[str, Any] = body if isinstance(body, dict) else {"": None}
    seconds, stopped = settings.get("advance", 0), settings.get("stopped", state.clock.stopped)
    wrong = set(settings) - {"advance", "stopped"} or type(seconds) not in (int, float) or not isinstance(stopped, bool)
    if wrong or not 0 <= seconds < _CENTURY:
        raise BadRequestError("The clock takes {advance: seconds >= 0, stopped: true or false}.")
    if stopped:
        state.clock.stop()
    else:
        state.clock.go()
    state.clock.advance(seconds)
    return clock(state, None)


ROUTES: dict[tuple[str, str], Control] = {
    ("DELETE", "faults"): clear_faults,
    ("DELETE", "log"): clear_log,
    ("GET", "clock"): clock,
    ("GET", "faults"): faults,
    ("GET", "issuers"): show_issuers,
    ("GET", "log"): log,
    ("GET", "snapshot"): snapshot,
    ("POST", "assertion"): assert_,
    ("POST", "clock"): set_clock,
    ("POST", "faults"): set_faults,
    ("POST", "reset"): reset,
    ("POST", "token"): token,
    ("PUT", "faults"): set_faults,
    ("PUT", "issuers"): trust,
}
