"""Judges who a resource says it is: only apps that the stack declares, in the edition and tenant that it declares.

And whose a service principal is: one that others share, or that belongs to a vendor, is never owned by a stack. What
an app may have is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lockstep.catalogue import AppKind, is_public
from lockstep.errors import nearest
from lockstep.policy.permissions import api_title
from lockstep.policy.reading import GUID, UNKNOWN, listing, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import (
    ADMIN_CONSENT,
    APP_REGISTRATION,
    APPLICATION,
    CERTIFICATE,
    DIRECTORY_ROLES,
    ENTERPRISE_APP,
    FEDERATED,
    PRINCIPAL,
    SERVICE_PRINCIPAL,
    SHARED_PRINCIPAL,
)
from lockstep.settings.stack_app import StackApp

COMPONENT_OF = {
    AppKind.REGISTRATION: APP_REGISTRATION,
    AppKind.ENTERPRISE_APP: ENTERPRISE_APP,
    AppKind.SHARED_PRINCIPAL: SHARED_PRINCIPAL,
}
_NAMED = (*COMPONENT_OF.values(), ADMIN_CONSENT, DIRECTORY_ROLES, PRINCIPAL)
_INSIDE = "register it with the component AppRegistration, for an app of the catalogue"
_LEAVE = "leave it to the component SharedPrincipal or EnterpriseApp, which adds consents and owns nothing"
_OWN = "service principals of the stack's own registrations"


def check_apps(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse an app that the stack does not declare, and a declared one under another name, edition or tenant."""
    if resource.type in _NAMED:
        declared = world.app_named(resource)
        yield from _undeclared(resource, world) if declared is None else _consistent(resource, declared, world)
    elif resource.type == APPLICATION:
        yield from _application(resource, world)
    elif resource.type in (CERTIFICATE, FEDERATED) and world.covers(resource) and world.app_of(resource) is None:
        yield Objection("a credential of no app that this stack declares", _declared(world), _INSIDE)


def _declared(world: World) -> str:
    return f"the apps of this stack: {', '.join(' '.join(name) for name in sorted(world.apps))}"


def _undeclared(resource: Resource, world: World) -> Iterator[Objection]:
    vendor, app = text(resource.props, "vendor"), text(resource.props, "app")
    if vendor is UNKNOWN or app is UNKNOWN:
        yield Objection("an app that is not known before the run", _declared(world), "write vendor and app as literals")
        return
    yield Objection(
        "an app that this stack does not declare",
        f"{_declared(world)}{nearest(f'{vendor} {app}', [' '.join(name) for name in world.apps])}",
        "name a declared app, or declare it: `vendors`, and `deploy` for an optional app, in the stack file",
    )


def _consistent(resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    component = COMPONENT_OF[declared.app.kind]
    if resource.type in COMPONENT_OF.values():
        if resource.type != component:
            yield _mismatch(f"{declared.title} as another kind of app", f"{declared.app.kind.value} only")
        yield from _doubled(declared, world)
    else:
        parent = world.resources.get(resource.parent)
        inside = parent is not None and parent.type == component and world.app_of(resource) is declared
        if not inside:
            yield _mismatch(
                f"{declared.title} outside its component", f"inside {component.rpartition(':')[2]} of the same app"
            )
        if text(resource.props, "tenantId") != world.settings.tenant_id:
            yield _mismatch("another tenant", f"{world.settings.tenant_id}, the target of the stack")
        yield from _address(resource, declared, world)
        yield from _who_consents(resource, declared, world)
    if resource.type != PRINCIPAL and text(resource.props, "edition") != declared.edition.id:
        yield _mismatch(
            f"another edition of {declared.edition.vendor}", f"{declared.edition.id}, as the stack declares"
        )


def _doubled(declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse all but one component of an app: the one of the app's own name stays, or the first by its URN.

    Whichever of them the engine registers first, so that two runs, or two engines, name the same one.
    """
    urns = world.components.get((declared.edition.vendor, declared.app.key), set())
    _, *more = sorted(urns, key=lambda urn: (world.resources[urn].name != declared.app.name, urn))
    for urn in more:
        objection = _mismatch(f"{declared.title} more than once", "each app once a stack")
        yield replace(objection, resource=world.resources[urn])


def _who_consents(resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse consents of the stack's own where it leaves them to an administrator, and the other way round."""
    right = declared.setting.consents
    if resource.type == ADMIN_CONSENT and (text(resource.props, "consents") or "managed") != right:
        yield _mismatch(f"another way of consenting for {declared.app.name}", f"{right}, as the stack declares")


def _address(resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse a principal that is not the declared app's. That of a registration is known only once it exists."""
    if resource.type == PRINCIPAL:
        app_id, uris = text(resource.props, "appId"), listing(resource.props, "identifierUris")
        addresses = {address for address in (app_id or None, *uris) if address is not None}
    else:
        addresses = {text(resource.props, "address")}
    kind = declared.app.kind
    if kind is AppKind.REGISTRATION:
        allowed = "the app that the component registers"
        right = resource.type != PRINCIPAL and all(
            address is UNKNOWN or (GUID.fullmatch(str(address)) and address not in world.foreign_clients)
            for address in addresses
        )
    elif kind is AppKind.ENTERPRISE_APP:
        client = declared.client_id
        allowed, right = f"{client}, which the stack file gives", addresses == {client}
    else:
        shared = world.shared_addresses
        allowed, right = ", ".join(sorted(shared)), bool(addresses) and addresses <= shared
    if not right:
        yield _mismatch(f"another principal than that of {declared.app.name}", allowed)


def _application(resource: Resource, world: World) -> Iterator[Objection]:
    declared = world.app_of(resource)
    if declared is None:
        name = text(resource.props, "displayName")
        ours = tuple(own.app.name.casefold() for own in world.apps.values())
        if world.covers(resource) or name is UNKNOWN or name.casefold().startswith(ours):
            yield Objection("an application that is not in the catalogue", _declared(world), _INSIDE)
        return
    if declared.app.kind is not AppKind.REGISTRATION:
        yield _mismatch(f"an application object for {declared.title}", "none: its application is not this tenant's")
    if text(resource.props, "displayName") != declared.name:
        yield _mismatch("another display name than the app's", f"{declared.name!r}")
    # Without it, a second app of the same name can be made beside the one that is known.
    if not declared.adopted and value(resource.props, "preventDuplicateNames") is not True:
        yield _mismatch("an application that may double a name", "preventDuplicateNames: true")


def _mismatch(refused: str, allowed: str) -> Objection:
    return Objection(refused, allowed, "leave it to the components, which take it from the stack file")


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
    parent = world.resources.get(resource.parent)
    if parent is None or parent.type != COMPONENT_OF[AppKind.REGISTRATION] or world.app_of(resource) is None:
        yield Objection(
            "a service principal outside AppRegistration",
            "those that AppRegistration makes for an app of the catalogue",
            "register the app with AppRegistration, or ask for an exception",
        )
