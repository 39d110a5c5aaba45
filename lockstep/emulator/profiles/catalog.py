"""The profiles by name: a few made by code, others described by files of ours, of a user, or captured from a tenant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lockstep.emulator.profiles import captured
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.tenant import Tenant
from lockstep.errors import UsageError, nearest

_DATA = Path(__file__).parent / "data"
_SUFFIXES = (".yaml", ".yml")


def _with(*parts: Callable[[Base], object]) -> Callable[[Base], None]:
    """Return a profile with these SharePoint principals; with none of them, nobody has used SharePoint here yet."""

    def build(base: Base) -> None:
        for part in parts:
            part(base)

    return build


_BARE: dict[str, Callable[[Base], None]] = {
    "both-spfx": _with(Base.new_spfx, Base.old_spfx),
    "fresh": _with(Base.new_spfx),
    "legacy-spfx": _with(Base.old_spfx),
    "no-spfx": _with(),
}
"""The profiles without any vendor's app. Code, since most runs use one of them and shall read no file for it."""
_DESCRIBED = {file.stem: file for file in sorted(_DATA.glob("*.yaml"))}


def profiles() -> tuple[str, ...]:
    """Return the names of the profiles."""
    return tuple(sorted((*_BARE, *_DESCRIBED)))


def resolved(name: str) -> str:
    """Return a profile's name by which it is known wherever a process runs: a file by its whole path."""
    return str(Path(name).absolute()) if captured.is_capture(name) or _is_description(name) else name


def check_profile(name: str) -> None:
    """Refuse a name that is neither a profile's nor that of a file that makes one."""
    filling(name)


def filling(name: str) -> Callable[[Tenant], None]:
    """Return what fills an empty tenant as a profile says; UsageError where there is no such profile."""
    if captured.is_capture(name):
        document = captured.read(name)
        return lambda tenant: captured.CapturedTenant(tenant).fill(document)
    if name in _BARE:
        return lambda tenant: _BARE[name](Base(tenant))
    file = Path(name) if _is_description(name) else _DESCRIBED.get(name)
    if file is None:
        names = f"there are {', '.join(profiles())}, files that `lockstep capture` made (*.json), and your own (*.yaml)"
        raise UsageError(f"no profile {name!r}; {names}{nearest(name, profiles())}")
    from lockstep.emulator.profiles import described  # reads with pydantic, which most runs do without

    description = described.read(file)
    return lambda tenant: description.fill(Base(tenant))


def _is_description(name: str) -> bool:
    return name.endswith(_SUFFIXES)
