"""A stack's settings as the choices that a dossier shows. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping

from lockstep.catalogue import App, Edition
from lockstep.dossier import AppChoice, Decision
from lockstep.settings.checks import apps, selected
from lockstep.settings.model import Settings

_WITHOUT_ROBIN = Decision("Robin (IT Autopilot) is not in use.", "setting ateraRobin: false")


def choices_of(settings: Settings, editions: Mapping[str, Edition]) -> dict[tuple[str, str], AppChoice]:
    """Return what the stack does with each app that it deploys, by vendor and app key."""
    return {
        (vendor, app.key): _choice(settings, app)
        for vendor, edition in editions.items()
        if vendor in settings.vendors
        for app in apps(settings, edition)
    }


def _choice(settings: Settings, app: App) -> AppChoice:
    selection = selected(settings, app)
    possible = {entry.permission for entry in app.permissions if not entry.certain}
    wanted = {entry.permission for entry in selection.wanted}
    tolerated = {entry.permission for entry in selection.tolerated}
    withheld = {
        entry.permission: Decision(made.reason, made.by)
        for entry, made in zip(selection.withheld, _made(settings, app.key), strict=True)
    }
    withheld.update({entry.permission: _WITHOUT_ROBIN for entry in selection.unused})
    return AppChoice(
        withheld=withheld,
        tolerated=frozenset(tolerated),
        refused=frozenset(possible - wanted - tolerated - set(withheld)),
        required=frozenset(possible & wanted),
        by_admin=settings.by_admin(app.key),
    )


def _made(settings: Settings, app: str) -> list[Decision]:
    """Return the decisions on one app, in the order in which `select` hands the permissions back."""
    return [Decision(each.reason, each.by) for each in settings.withhold if each.app == app]
