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


def _reset(state: EmulatorState, body: Any) -> Any:
    if body is not None and not isinstance(body, dict):
        raise BadRequestError("Reset takes {profile: name}.")
    state.reset(str((body or {}).get("profile", state.profile)))
    return {"profile": state.profile}


def _trust(state: EmulatorState, body: Any) -> Any:
    if not isinstance(body, dict) or not all(keys is None or isinstance(keys, dict) for keys in body.values()):
        raise BadRequestError("Issuers are {issuer: key set or null}.")
    for issuer, keys in body.items():
        trust_issuer(state.tenant, issuer, keys)
    return issuers(state.tenant)


def _assertion(state: EmulatorState, body: Any) -> Any:
    words = _words(body, {"subject"}, {"audience", "issuer"})
    return {"assertion": assertion(state.tenant, words.pop("subject"), **words)}


def _token(state: EmulatorState, body: Any) -> Any:
    words = _words(body, {"client"}, {"api", "base", "user"})
    base = words.get("base", f"https://localhost:{PORT}")
    api = words.get("api", GRAPH_APP_ID)
    if "user" in words and state.tenant.users.find(words["user"]) is None:
        raise BadRequestError(f"There is no user {words['user']} in this tenant.")
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


def _set_faults(state: EmulatorState, body: Any) -> Any:
    state.faults.replace(body)
    return state.faults.describe()


def _clock(state: EmulatorState, body: Any) -> Any:
    return {"now": state.clock(), "stopped": state.clock.stopped}


def _set_clock(state: EmulatorState, body: Any) -> Any:
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
    return _clock(state, None)


ROUTES: dict[tuple[str, str], tuple[str, Control]] = {
    ("DELETE", "faults"): ("let everything work again", lambda state, body: state.faults.clear()),
    ("DELETE", "log"): ("forget it", lambda state, body: state.log.clear()),
    ("GET", "clock"): ("what time it is in the tenant, and whether that passes by itself", _clock),
    ("GET", "faults"): ("what is set to go wrong", lambda state, body: state.faults.describe()),
    ("GET", "issuers"): (
        "whose assertions can be checked, besides the emulator's own",
        lambda state, body: issuers(state.tenant),
    ),
    ("GET", "log"): ("every request so far, without secrets", lambda state, body: {"entries": list(state.log)}),
    ("GET", "snapshot"): ("everything in the tenant, sorted", lambda state, body: state.snapshot()),
    ("POST", "assertion"): ("what a pipeline signs in with, of {subject, issuer, audience}", _assertion),
    ("POST", "clock"): ("{advance: seconds} lets time pass at once; {stopped: true} stops it until then", _set_clock),
    ("POST", "faults"): ("replace them with a plan", _set_faults),
    ("POST", "reset"): ("make the tenant anew with {profile}, or the profile it has", _reset),
    ("POST", "token"): ("the token that {client} would get for {api}, in its own name or in that of a {user}", _token),
    ("PUT", "faults"): ("replace them with a plan", _set_faults),
    ("PUT", "issuers"): ("add {issuer: JWKS}; null means that the emulator signs for the issuer", _trust),
}
"""Each with what it does, for docs/emulator-coverage.md."""
