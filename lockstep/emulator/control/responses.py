"""The control door: log, reset, snapshot, faults, clock. Works on the emulator itself, not on the tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lockstep.emulator.exceptions import BadRequestError
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
