"""The control door: log, reset, snapshot, faults. Works on the emulator itself, not on the tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lockstep.emulator.exceptions import BadRequestError
from lockstep.errors import UsageError

if TYPE_CHECKING:
    from lockstep.emulator.core import Emulator

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
    """PUT /_emulator/faults: replace them with {latency, rules}."""
    if not isinstance(body, dict):
        raise BadRequestError("Faults are {latency: seconds >= 0, rules: [...]}.")
    emulator.faults.replace(body)
    return emulator.faults.describe()


def clear_faults(emulator: Emulator, body: Any) -> Any:
    """DELETE /_emulator/faults: let everything work again."""
    emulator.faults.clear()
