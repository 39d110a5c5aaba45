"""Judges service principals: those that others share, or that belong to a vendor, are never owned by a stack."""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.catalogue import AppKind, is_public
from lockstep.policy.permissions import api_title
from lockstep.policy.reading import UNKNOWN, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT, COMPONENTS, PRINCIPAL, SERVICE_PRINCIPAL

_LEAVE = "leave it to the component SharedPrincipal or EnterpriseApp, which adds consents and owns nothing"


def check_shared(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse to own a shared or vendor-owned principal, and to hold a shared one in exact mode."""
    if resource.type == SERVICE_PRINCIPAL:
        client = text(resource.props, "clientId")
        if client is not UNKNOWN and client.lower() in world.foreign_clients:
            whose = f"of {api_title(client)}" if is_public(client) else "of a vendor's own app"
            yield Objection(f"the service principal {client} {whose}, as a resource of the stack", _OWN, _LEAVE)
        return
    declared = world.app_named(resource)
    if declared is None:
        return
    shared = declared.app.kind is AppKind.SHARED_PRINCIPAL
    if resource.type == ADMIN_CONSENT:
        right = "additive" if shared else "exact"
        if text(resource.props, "mode") != right:
            why = "others share it" if shared else "nobody else consents for it"
            yield Objection(f"another mode than {right} for {declared.title}", f"{right}: {why}", _LEAVE)
    elif resource.type == PRINCIPAL and shared and value(resource.props, "create") not in (None, False):
        yield Objection(f"to create a principal of {declared.title}", "to look it up: it is Microsoft's", _LEAVE)


_OWN = "service principals of the stack's own registrations"


def check_use_existing(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse `use_existing`, with which a destroy deletes a principal that was there before."""
    if resource.type != SERVICE_PRINCIPAL or value(resource.props, "useExisting") in (None, False):
        return
    client = text(resource.props, "clientId")
    if world.covers(resource) or client is UNKNOWN or client.lower() in world.foreign_clients:
        yield Objection(
            "use_existing, with which `destroy` deletes the principal that was there before",
            "to create the principal, or to import it with protect and retain_on_delete",
            "take use_existing out; a vendor's enterprise app is held by the component EnterpriseApp",
        )


def check_inside(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse a service principal outside AppRegistration: whose it is, a preview cannot see."""
    if resource.type != SERVICE_PRINCIPAL or not world.covers(resource):
        return
    parent = world.seen.get(resource.parent)
    if parent is None or parent.type != f"{COMPONENTS}AppRegistration" or world.app_of(resource) is None:
        yield Objection(
            "a service principal outside AppRegistration",
            "those that AppRegistration makes for an app of the catalogue",
            "register the app with AppRegistration, or ask for an exception",
        )
