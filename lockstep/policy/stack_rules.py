"""Rules about how resources fit together. The engine asks them last: in `up`, after the tenant has been changed.

So in `up` they cannot undo anything, and their messages say so. In a preview they stop the run in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lockstep.catalogue import is_public
from lockstep.policy.permissions import Requested, describe
from lockstep.policy.reading import UNKNOWN, text, value
from lockstep.policy.requested import Malformed, configured, consents
from lockstep.policy.rule import Objection, Resource, StackView
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT, APP_REGISTRATION, APPLICATION, COMPONENTS, SERVICE_PRINCIPAL

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
    """Refuse consents for another principal than the app's own, and changes of the app from outside its component."""
    yield from _consents_elsewhere(view)
    yield from _changes_from_outside(view, world)


def _consents_elsewhere(view: StackView) -> Iterator[Objection]:
    for component in view.of_type(APP_REGISTRATION):
        principals = view.below(component.urn, SERVICE_PRINCIPAL)
        for consent in view.below(component.urn, ADMIN_CONSENT):
            if not any(_holds(view, consent, principal) for principal in principals):
                yield Objection(
                    "consents for another principal than that of the app",
                    "the service principal that the same AppRegistration makes",
                    f"leave `client` and `address` to AppRegistration; {CANNOT_UNDO}",
                    resource=consent,
                )


def _holds(view: StackView, consent: Resource, principal: Resource) -> bool:
    """Tell whether a consent is for a principal: by its ids, or where these are unknown by their origin."""
    for key, own in (("client", "objectId"), ("address", "clientId")):
        id_, own_id = text(view.outputs(consent), key), text(view.outputs(principal), own)
        if id_ is UNKNOWN or own_id is UNKNOWN or not own_id:
            if view.made_from(consent, key) != {principal.urn}:
                return False
        elif id_.casefold() != own_id.casefold():
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
