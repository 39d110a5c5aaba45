"""Rules about how resources fit together. The engine asks them last: in `up`, after the tenant has been changed.

So in `up` they cannot undo anything, and their messages say so. In a preview they stop the run in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lockstep.catalogue import is_public
from lockstep.policy.permissions import Requested, describe
from lockstep.policy.reading import UNKNOWN, text, value
from lockstep.policy.requested import Malformed, configured, consents
from lockstep.policy.rule import Objection, Resource, StackView
from lockstep.policy.world import World
from lockstep.resource_types import (
    ADMIN_CONSENT,
    APP_REGISTRATION,
    APPLICATION,
    CERTIFICATE,
    COMPONENTS,
    DIRECTORY_ROLES,
    FEDERATED,
    SERVICE_PRINCIPAL,
)

CANNOT_UNDO = "in `up` this is found after the tenant was changed, and nothing is taken back: preview first"
_OWN = "an app of this stack"


def check_consented(view: StackView, world: World) -> Iterator[Objection]:
    """Refuse a configured permission without its consent, and a consent without its configured entry."""
    for component in view.of_type(APP_REGISTRATION):
        applications = view.below(component.urn, APPLICATION)
        held = view.below(component.urn, ADMIN_CONSENT)
        if not applications:
            continue
        entries = _by_key(entry for application in applications for entry in configured(application.props))
        grants = _by_key(entry for consent in held for entry in consents(consent.props, "permissions"))
        for key in sorted(entries.keys() - grants.keys()):
            yield _unequal(f"{describe(entries[key])}, configured and not consented", applications[0])
        for key in sorted(grants.keys() - entries.keys()):
            yield _unequal(f"{describe(grants[key])}, consented and not configured", held[0])


def _by_key(entries: Iterable[Requested | Malformed]) -> dict[tuple[str, str, str], Requested]:
    """Return the permissions by what a configured and a consented one have in common: API, type and id."""
    return {
        (entry.api if entry.api is not UNKNOWN and is_public(entry.api) else _OWN, entry.type.value, entry.id): entry
        for entry in entries
        if isinstance(entry, Requested)
    }


def _unequal(what: str, resource: Resource) -> Objection:
    return Objection(
        what,
        "the same permissions configured and consented",
        f"leave both to AppRegistration; {CANNOT_UNDO}",
        resource=resource,
    )


def check_references(view: StackView, world: World) -> Iterator[Objection]:
    """Refuse what a component makes for another app than its own, and changes of the app from outside its component."""
    yield from _belongs_elsewhere(view)
    yield from _changes_from_outside(view, world)


@dataclass(frozen=True)
class _Link:
    """What a resource of a component belongs to: one beside it. `ids` pairs its inputs with that one's outputs."""

    of: str
    to: str
    ids: tuple[tuple[str, str], ...]
    refused: str
    allowed: str


_APPLICATION_ID = (("applicationId", "objectId"),)
_PRINCIPAL_IDS = (("client", "objectId"), ("address", "clientId"))
_SAME_APP = "the application that the same AppRegistration makes"
_SAME_PRINCIPAL = "the service principal that the same AppRegistration makes"
_LINKS = (
    _Link(
        ADMIN_CONSENT,
        SERVICE_PRINCIPAL,
        _PRINCIPAL_IDS,
        "consents for another principal than that of the app",
        _SAME_PRINCIPAL,
    ),
    _Link(
        DIRECTORY_ROLES,
        SERVICE_PRINCIPAL,
        _PRINCIPAL_IDS,
        "directory roles for another principal than that of the app",
        _SAME_PRINCIPAL,
    ),
    _Link(
        SERVICE_PRINCIPAL,
        APPLICATION,
        (("clientId", "clientId"),),
        "a service principal of another application than the app's",
        _SAME_APP,
    ),
    _Link(CERTIFICATE, APPLICATION, _APPLICATION_ID, "a certificate of another application than the app's", _SAME_APP),
    _Link(
        FEDERATED,
        APPLICATION,
        _APPLICATION_ID,
        "a federated credential of another application than the app's",
        _SAME_APP,
    ),
)


def _belongs_elsewhere(view: StackView) -> Iterator[Objection]:
    for component in view.of_type(APP_REGISTRATION):
        for link in _LINKS:
            beside = view.below(component.urn, link.to)
            for resource in view.below(component.urn, link.of):
                if not any(_holds(view, resource, other, link.ids) for other in beside):
                    names = " and ".join(f"`{name}`" for name, _ in link.ids)
                    fix = f"leave {names} to AppRegistration; {CANNOT_UNDO}"
                    yield Objection(link.refused, link.allowed, fix, resource=resource)


def _holds(view: StackView, resource: Resource, other: Resource, ids: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a resource belongs to another: by its ids, or where these are unknown by their origin."""
    for key, own in ids:
        id_, own_id = text(view.outputs(resource), key), text(view.outputs(other), own)
        if id_ is UNKNOWN or own_id is UNKNOWN or not own_id:
            if view.made_from(resource, key) != {other.urn}:
                return False
        elif id_.rpartition("/")[2].casefold() != own_id.casefold():
            return False
    return True


def _changes_from_outside(view: StackView, world: World) -> Iterator[Objection]:
    """Follow every azuread resource outside our components to what it acts on: by dependency, and by literal id."""
    ours = [
        resource
        for type_ in (APPLICATION, SERVICE_PRINCIPAL)
        for resource in view.of_type(type_)
        if resource.parent in view.registered and world.anchor(resource.parent) is not None
    ]
    urns = {resource.urn for resource in ours}
    ids = {text(view.outputs(resource), key) for resource in ours for key in ("objectId", "clientId")} - {UNKNOWN, ""}
    for resource in view.resources:
        if not resource.type.startswith("azuread:") or any(COMPONENTS in type_ for type_ in resource.chain[:-1]):
            continue
        if world.named_in_exception(resource):
            continue
        literal = {words for key in resource.props if isinstance(words := value(resource.props, key), str)}
        if view.references(resource) & urns or {words.rpartition("/")[2] for words in literal} & ids:
            yield Objection(
                "a change of a vendor's app from outside its component",
                "what the components register, or a resource that an exception names",
                f"take it out, or ask for an exception by name; {CANNOT_UNDO}",
                resource=resource,
            )


def check_exceptions(view: StackView, world: World) -> Iterator[Objection]:
    """Name the exceptions of this stack that have expired, and those that lift nothing any more."""
    for exception in world.exceptions.exceptions:
        if exception.stack != world.stack or exception in world.used:
            continue
        state = "has expired" if exception.expires < world.today else "lifts nothing in this run"
        yield Objection(
            f"the exception to {exception.rule} for {exception.type} {exception.resource}".rstrip() + f" {state}",
            "exceptions that are in force and needed",
            f"take it out of {exception.where}",
        )
