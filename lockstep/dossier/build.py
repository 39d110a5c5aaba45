"""Puts a dossier together: an edition's apps and permissions, beside a stack's choices and what a tenant holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lockstep.catalogue import (
    ApiPermission,
    App,
    DocumentedPermission,
    Edition,
    EditionDiff,
    diff,
    is_public,
    meaning,
    risk,
)
from lockstep.dossier.model import (
    AppPart,
    Choices,
    Dossier,
    EditionPart,
    Entry,
    Observed,
    ObservedApp,
    Sighting,
    TenantGrant,
    Treatment,
)
from lockstep.dossier.not_granted import not_granted
from lockstep.errors import CatalogueError
from lockstep.settings.selection import Withheld
from lockstep.settings.stack_app import StackApp

Key = tuple[str, str, str, str]


def build(
    editions: Sequence[Edition],
    *,
    version: str,
    compare: Mapping[str, Sequence[Edition]] | None = None,
    choices: Choices | None = None,
    observed: Observed | None = None,
    prepared: str | None = None,
) -> Dossier:
    """Return the dossier of some editions. `compare` holds, by vendor, the editions to compare each one with."""
    compare = compare or {}
    parts = [_edition(edition, compare.get(edition.vendor, ()), choices, observed) for edition in editions]
    return Dossier(version, tuple(parts), prepared, choices, observed)


def anchor(*words: str) -> str:
    """Return the address of a part within the page: lower case, one hyphen between words, two between parts."""
    return "--".join(re.sub(r"[^a-z0-9]+", "-", word.casefold()).strip("-") for word in words)


def _edition(
    edition: Edition, others: Sequence[Edition], choices: Choices | None, observed: Observed | None
) -> EditionPart:
    comparisons = tuple(diff(other, edition) for other in others)
    changes = _changes(comparisons)
    sightings = observed.apps if observed else ()
    return EditionPart(
        anchor=anchor(edition.vendor),
        edition=edition,
        apps=tuple(_app(edition, app, choices, sightings, changes) for app in edition.apps),
        comparisons=comparisons,
    )


def _app(
    edition: Edition,
    app: App,
    choices: Choices | None,
    observed: Sequence[ObservedApp],
    changes: Mapping[Key, str],
) -> AppPart:
    choice = choices.apps.get((edition.vendor, app.key)) if choices else None
    sightings = tuple(entry for entry in observed if (entry.vendor, entry.app) == (edition.vendor, app.key))
    where = anchor(edition.vendor, app.key)
    entries = tuple(
        _entry(edition, entry, where, choices, choice, sightings, changes, app) for entry in app.permissions
    )
    return AppPart(
        anchor=where,
        app=app,
        entries=entries,
        not_granted=not_granted(app, entries),
        deployed=None if choices is None else choice is not None,
        by_admin=choice is not None and choice.by_admin,
        observed=sightings,
    )


def _entry(
    edition: Edition,
    entry: DocumentedPermission,
    where: str,
    choices: Choices | None,
    choice: StackApp | None,
    sightings: Sequence[ObservedApp],
    changes: Mapping[Key, str],
    app: App,
) -> Entry:
    return Entry(
        anchor=f"{where}--{anchor(entry.api, entry.type.value, entry.name).replace('--', '-')}",
        documented=entry,
        offered=_offered(edition, entry),
        meaning=meaning(entry),
        risk=risk(entry.permission),
        standing=_standing(entry, choices, choice),
        decision=_decision(entry, choice),
        change=changes.get((app.key, *_name(entry))),
        sightings=_sightings(entry, app, sightings),
    )


def _offered(edition: Edition, entry: DocumentedPermission) -> ApiPermission:
    offered = edition.apis[entry.api].by_id(entry.type, entry.id)
    if offered is None:  # the loader resolves every permission, so this edition did not come from it
        raise CatalogueError(f"{edition.vendor} {edition.id}: {entry.title} is not in the list of its API")
    return offered


def _standing(entry: DocumentedPermission, choices: Choices | None, choice: StackApp | None) -> Treatment:
    if choices is None:
        return Treatment.ASKED if entry.certain else Treatment.POSSIBLE
    if choice is None:
        return Treatment.NOT_DEPLOYED
    if _decision(entry, choice) is not None:
        return Treatment.WITHHELD
    if entry in choice.wanted:
        return Treatment.ASKED
    return Treatment.TOLERATED if entry in choice.tolerated else Treatment.REFUSED


def _decision(entry: DocumentedPermission, choice: StackApp | None) -> Withheld | None:
    """Return why the stack withholds a permission, or None where it does not."""
    decisions = choice.withheld if choice else ()
    return next((decision for decision in decisions if decision.permission == entry), None)


def _sightings(entry: DocumentedPermission, app: App, apps: Sequence[ObservedApp]) -> tuple[Sighting, ...]:
    names = {principal.key: principal.name for principal in app.principals}
    return tuple(
        Sighting(names.get(observed.principal, ""), grant.presence, grant.consented)
        for observed in apps
        for grant in observed.grants
        if _is(entry, grant)
    )


def _is(entry: DocumentedPermission, grant: TenantGrant) -> bool:
    if grant.type is not entry.type:
        return False
    if entry.on_own_api:
        # The app id of a vendor's own API, and the ids of an adopted one's scopes, are the tenant's.
        return grant.name == entry.name and not is_public(grant.api)
    return (grant.api.lower(), grant.id.lower()) == (entry.permission.api, entry.id)


def _changes(comparisons: Sequence[EditionDiff]) -> dict[Key, str]:
    """Return what the newest of the compared editions lacks or says otherwise, by app, API, type and name."""
    if not comparisons:
        return {}
    changes: dict[Key, str] = {}
    for app in comparisons[-1].apps:
        changes.update({(app.key, *_name(entry)): "added" for entry in app.added})
        changes.update({(app.key, *_name(change.after)): "changed" for change in app.changed})
    return changes


def _name(entry: DocumentedPermission) -> tuple[str, str, str]:
    return entry.api, entry.type.value, entry.name
