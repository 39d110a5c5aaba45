"""The profiles by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lockstep.emulator.profiles import brownfield, captured, drifted
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.profiles.seeder import Seeder
from lockstep.emulator.tenant import Tenant
from lockstep.errors import UsageError, nearest


def _fresh(base: Base) -> None:
    base.new_spfx()


def _legacy(base: Base) -> None:
    base.old_spfx()


def _both(base: Base) -> None:
    base.new_spfx()
    base.old_spfx()


def _none(base: Base) -> None:
    """Neither SharePoint principal: nobody has used SharePoint here yet."""


_PROFILES: dict[str, Callable[[Base], None]] = {
    "both-spfx": _both,
    "brownfield": brownfield.build,
    "drifted": drifted.build,
    "fresh": _fresh,
    "legacy-spfx": _legacy,
    "no-spfx": _none,
}


def profiles() -> tuple[str, ...]:
    """Return the names of the profiles."""
    return tuple(_PROFILES)


def resolved(name: str) -> str:
    """Return a profile's name by which it is known wherever a process runs: a capture by its whole path."""
    return str(Path(name).absolute()) if captured.is_capture(name) else name


def check_profile(name: str) -> None:
    """Refuse a name that is neither a profile's nor that of a capture's file."""
    if captured.is_capture(name):
        captured.read(name)
    elif name not in _PROFILES:
        there = f"there are {', '.join(_PROFILES)}, and files that `lockstep capture` made (*.json)"
        raise UsageError(f"no profile {name!r}; {there}{nearest(name, _PROFILES)}")


def build(tenant: Tenant, name: str) -> None:
    """Fill an empty tenant."""
    if captured.is_capture(name):
        document = captured.read(name)
        captured.build(Base(Seeder(tenant)), document)
    else:
        _PROFILES[name](Base(Seeder(tenant)))
