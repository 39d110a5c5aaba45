"""Which application of a tenant is the one that a stack means: decided by proof, chosen by a person, never guessed.

Proof is our display name, or the identifier URI that only we give. Anything less (an exposed scope, a name that is
nearly ours) makes a candidate, and a candidate has to be chosen. Pure; asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lockstep.adopt.discovery import Discovery
from lockstep.audit.identify import ALIKE, likeness
from lockstep.audit.records import Application
from lockstep.catalogue import AppKind
from lockstep.errors import RefusedError, UsageError, nearest
from lockstep.settings.stack_app import Expected

NEW = "new"
"""What `--app KEY=new` says: none of the candidates, the first `up` makes one."""


@dataclass(frozen=True)
class Choice:
    """What became of one registration. `refusal` says why nothing was chosen, where a person has to."""

    app: Application | None = None
    why: str = ""
    candidates: tuple[Application, ...] = ()
    deleted: tuple[Application, ...] = ()
    refusal: str = ""
    managed: bool = False
    """Whether the stack's state has it already."""


def choose(
    expected: Sequence[Expected],
    found: Discovery,
    *,
    asked: Mapping[str, str],
    uris: Mapping[str, Sequence[str]],
    managed: Mapping[str, str],
    names: Iterable[str],
) -> dict[str, Choice]:
    """Return the choice for each registration by its key.

    `asked` is what `--app` says (key -> object id or app id, or NEW), `uris` the identifier URIs that we give, by key,
    `managed` the object ids that the stack's state has, by key, and `names` the display names of every app of the
    catalogue, so that one is not taken for a look-alike of another.
    """
    registrations = [each for each in expected if each.kind is AppKind.REGISTRATION]
    _refuse_unknown(asked, registrations)
    alike = _alike(found, [each.name for each in registrations], set(names))
    choices = {}
    for each in registrations:
        key = each.app.key
        if key in managed:
            app = found.application(managed[key])
            deleted = found.gone(managed[key])
            choices[key] = Choice(app, "in the stack's state", deleted=(deleted,) if deleted else (), managed=True)
        else:
            choices[key] = _choose(each, found, asked.get(key), set(uris.get(key, ())), alike.get(each.name, ()))
    _refuse_shared(choices)
    return choices


def _choose(
    each: Expected, found: Discovery, asked: str | None, uris: set[str], alike: Iterable[Application]
) -> Choice:
    proven = {app.object_id: (app, why) for app in found.applications if (why := proof(each, app, uris))}
    possible = {app.object_id: app for app in [*alike, *_exposing(each, found)] if app.object_id not in proven}
    deleted = tuple(app for app in found.deleted if proof(each, app, uris))
    others = tuple(possible.values())
    if asked is not None and asked != NEW:
        app = found.application(asked)
        if app is None:
            raise _not_there(each.app.key, asked, found)
        rest = [one for one, _ in proven.values() if one != app] + [one for one in others if one != app]
        return Choice(app, "chosen", tuple(rest), deleted)
    if asked == NEW:
        return Choice(None, "chosen: a new one", (*(app for app, _ in proven.values()), *others), deleted)
    if len(proven) == 1:
        app, why = next(iter(proven.values()))
        return Choice(app, why, others, deleted)
    candidates = (*(app for app, _ in proven.values()), *others)
    return Choice(None, "", candidates, deleted, _refusal(each, candidates, deleted))


def proof(each: Expected, app: Application, uris: set[str]) -> str:
    """Return why an application is certainly the expected one, or nothing where it may be another."""
    if each.client_id:
        return "by the client id in the stack file" if app.app_id == each.client_id else ""
    if app.name.casefold() == each.name.casefold():
        return "by name"
    return "by identifier URI" if uris & set(app.identifier_uris) else ""


def _exposing(each: Expected, found: Discovery) -> list[Application]:
    scopes = {scope.value for scope in each.app.exposes}
    return [app for app in found.applications if scopes & app.exposes]


def _refusal(each: Expected, candidates: Sequence[Application], deleted: Sequence[Application]) -> str:
    if not candidates and not deleted:
        return ""
    key = each.app.key
    if not candidates:
        return (
            f"{each.name} is not in the tenant, but among its deleted items: {_titles(deleted)}; to fix: "
            f"`lockstep restore {key}` (or {key}=OBJECT_ID for a certain one) puts it back with its ids, or "
            f"--app {key}={NEW} lets the first up make a new one"
        )
    return (
        f"{each.name} could be {_count(len(candidates))}: {_titles(candidates)}; to fix: choose with --app "
        f"{key}=OBJECT_ID, or --app {key}={NEW} to let the first up make one"
    )


def _refuse_unknown(asked: Mapping[str, str], registrations: Sequence[Expected]) -> None:
    keys = [each.app.key for each in registrations]
    for key in asked:
        if key not in keys:
            raise UsageError(
                f"--app {key}=…: this stack registers no application {key!r}; it registers {', '.join(keys) or 'none'}"
                f"{nearest(key, keys)}"
            )


def _not_there(key: str, asked: str, found: Discovery) -> UsageError:
    gone = found.gone(asked)
    if gone is not None:
        return UsageError(
            f"--app {key}={asked}: {gone.title} is among the deleted items; `lockstep restore "
            f"{key}={gone.object_id}` puts it back"
        )
    ids = [each for app in found.applications for each in (app.object_id, app.app_id)]
    return UsageError(f"--app {key}={asked}: the tenant has no such application{nearest(asked, ids)}")


def _refuse_shared(choices: Mapping[str, Choice]) -> None:
    taken: dict[str, str] = {}
    for key, choice in choices.items():
        if choice.app is not None and taken.setdefault(choice.app.object_id, key) != key:
            other = taken[choice.app.object_id]
            raise RefusedError(
                f"{choice.app.title} would be both {other} and {key}; to fix: choose another with --app {key}=OBJECT_ID"
            )


def _alike(found: Discovery, ours: Sequence[str], names: set[str]) -> dict[str, list[Application]]:
    """Return the applications whose name is nearly one of `ours`, each with the name that it is nearest to."""
    exact = {name.casefold() for name in names | set(ours)}
    nearly: dict[str, list[Application]] = {}
    for app in found.applications:
        if app.name.casefold() in exact:
            continue
        score, name = max(((likeness(app.name, name), name) for name in names | set(ours)), default=(0.0, ""))
        if score >= ALIKE and name in ours:
            nearly.setdefault(name, []).append(app)
    return nearly


def _titles(apps: Iterable[Application]) -> str:
    return ", ".join(app.title for app in apps)


def _count(number: int) -> str:
    return "this one" if number == 1 else f"any of these {number}"
