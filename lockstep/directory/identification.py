"""Whose is it: which of a tenant's applications and principals are ours, and which only look like it. Pure.

An application is ours by its id, where a stack's state or its stack file has one on record; else by the identifier URI
that only ours has; else by its display name, whatever the case of its letters, where it is the only one of that name.
What is nearer decides, so that an id is never outvoted by a name. Of two that fit equally none is chosen, and a client
id that no vendor publishes is never concluded from a name.

This is the only module that compares a display name or an identifier URI. What a command does with the answer is its
own affair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from lockstep.catalogue import AppKind
from lockstep.directory.records import ApplicationRecord, PrincipalRecord, TenantReading

ALIKE = 0.85  # of 1: "Contoso Flow Provisionning" is alike, "Contoso.Flow API" and "Contoso.Web App" are not
PROVISIONAL = "TERRAFORM_UPDATE_"
"""How the azuread provider calls an application while it creates it."""

_MICROSOFT = frozenset({"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"})


class AppState(StrEnum):
    """Whether the one app that was looked for is there."""

    PRESENT = "present"
    ABSENT = "absent"
    DISABLED = "disabled"
    NO_PRINCIPAL = "no-service-principal"
    AMBIGUOUS = "ambiguous"
    UNIDENTIFIED = "unidentified"


class Proof(StrEnum):
    """What makes an application the one that was looked for, the nearest proof first."""

    STATE = "in the stack's state"
    CLIENT_ID = "by the client id in the stack file"
    URI = "by identifier URI"
    NAME = "by name"
    NONE = ""


@dataclass(frozen=True)
class RecordedIds:
    """The ids that a stack's state has on record for one app; empty where it has none."""

    object_id: str = ""
    app_id: str = ""
    principal_id: str = ""


NOTHING_RECORDED = RecordedIds()


@dataclass(frozen=True)
class SoughtPrincipal:
    """One of the principals behind a shared app: known by its app id, or by any of its identifier URIs."""

    key: str
    name: str
    app_id: str = ""
    uris: tuple[str, ...] = ()


@dataclass(frozen=True)
class SoughtApp:
    """One app that is looked for, and everything that it can be recognised by."""

    vendor: str
    key: str
    kind: AppKind
    name: str
    documented: str = ""
    """The name that the vendor documents, where the stack registers the app under another one."""
    app_id: str = ""
    """The client id: a vendor's own, or that of an adopted application in the stack file."""
    uris: tuple[str, ...] = ()
    """The identifier URIs that only our application has."""
    scopes: frozenset[str] = frozenset()
    """The values of the scopes that it exposes."""
    principals: tuple[SoughtPrincipal, ...] = ()
    recorded: RecordedIds = NOTHING_RECORDED
    chosen: str = ""
    """The object id or app id that a person names for it."""


@dataclass(frozen=True)
class LookAlike:
    """Another app with our name, or nearly.

    `environment`: one of a set with a common suffix, as a second environment has. `documented`: its name is nearer to
    that of a documented app that was not looked for.
    """

    name: str
    app_id: str
    object_id: str
    kind: str
    created: str
    environment: bool = False
    documented: bool = False


@dataclass(frozen=True)
class Identified:
    """One app, or one of the principals behind a shared one, and what stands for it in the tenant."""

    sought: SoughtApp
    name: str
    state: AppState
    principal_key: str = ""
    application: ApplicationRecord | None = None
    principal: PrincipalRecord | None = None
    proof: Proof = Proof.NONE
    lost: RecordedIds | None = None
    """The ids on record, where the tenant has no such application any more. One that is there then is another one."""
    candidates: tuple[ApplicationRecord, ...] = ()
    """The applications that fit equally well, where that is more than one."""
    namesakes: tuple[PrincipalRecord, ...] = ()
    """The principals with the name of an enterprise app whose client id is not known, or of a shared app's principal
    that is known by its identifier URI, where none has that URI."""
    exposing: tuple[ApplicationRecord, ...] = ()
    """Other applications that expose a scope of ours."""
    deleted: tuple[ApplicationRecord, ...] = ()
    """What could be it among the deleted items; where an id is on record, the one of that id alone comes first."""
    look_alikes: tuple[LookAlike, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether the stack's state has the application, there or not."""
        return bool(self.sought.recorded.object_id)

    @property
    def restorable(self) -> ApplicationRecord | None:
        """The lost application itself, where it is among the deleted items; one that only has its name is another."""
        ids = {self.lost.object_id, self.lost.app_id} - {""} if self.lost else set[str]()
        return next((app for app in self.deleted if ids & {app.object_id, app.app_id}), None)

    @property
    def lost_principal(self) -> bool:
        """Whether the application is there and the service principal on record is not."""
        ident = self.sought.recorded.principal_id
        current = self.principal.object_id if self.principal else ""
        return bool(ident) and self.lost is None and self.application is not None and current != ident

    @property
    def titles(self) -> tuple[str, ...]:
        """What it could be, for a person: names with their ids."""
        return (
            *(f"{app.name} (app id {app.app_id}, of {app.created[:10]})" for app in self.candidates),
            *(f"{record.display_name} (client id {record.app_id})" for record in self.namesakes),
        )


def identify(sought: Sequence[SoughtApp], reading: TenantReading, names: Iterable[str] = ()) -> list[Identified]:
    """Return what stands for each app, in their order; a shared one gives one for each of its principals.

    `names` are those of all documented registrations, to tell an environment and a neighbour from a look-alike.
    """
    identified = match(sought, reading)
    alike = _look_alikes(identified, reading, frozenset(names))
    return [replace(entry, look_alikes=tuple(alike.get(index, ()))) for index, entry in enumerate(identified)]


def match(sought: Sequence[SoughtApp], reading: TenantReading) -> list[Identified]:
    """Return what `identify` does, without the look-alikes: it takes time to compare every name with ours."""
    nearest = _claims(sought, reading)
    return [entry for app in sought for entry in _identify(app, reading, nearest)]


def called(name: str, ours: str) -> bool:
    """Whether a display name is ours: letters count, their case does not, as for Graph's own filters."""
    return name.casefold() == ours.casefold()


def has_uri(names: Iterable[str], uris: Iterable[str]) -> bool:
    """Whether one of an object's names is one of these identifier URIs."""
    return not {uri.casefold() for uri in uris}.isdisjoint(name.casefold() for name in names)


def evidence_of(record: PrincipalRecord, entry: Identified, tenant_id: str) -> tuple[str, ...]:
    """Return what speaks for a namesake being the principal that was looked for, beside its name."""
    uris = [
        uri for principal in entry.sought.principals if principal.key == entry.principal_key for uri in principal.uris
    ]
    tails = {uri.rpartition("/")[2].casefold() for uri in uris}
    evidence = [
        f"its identifier URI {name}"
        for name in sorted(record.names)
        if name.casefold().startswith(f"api://{tenant_id}/") or name.rpartition("/")[2].casefold() in tails
    ]
    return (*evidence, *(["Microsoft owns it"] if record.owner_tenant in _MICROSOFT else []))


def is_left_over(app: ApplicationRecord, intended: ApplicationRecord) -> bool:
    """Whether an application is what a create that was cut off has left; `intended` is what it was to make.

    It has the name that was asked for, or the provisional one that azuread gives while it creates, and exactly the
    configured permissions, the tags and the ids of exposed scopes that were asked for.
    """
    return (
        (called(app.name, intended.name) or app.name.startswith(PROVISIONAL))
        and app.configured == intended.configured
        and set(app.tags) == set(intended.tags)
        and {scope.id for scope in app.scopes} == {scope.id for scope in intended.scopes}
    )


def _claims(sought: Sequence[SoughtApp], reading: TenantReading) -> dict[str, Proof]:
    """Return the nearest proof by which any of the apps has an application for itself, by object id."""
    nearest: dict[str, Proof] = {}
    for app in sought:
        if app.kind is AppKind.REGISTRATION:
            fitting, proof = _fitting(app, reading.applications)
            for record in fitting:
                nearest[record.object_id] = min(nearest.get(record.object_id, proof), proof, key=tuple(Proof).index)
    return nearest


def _identify(sought: SoughtApp, reading: TenantReading, nearest: Mapping[str, Proof]) -> list[Identified]:
    if sought.kind is AppKind.REGISTRATION:
        return [_registration(sought, reading, nearest)]
    if sought.kind is AppKind.ENTERPRISE_APP:
        return [_enterprise(sought, reading)]
    return [_shared(sought, principal, reading) for principal in sought.principals]


def _registration(sought: SoughtApp, reading: TenantReading, nearest: Mapping[str, Proof]) -> Identified:
    fitting, proof = _fitting(sought, reading.applications)
    if any(nearest[app.object_id] is not proof for app in fitting):
        # Another app has it by something nearer, such as our name on an application with that app's URI.
        free = [app for app in reading.applications if nearest.get(app.object_id, proof) is proof]
        fitting, proof = _fitting(sought, free)
    lost = _lost(sought, reading)
    exposing = tuple(app for app in reading.applications if sought.scopes & app.exposes and app not in fitting)
    blank = Identified(
        sought, sought.name, AppState.ABSENT, lost=lost, exposing=exposing, deleted=_deleted(sought, reading)
    )
    if not fitting:
        return blank
    if len(fitting) > 1:
        return replace(blank, state=AppState.AMBIGUOUS, candidates=tuple(fitting))
    (app,) = fitting
    principal = reading.principal(app.app_id)
    return replace(blank, name=app.name, state=_state(principal), application=app, principal=principal, proof=proof)


def _fitting(sought: SoughtApp, applications: Iterable[ApplicationRecord]) -> tuple[list[ApplicationRecord], Proof]:
    """Return the applications that fit best, and by what: by an id on record, by URI, or by name."""
    apps = list(applications)
    for fitting, proof in (
        ([app for app in apps if app.object_id == sought.recorded.object_id], Proof.STATE),
        ([app for app in apps if app.app_id == sought.app_id], Proof.CLIENT_ID),
        ([app for app in apps if has_uri(app.identifier_uris, sought.uris)], Proof.URI),
        ([app for app in apps if called(app.name, sought.name)], Proof.NAME),
    ):
        if fitting:
            return fitting, proof
    return [], Proof.NONE


def _lost(sought: SoughtApp, reading: TenantReading) -> RecordedIds | None:
    """Return the ids on record that the tenant has no application of: the state's, or else the stack file's."""
    recorded = sought.recorded if sought.recorded.object_id else RecordedIds(app_id=sought.app_id)
    ident = recorded.object_id or recorded.app_id
    return recorded if ident and reading.application(ident) is None else None


def _deleted(sought: SoughtApp, reading: TenantReading) -> tuple[ApplicationRecord, ...]:
    """Return what could be it among the deleted items: the one on record, else all that fit by id, URI or name."""
    on_record = reading.deleted_application(sought.recorded.object_id) or reading.deleted_application(sought.app_id)
    if on_record is not None:
        return (on_record,)
    return tuple(
        app for app in reading.deleted if has_uri(app.identifier_uris, sought.uris) or called(app.name, sought.name)
    )


def _enterprise(sought: SoughtApp, reading: TenantReading) -> Identified:
    if not sought.app_id:
        named = tuple(r for r in reading.principals if letters(r.display_name) == letters(sought.name))
        state = AppState.UNIDENTIFIED if named else AppState.ABSENT
        return Identified(sought, sought.name, state, namesakes=named)
    return _of_principal(sought, sought.name, reading.principal(sought.app_id))


def _shared(sought: SoughtApp, documented: SoughtPrincipal, reading: TenantReading) -> Identified:
    if documented.app_id:
        principal = reading.principal(documented.app_id)
    else:
        principal = next((r for r in reading.principals if has_uri(r.names, documented.uris)), None)
    identified = _of_principal(sought, documented.name, principal, documented.key)
    if principal is not None or documented.app_id:
        return identified
    # It may be the one, with another URI: too little to write to it, and enough not to call it a stranger.
    owners = {reading.tenant_id, "", *_MICROSOFT}
    named = (r for r in reading.principals if called(r.display_name, documented.name) and r.owner_tenant in owners)
    return replace(identified, namesakes=tuple(named))


def _of_principal(sought: SoughtApp, name: str, principal: PrincipalRecord | None, key: str = "") -> Identified:
    return Identified(sought, name, _state(principal) if principal else AppState.ABSENT, key, principal=principal)


def _state(principal: PrincipalRecord | None) -> AppState:
    if principal is None:
        return AppState.NO_PRINCIPAL
    return AppState.PRESENT if principal.enabled else AppState.DISABLED


def _look_alikes(
    identified: Sequence[Identified], reading: TenantReading, names: frozenset[str]
) -> dict[int, list[LookAlike]]:
    ours = {entry.application.app_id for entry in identified if entry.application}
    ours |= {entry.principal.app_id for entry in identified if entry.principal}
    others = [other for other in _others(reading) if other.app_id not in ours]
    environments = _environments([other.name for other in others], names)
    neighbours = [name for name in names if not any(called(name, entry.sought.name) for entry in identified)]
    alike: dict[int, list[LookAlike]] = {}
    for other in others:
        index, score = _nearest(other, identified)
        near = identified[index]
        candidates = {app.app_id for app in near.candidates} | {principal.app_id for principal in near.namesakes}
        if score < ALIKE or other.app_id in candidates:
            continue
        nearer = any(likeness(other.name, name) > score for name in neighbours)
        marked = replace(other, environment=other.name in environments, documented=nearer)
        alike.setdefault(index, []).append(marked)
    return alike


def _others(reading: TenantReading) -> Iterable[LookAlike]:
    """Yield every application, and every principal whose application is not in this tenant, but for Microsoft's."""
    local = {app.app_id for app in reading.applications}
    for app in reading.applications:
        yield LookAlike(app.name, app.app_id, app.object_id, "application", app.created)
    for record in reading.principals:
        if record.app_id not in local and record.owner_tenant not in _MICROSOFT:
            kind = "service-principal"
            yield LookAlike(record.display_name, record.app_id, record.object_id, kind, record.created)


def _nearest(other: LookAlike, identified: Sequence[Identified]) -> tuple[int, float]:
    """Return which of ours the other's name is nearest to, the first of equals, and how near."""
    scores = [
        (likeness(other.name, name), -index)
        for index, entry in enumerate(identified)
        for name in {entry.name, entry.name if entry.principal_key else entry.sought.name}
    ]
    best, index = max(scores, default=(0.0, 0))
    return -index, best


def likeness(name: str, ours: str) -> float:
    """Return how alike two names are, ALIKE or more for a look-alike.

    A name that begins with ours counts as alike, the longest of ours first.
    """
    their_letters, our_letters = letters(name), letters(ours)
    if our_letters and their_letters.startswith(our_letters):
        return 1.0 + len(our_letters) / 1000
    return SequenceMatcher(None, their_letters, our_letters).ratio()


def _environments(others: Sequence[str], names: frozenset[str]) -> set[str]:
    """Return the names that are ours with a suffix which at least two of our names have: another environment."""
    by_suffix: dict[str, set[str]] = {}
    for name in others:
        base = max((ours for ours in names if name.startswith(f"{ours} ")), key=len, default="")
        if base:
            by_suffix.setdefault(name.removeprefix(base).strip(), set()).add(name)
    return {name for group in by_suffix.values() if len(group) > 1 for name in group}


def letters(text: str) -> str:
    """Return the letters and digits of a name, small, in their plainest form: how a person takes it at a glance."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())


def beginning(name: str) -> str:
    """Return the first word of a name: what look-alikes of it begin with too."""
    word = re.match(r"\w+", name)
    return word[0] if word else name
