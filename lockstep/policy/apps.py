"""Judges who a resource says it is: only apps that the stack declares, in the edition and tenant that it declares.

What such an app may have is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from lockstep.catalogue import AppKind
from lockstep.errors import nearest
from lockstep.policy.reading import GUID, UNKNOWN, listing, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT, APPLICATION, CERTIFICATE, COMPONENTS, FEDERATED, PRINCIPAL
from lockstep.settings.stack_app import StackApp

COMPONENT_OF = {
    AppKind.REGISTRATION: f"{COMPONENTS}AppRegistration",
    AppKind.ENTERPRISE_APP: f"{COMPONENTS}EnterpriseApp",
    AppKind.SHARED_PRINCIPAL: f"{COMPONENTS}SharedPrincipal",
}
CREDENTIALS = (
    CERTIFICATE,
    FEDERATED,
)
_NAMED = (*COMPONENT_OF.values(), ADMIN_CONSENT, PRINCIPAL)


def check_apps(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse an app that the stack does not declare, and a declared one under another name, edition or tenant."""
    if resource.type in _NAMED:
        declared = world.app_named(resource)
        yield from _undeclared(resource, world) if declared is None else _consistent(resource, declared, world)
    elif resource.type == APPLICATION:
        yield from _application(resource, world)
    elif resource.type in CREDENTIALS and world.covers(resource) and world.app_of(resource) is None:
        yield Objection("a credential of no app that this stack declares", _declared(world), _INSIDE)


_INSIDE = "register it with the component AppRegistration, for an app of the catalogue"


def _declared(world: World) -> str:
    return f"the apps of this stack: {', '.join(f'{vendor} {app}' for vendor, app in sorted(world.apps))}"


def _undeclared(resource: Resource, world: World) -> Iterator[Objection]:
    vendor, app = text(resource.props, "vendor"), text(resource.props, "app")
    if vendor is UNKNOWN or app is UNKNOWN:
        yield Objection("an app that is not known before the run", _declared(world), "write vendor and app as literals")
        return
    known = [f"{of} {key}" for of, key in world.apps]
    yield Objection(
        "an app that this stack does not declare",
        f"{_declared(world)}{nearest(f'{vendor} {app}', known)}",
        "name a declared app, or declare it: `vendors`, and `deploy` for an optional app, in the stack file",
    )


def _consistent(resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    component = COMPONENT_OF[declared.app.kind]
    if resource.type in COMPONENT_OF.values():
        if resource.type != component:
            yield _mismatch(f"{declared.title} as another kind of app", f"{declared.app.kind.value} only")
        if len(world.components.get((declared.edition.vendor, declared.app.key), ())) > 1:
            yield _mismatch(f"{declared.title} more than once", "each app once a stack")
    else:
        parent = world.seen.get(resource.parent)
        inside = parent is not None and parent.type == component and world.app_of(resource) is declared
        if not inside:
            yield _mismatch(
                f"{declared.title} outside its component", f"inside {component.rpartition(':')[2]} of the same app"
            )
        yield from _tenant(resource, world)
        yield from _address(resource, declared, world)
        yield from _who_consents(resource, declared, world)
    if resource.type != PRINCIPAL and text(resource.props, "edition") != declared.edition.id:
        yield _mismatch(
            f"another edition of {declared.edition.vendor}", f"{declared.edition.id}, as the stack declares"
        )


def _tenant(resource: Resource, world: World) -> Iterator[Objection]:
    if text(resource.props, "tenantId") != world.settings.tenant_id:
        yield _mismatch("another tenant", f"{world.settings.tenant_id}, the target of the stack")


def _who_consents(resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse consents of the stack's own where it leaves them to an administrator, and the other way round."""
    right = declared.setting.consents
    if resource.type == ADMIN_CONSENT and (text(resource.props, "consents") or "managed") != right:
        yield _mismatch(f"another way of consenting for {declared.app.name}", f"{right}, as the stack declares")


def _address(resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse a principal that is not the declared app's. That of a registration is known only once it exists."""
    if resource.type == PRINCIPAL:
        given = [text(resource.props, "appId") or None, *listing(resource.props, "identifierUris")]
        addresses = {each for each in given if each is not None}
    else:
        addresses = {text(resource.props, "address")}
    kind = declared.app.kind
    if kind is AppKind.REGISTRATION:
        allowed = "the app that the component registers"
        right = resource.type == ADMIN_CONSENT and all(
            each is UNKNOWN or (GUID.fullmatch(str(each)) and each not in world.foreign_clients) for each in addresses
        )
    elif kind is AppKind.ENTERPRISE_APP:
        client = declared.client_id
        allowed, right = f"{client}, which the stack file gives", addresses == {client}
    else:
        known = world.shared_addresses
        allowed, right = ", ".join(sorted(known)), bool(addresses) and all(each in known for each in addresses)
    if not right:
        yield _mismatch(f"another principal than that of {declared.app.name}", allowed)


def _application(resource: Resource, world: World) -> Iterator[Objection]:
    declared = world.app_of(resource)
    if declared is None:
        if world.covers(resource) or _looks_like_ours(resource, world):
            yield Objection("an application that is not in the catalogue", _declared(world), _INSIDE)
        return
    if declared.app.kind is not AppKind.REGISTRATION:
        yield _mismatch(f"an application object for {declared.title}", "none: its application is not this tenant's")
    if text(resource.props, "displayName") != declared.name:
        yield _mismatch("another display name than the app's", f"{declared.name!r}")
    # Without it, a second app of the same name can be made beside the one that is known.
    if not declared.adopted and value(resource.props, "preventDuplicateNames") is not True:
        yield _mismatch("an application that may double a name", "preventDuplicateNames: true")


def _looks_like_ours(resource: Resource, world: World) -> bool:
    name = text(resource.props, "displayName")
    ours = [declared.app.name.casefold() for declared in world.apps.values()]
    return name is UNKNOWN or any(name.casefold().startswith(each) for each in ours)


def _mismatch(found: str, allowed: str) -> Objection:
    return Objection(found, allowed, "leave it to the components, which take it from the stack file")
