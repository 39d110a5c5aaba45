"""Which application of a tenant a stack takes over: what is identified without doubt, else what a person chooses.

What is ours, the one identification says (`lockstep.directory.identification`). Anything less (an exposed scope, a name
that is nearly ours) makes a candidate, and a candidate has to be chosen. A choice that would change nothing is refused
by its name. Pure; asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lockstep.audit.standing import AppStanding, StackCommands, described, standing_of, way_on
from lockstep.catalogue import AppKind
from lockstep.directory.identification import AppState, Identified
from lockstep.directory.records import ApplicationRecord, TenantReading
from lockstep.errors import RefusedError, UsageError, nearest

NEW = "new"
"""What `--app KEY=new` says: none of the candidates, the first `up` makes one."""


@dataclass(frozen=True)
class Choice:
    """What became of one registration. `refusal` says why nothing was chosen, where a person has to."""

    app: ApplicationRecord | None = None
    why: str = ""
    candidates: tuple[ApplicationRecord, ...] = ()
    deleted: tuple[ApplicationRecord, ...] = ()
    refusal: str = ""
    managed: bool = False
    """Whether the stack's state has it already."""


def choose(
    identified: Sequence[Identified],
    reading: TenantReading,
    chosen: Mapping[str, str],
    commands: StackCommands,
) -> dict[str, Choice]:
    """Return the choice for each registration by its key.

    `chosen` is what `--app` says: key -> object id or app id, or NEW.
    """
    apps = {entry.sought.key: entry for entry in identified if entry.sought.kind is AppKind.REGISTRATION}
    for key in chosen:
        if key not in apps:
            raise UsageError(
                f"--app {key}=…: this stack registers no application {key!r}; it registers {', '.join(apps) or 'none'}"
                f"{nearest(key, apps)}"
            )
    choices = {}
    for key, entry in apps.items():
        word = chosen.get(key, "")
        choices[key] = _managed(entry, word, commands) if entry.recorded else _free(entry, reading, word, commands)
    taken: dict[str, str] = {}
    for key, choice in choices.items():
        if choice.app is not None and (other := taken.setdefault(choice.app.object_id, key)) != key:
            raise RefusedError(
                f"{choice.app.title} would be both {other} and {key}; to fix: choose another with --app {key}=OBJECT_ID"
            )
    return choices


def _managed(entry: Identified, word: str, commands: StackCommands) -> Choice:
    """Return the application of the stack's state; a refusal where it, or its principal, is not there any more."""
    standing, key = standing_of(entry), entry.sought.key
    if standing in (AppStanding.LOST, AppStanding.REPLACED, AppStanding.PRINCIPAL_LOST):
        effect = f"--app {key}={word} has no effect yet: " if word else ""
        refusal = f"{effect}{described(entry)}; to fix: {way_on(entry, commands)}"
        others = (entry.application,) if entry.application else entry.candidates
        return Choice(None, "in the stack's state", others, entry.deleted, refusal, managed=True)
    app = entry.application
    assert app is not None  # noqa: S101  (it is on record and not lost)
    if word and word.lower() not in (app.object_id, app.app_id):
        raise UsageError(
            f"--app {key}={word} has no effect: the stack's state has {app.title}, and the tenant has it too; to fix: "
            f"leave out --app {key}=…"
        )
    return Choice(app, entry.proof, managed=True)


def _free(entry: Identified, reading: TenantReading, word: str, commands: StackCommands) -> Choice:
    """Return what is chosen for an app that the stack's state does not have."""
    key, others = entry.sought.key, _others(entry, reading)
    in_tenant = (entry.application,) if entry.application else entry.candidates
    if word == NEW:
        _refuse_second(entry, in_tenant, commands)
        return Choice(None, "chosen: a new one", others, entry.deleted)
    if word:
        app = reading.application(word)
        if app is None:
            raise _not_there(key, word, reading, commands)
        return Choice(app, "chosen", tuple(one for one in (*in_tenant, *others) if one != app), entry.deleted)
    if entry.lost is not None:
        refusal = f"{described(entry)}; to fix: {way_on(entry, commands)}"
        return Choice(None, "", (*in_tenant, *others), entry.deleted, refusal)
    if entry.application:
        return Choice(entry.application, entry.proof, others, entry.deleted)
    return Choice(None, "", (*in_tenant, *others), entry.deleted, _refusal(entry, (*in_tenant, *others), commands))


def _others(entry: Identified, reading: TenantReading) -> tuple[ApplicationRecord, ...]:
    """Return the applications that could be it by less than a proof: by a name that is nearly ours, or by a scope."""
    alike = [reading.application(other.object_id) for other in entry.look_alikes if not other.documented]
    possible = {app.object_id: app for app in (*alike, *entry.exposing) if app and app != entry.application}
    return tuple(app for app in possible.values() if app not in entry.candidates)


def _refusal(entry: Identified, candidates: Sequence[ApplicationRecord], commands: StackCommands) -> str:
    if not candidates and not entry.deleted:
        return ""
    key, name = entry.sought.key, entry.name
    if not candidates:
        return (
            f"{name} is not in the tenant, but among its deleted items: {_titles(entry.deleted)}; to fix: "
            f"`{commands.restore(key)}` (or {key}=OBJECT_ID for a certain one) puts it back with its ids, or "
            f"--app {key}={NEW} lets the first up make a new one"
        )
    # Beside one of our own name, or with our URI, no `up` makes a second one.
    new = f", or --app {key}={NEW} to let the first up make one" if entry.state is AppState.ABSENT else ""
    which = "this one" if len(candidates) == 1 else f"any of these {len(candidates)}"
    return f"{name} could be {which}: {_titles(candidates)}; to fix: choose with --app {key}=OBJECT_ID{new}"


def _refuse_second(entry: Identified, in_tenant: Sequence[ApplicationRecord], commands: StackCommands) -> None:
    key = entry.sought.key
    if in_tenant:
        raise UsageError(
            f"--app {key}={NEW} has no effect: the tenant has {_titles(in_tenant)}, and no up makes a second one; "
            f"to fix: take it over with --app {key}=OBJECT_ID, or set nameSuffix for a second environment"
        )
    if entry.lost is not None:
        raise UsageError(f"--app {key}={NEW} has no effect: {described(entry)}; to fix: {way_on(entry, commands)}")


def _not_there(key: str, word: str, reading: TenantReading, commands: StackCommands) -> UsageError:
    deleted = reading.deleted_application(word)
    if deleted is not None:
        back = commands.restore(f"{key}={deleted.object_id}")
        return UsageError(f"--app {key}={word}: {deleted.title} is among the deleted items; `{back}` puts it back")
    ids = [ident for app in reading.applications for ident in (app.object_id, app.app_id)]
    return UsageError(f"--app {key}={word}: the tenant has no such application{nearest(word, ids)}")


def _titles(apps: Iterable[ApplicationRecord]) -> str:
    return ", ".join(app.title for app in apps)
