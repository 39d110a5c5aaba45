"""The profiles by name."""

from __future__ import annotations

from collections.abc import Callable

from lockstep.emulator.profiles import brownfield, drifted
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


def check_profile(name: str) -> None:
    """Refuse a name that is no profile's."""
    if name not in _PROFILES:
        raise UsageError(f"no profile {name!r}; there are {', '.join(_PROFILES)}{nearest(name, _PROFILES)}")


def build(tenant: Tenant, name: str) -> None:
    """Fill an empty tenant."""
    _PROFILES[name](Base(Seeder(tenant)))
