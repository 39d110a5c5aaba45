"""Which of a tenant's applications and principals are ours, and which only look like it. Pure.

Ours is what has our identifier URI or our client id, or else is the only one of our name. Of two with one name none is
chosen, and a client id that no vendor publishes is never concluded from a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from lockstep.audit.records import Application, Observed, ServicePrincipal
from lockstep.audit.subjects import Subject
from lockstep.catalogue import AppKind

ALIKE = 0.85  # of 1: "Atlas ConneX Provisionning" is alike, "Atlas.ConneX API" and "Atlas.PnP App" are not
_MICROSOFT = frozenset({"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"})


class State(StrEnum):
    """Whether the one app that was looked for is there."""

    PRESENT = "present"
    ABSENT = "absent"
    DISABLED = "disabled"
    NO_PRINCIPAL = "no-service-principal"
    AMBIGUOUS = "ambiguous"
    UNIDENTIFIED = "unidentified"


@dataclass(frozen=True)
class LookAlike:
    """Another app with our name, or nearly. `environment`: one of a set with a common suffix, as a second
    environment has."""

    name: str
    app_id: str
    object_id: str
    kind: str
    created: str
    environment: bool = False


@dataclass(frozen=True)
class Identified:
    """One app, or one of the principals behind a shared one, and what stands for it in the tenant."""

    subject: Subject
    name: str
    state: State
    principal_key: str = ""
    application: Application | None = None
    principal: ServicePrincipal | None = None
    candidates: tuple[str, ...] = ()
    """For what is ambiguous or unidentified: names with their ids."""
    look_alikes: tuple[LookAlike, ...] = ()


def identify(subjects: Sequence[Subject], observed: Observed) -> list[Identified]:
    """Return what was found for each app, in their order; a shared one gives one for each of its principals."""
    found = [each for subject in subjects for each in _find(subject, observed)]
    taken = {each.application.app_id for each in found if each.application}
    taken |= {each.principal.record.app_id for each in found if each.principal}
    alike = _look_alikes(found, observed, taken)
    return [replace(each, look_alikes=tuple(alike.get(index, ()))) for index, each in enumerate(found)]


def _find(subject: Subject, observed: Observed) -> list[Identified]:
    if subject.expected.kind is AppKind.REGISTRATION:
        return [_registration(subject, observed)]
    if subject.expected.kind is AppKind.ENTERPRISE_APP:
        return [_enterprise(subject, observed)]
    return _shared(subject, observed)


def _registration(subject: Subject, observed: Observed) -> Identified:
    each = subject.expected
    proven = _proven(subject, observed)
    named = [app for app in observed.applications if app.name.casefold() == each.name.casefold()]
    fitting = proven or named
    if not fitting:
        return Identified(subject, each.name, State.ABSENT)
    if len(fitting) > 1:
        titles = tuple(f"{app.name} (app id {app.app_id}, of {app.created[:10]})" for app in fitting)
        return Identified(subject, each.name, State.AMBIGUOUS, candidates=titles)
    application = fitting[0]
    principal = observed.principal(application.app_id)
    return Identified(subject, application.name, _state(principal), application=application, principal=principal)


def _proven(subject: Subject, observed: Observed) -> list[Application]:
    """Return the applications with our client id, or else with an identifier URI that only ours has."""
    if subject.expected.client_id:
        return [app for app in observed.applications if app.app_id == subject.expected.client_id]
    uris = {uri.casefold() for uri in subject.uris}
    return [app for app in observed.applications if uris & {uri.casefold() for uri in app.identifier_uris}]


def _enterprise(subject: Subject, observed: Observed) -> Identified:
    each = subject.expected
    if not each.client_id:
        named = [found for found in observed.principals if letters(found.record.display_name) == letters(each.name)]
        titles = tuple(f"{found.record.display_name} (client id {found.record.app_id})" for found in named)
        return Identified(subject, each.name, State.UNIDENTIFIED if named else State.ABSENT, candidates=titles)
    principal = observed.principal(each.client_id)
    state = _state(principal) if principal else State.ABSENT
    return Identified(subject, each.name, state, principal=principal)


def _shared(subject: Subject, observed: Observed) -> list[Identified]:
    found = []
    for documented in subject.app.principals:
        uris = subject.expected.uris(documented, observed.tenant_id)
        principal = observed.principal(documented.app_id) if documented.app_id else observed.named(uris)
        state = _state(principal) if principal else State.ABSENT
        found.append(Identified(subject, documented.name, state, documented.key, principal=principal))
    return found


def _state(principal: ServicePrincipal | None) -> State:
    if principal is None:
        return State.NO_PRINCIPAL
    return State.PRESENT if principal.record.enabled else State.DISABLED


def _look_alikes(found: Sequence[Identified], observed: Observed, taken: set[str]) -> dict[int, list[LookAlike]]:
    others = [each for each in _others(observed) if each.app_id not in taken]
    environments = _environments([each.name for each in others], found)
    alike: dict[int, list[LookAlike]] = {}
    for other in others:
        index = _nearest(other, found)
        if index is not None and not _is_candidate(other, found[index]):
            marked = LookAlike(
                other.name, other.app_id, other.object_id, other.kind, other.created, other.name in environments
            )
            alike.setdefault(index, []).append(marked)
    return alike


def _others(observed: Observed) -> Iterable[LookAlike]:
    """Yield every application, and every principal whose application is not in this tenant, but for Microsoft's."""
    local = {app.app_id for app in observed.applications}
    for app in observed.applications:
        yield LookAlike(app.name, app.app_id, app.object_id, "application", app.created)
    for each in observed.principals:
        if each.record.app_id not in local and each.record.owner_tenant not in _MICROSOFT:
            record = each.record
            yield LookAlike(record.display_name, record.app_id, record.object_id, "service-principal", each.created)


def _is_candidate(other: LookAlike, found: Identified) -> bool:
    return any(other.app_id in title for title in found.candidates)


def _nearest(other: LookAlike, found: Sequence[Identified]) -> int | None:
    """Return which of ours the other's name is nearest to, or None when it is near to none."""
    scores = [(likeness(other.name, each.name), -index) for index, each in enumerate(found)]
    best, index = max(scores, default=(0.0, 0))
    return -index if best >= ALIKE else None


def likeness(name: str, ours: str) -> float:
    """Return how alike two names are, ALIKE or more for a look-alike.

    A name that begins with ours counts as alike, the longest of ours first.
    """
    theirs, wanted = letters(name), letters(ours)
    if wanted and theirs.startswith(wanted):
        return 1.0 + len(wanted) / 1000
    return SequenceMatcher(None, theirs, wanted).ratio()


def _environments(names: Sequence[str], found: Sequence[Identified]) -> set[str]:
    """Return the names that are ours with a suffix which at least two of our names have: another environment."""
    ours = {name for each in found for name in each.subject.names}
    by_suffix: dict[str, list[str]] = {}
    for name in names:
        base = max((each for each in ours if name.startswith(f"{each} ")), key=len, default="")
        if base:
            by_suffix.setdefault(name.removeprefix(base).strip(), []).append(name)
    return {name for group in by_suffix.values() if len(set(group)) > 1 for name in group}


def letters(text: str) -> str:
    """Return the letters and digits of a name, small, in their plainest form: how a person takes it at a glance."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())
