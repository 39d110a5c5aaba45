"""Judges every input of the resources that a stack may have, one by one: what the components set, and nothing besides.

The table names each input that azuread and entraconsent have. What is not in it is refused, so that an input of a later
version waits until somebody has decided on it. What `lockstep.settings.traits` lists gives somebody something beside
permissions: no component sets it, and an adopted app has of it what the stack file keeps (`adopted.keeps`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lockstep.policy.reading import GUID, UNKNOWN, keys, plain, shown, text, value
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import (
    ADMIN_CONSENT,
    APPLICATION,
    CERTIFICATE,
    DIRECTORY_ROLES,
    FEDERATED,
    PRINCIPAL,
    SERVICE_PRINCIPAL,
)
from lockstep.settings.certificate import Certificate
from lockstep.settings.model import ScopeSetting
from lockstep.settings.stack_app import StackApp
from lockstep.settings.traits import APPLICATION_TRAITS, AUDIENCE, PRINCIPAL_TRAITS, Trait, key_of, words

_CLAIM = "lockstep"
"""How the tags begin with which a stack says what it uses on a shared principal."""
_FIX = "leave it to the component, which takes everything from the stack file"
_KEEP = (
    "take it out of the program; of an app from before this stack: take it away in the portal and refresh, or let"
    " an adoption of this stack (`adopt --write`) keep it (`adopted.keeps`)"
)

Check = Callable[[str, Any, Resource, StackApp, World], Iterator[Objection]]
"""(input, value or UNKNOWN, resource, app, world): what there is against the value of one input."""


def check_inputs(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse every input of a declared app's resource that its component does not set."""
    table = INPUTS.get(resource.type)
    declared = world.app_named(resource) if resource.type in _OURS else world.app_of(resource)
    if table is None or declared is None:
        return  # What belongs to no app of the stack is refused as a whole.
    yield from _level(resource.props, "", table, resource, declared, world)
    if resource.type in _WHOLE:
        yield from _WHOLE[resource.type](resource, declared)


def _level(
    props: Mapping[str, Any],
    above: str,
    table: Mapping[str, Check],
    resource: Resource,
    declared: StackApp,
    world: World,
) -> Iterator[Objection]:
    for key in keys(props):
        name, content = f"{above}{key}", value(props, key)
        if content is None:
            continue
        check = table.get(name)
        if check is not None:
            yield from check(name, plain(content), resource, declared, world)
        elif not any(path.startswith(f"{name}.") for path in table):
            yield Objection(f"the input {name}, on which nobody has decided", _named(table), _FIX)
        elif isinstance(content, Mapping):
            yield from _level(content, f"{name}.", table, resource, declared, world)
        else:
            yield Objection(f"{name}, which is not known before the run", _named(table), _FIX)


def _named(table: Mapping[str, Check]) -> str:
    return f"the inputs that the component sets, of {', '.join(sorted(table))}"


def _judged(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Leave an input to the rule that is about it, or to whoever only reads it: it gives nobody anything."""
    yield from ()


def _trait(trait: Trait, *, principal: bool = False) -> Check:
    key = key_of(trait, principal=principal)

    def check(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
        kept = declared.keeps.get(key, ())
        allowed = f"{', '.join(kept)}, which `adopted.keeps` names" if kept else f"no {name}: no component sets it"
        if content is UNKNOWN:
            yield Objection(f"{name}, which is not known before the run", allowed, _KEEP)
        elif more := sorted(words(trait, content) - set(kept)):
            # Never the values: the program may have made one of a secret.
            count = "a value" if len(more) == 1 else f"{len(more)} values"
            yield Objection(f"{name} with {count} that the stack does not declare: it {trait.effect}", allowed, _KEEP)

    return check


def _unset(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse what no component sets and gives nobody anything; an adopted app keeps it as it is."""
    if declared.adopted is None and content not in ("", False, [], {}):
        yield Objection(f"{name}, which the component does not set", f"no {name}", _FIX)


def _never(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse what no component sets, and no import brings."""
    if content not in ("", False, [], {}):
        yield Objection(f"{name}, which the component does not set", f"no {name}", _FIX)


def _feature_tags(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse marks that are set: an import brings them with all of them off."""
    if content is UNKNOWN or any(mark is not False for entry in content for mark in entry.values()):
        yield from _unset(name, content, resource, declared, world)


def _default(right: Any) -> Check:
    def check(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
        if declared.adopted is None and content != right:
            yield Objection(f"{name} other than {right}", f"{name} {right}", _FIX)

    return check


def _of_setting(of: Callable[[StackApp], Any]) -> Check:
    """Demand what the stack file says of the app."""

    def check(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
        if content != of(declared):
            allowed = f"{of(declared)!r}, as the stack declares"
            yield Objection(f"another {name} of {declared.app.name} than the stack's", allowed, _FIX)

    return check


def _uris(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    right = declared.identifier_uris
    if content is UNKNOWN or any(uri not in right for uri in content):
        what = "that are not known before the run" if content is UNKNOWN else "other than the stack's"
        yield Objection(f"identifier URIs {what}", ", ".join(right) or "no identifier URI", _FIX)


def _owners(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse an owner whom the stack does not name. Where it names none, the identity that deploys is the only one.

    Which that is, a pack cannot know; the gate shows the owner, and wants an approval of another one.
    """
    fix = "name everybody who may own the apps in the setting `owners`"
    named = declared.owners
    allowed = f"{', '.join(named)}, which `owners` names" if named else "one owner, the identity that deploys"
    if content is UNKNOWN or any(not isinstance(owner, str) or not GUID.fullmatch(owner) for owner in content):
        yield Objection("owners that are not known before the run", allowed, fix)
    elif named and (others := sorted(set(content) - set(named))):
        yield Objection(f"owners whom the stack does not name: {', '.join(others)}", allowed, fix)
    elif not named and declared.adopted is None and len(set(content)) > 1:
        yield Objection(f"{len(set(content))} owners, and the stack names none", allowed, fix)


def _tags(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    kept = declared.adopted.tags if declared.adopted else ()
    if content is UNKNOWN or any(tag not in kept and not str(tag).startswith(_CLAIM) for tag in content):
        allowed = f"tags of the stack's own claims{', and ' if kept else ''}{', '.join(kept)}"
        yield Objection("tags that the component does not set", allowed, _FIX)


def _scopes(name: str, content: Any, resource: Resource, declared: StackApp, world: World) -> Iterator[Objection]:
    """Refuse an exposed scope that is not as documented, or as an adopted app keeps it, to the words of its texts."""
    right = {_scope_words(scope) for scope in declared.exposed}
    allowed = ", ".join(f"{scope.value} ({scope.id})" for scope in declared.exposed) or "no exposed scope"
    if not declared.exposed and declared.adopted is not None:
        return  # The stack manages none of them, and the app keeps what it has.
    if content is UNKNOWN:
        yield Objection("exposed scopes that are not known before the run", allowed, _FIX)
        return
    for scope in content:
        if _seen(scope) not in right:
            exists = any(scope.get("id") == own.id and scope.get("value") == own.value for own in declared.exposed)
            what = "with other words or for others than declared" if exists else "which the app does not expose"
            yield Objection(f"an exposed scope ({shown(scope.get('id'))}), {what}", allowed, _FIX)


def _seen(scope: Mapping[str, Any]) -> tuple[Any, ...]:
    ids = (scope.get("id"), scope.get("value") or "", scope.get("type") or "User", scope.get("enabled", True))
    return (*ids, *(scope.get(name) or "" for name in _SCOPE_TEXTS))


def _scope_words(scope: ScopeSetting) -> tuple[Any, ...]:
    texts = scope.model_dump(by_alias=True)
    return (scope.id, scope.value, scope.type, scope.enabled, *(texts[name] for name in _SCOPE_TEXTS))


_SCOPE_TEXTS = (
    *("adminConsentDisplayName", "adminConsentDescription"),
    *("userConsentDisplayName", "userConsentDescription"),
)


def _certificate(resource: Resource, declared: StackApp) -> Iterator[Objection]:
    right = [Certificate.read(pem) for pem in declared.setting.certificates]
    credential = (text(resource.props, "value"), text(resource.props, "endDate"))
    kind = (text(resource.props, "type"), text(resource.props, "encoding"))
    if credential not in {(one.pem, one.end_date) for one in right} or kind != ("AsymmetricX509Cert", "pem"):
        allowed = ", ".join(f"the certificate {one.thumbprint}" for one in right) or "no certificate"
        yield Objection(
            f"a certificate that the stack does not give {declared.app.name}",
            f"{allowed}, as `certificates` of {declared.key} names them",
            "name its public part in `certificates` of the app in the stack file",
        )


def _federated(resource: Resource, declared: StackApp) -> Iterator[Objection]:
    right = declared.setting.federated_credentials
    props = resource.props
    credential = (*(text(props, key) for key in ("displayName", "issuer", "subject")), plain(value(props, "audiences")))
    if credential not in [(one.name, one.issuer, one.subject, list(one.audiences)) for one in right]:
        names = ", ".join(f"{one.name} ({one.subject})" for one in right) or "none"
        yield Objection(
            f"a federated credential that the stack does not give {declared.app.name}",
            f"{names}, as `federatedCredentials` of {declared.key} names them",
            "name it in `federatedCredentials` of the app in the stack file",
        )


def _table(checks: Mapping[str, Check], *names: str) -> dict[str, Check]:
    return {**dict.fromkeys(names, _judged), **checks}


def _traits(traits: tuple[Trait, ...], *, principal: bool = False) -> dict[str, Check]:
    return {trait.name: _trait(trait, principal=principal) for trait in traits if trait.name}


_TEXTS = ("description", "marketingUrl", "notes", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
_WHOLE: Mapping[str, Callable[[Resource, StackApp], Iterator[Objection]]] = {
    CERTIFICATE: _certificate,
    FEDERATED: _federated,
}
_OURS = (ADMIN_CONSENT, DIRECTORY_ROLES, PRINCIPAL)

INPUTS: Mapping[str, Mapping[str, Check]] = {
    APPLICATION: _table(
        {
            **_traits(APPLICATION_TRAITS),
            **dict.fromkeys((*_TEXTS, "logoImage", "serviceManagementReference", "templateId"), _unset),
            AUDIENCE: _judged,  # by single-tenant-only, which takes exceptions
            "api.oauth2PermissionScopes": _scopes,
            "featureTags": _feature_tags,
            "identifierUris": _uris,
            "owners": _owners,
            "tags": _tags,
        },
        # Each has a rule of its own.
        *("displayName", "password", "preventDuplicateNames", "requiredResourceAccesses"),
    ),
    SERVICE_PRINCIPAL: _table(
        {
            **_traits(PRINCIPAL_TRAITS, principal=True),
            **dict.fromkeys(
                ("description", "notes", "notificationEmailAddresses", "appRoleAssignmentRequired"), _unset
            ),
            "accountEnabled": _default(True),
            "featureTags": _feature_tags,
            "features": _feature_tags,
            "owners": _owners,
            "tags": _unset,
        },
        *("clientId", "useExisting"),
    ),
    CERTIFICATE: _table(
        dict.fromkeys(("endDateRelative", "keyId", "startDate"), _never),
        *("applicationId", "encoding", "endDate", "type", "value"),
    ),
    FEDERATED: _table({"description": _never}, "applicationId", "audiences", "displayName", "issuer", "subject"),
    ADMIN_CONSENT: _table(
        {
            "claim": _of_setting(lambda app: app.setting.claim),
            "removals": _of_setting(lambda app: app.setting.removals),
        },
        *("address", "alternative", "apis", "asked", "baseline", "claimant", "client", "consents", "edition", "mode"),
        *("app", "permissions", "required", "tenantId", "tolerated", "vendor"),
    ),
    DIRECTORY_ROLES: _table({}, "address", "app", "client", "edition", "roles", "tenantId", "vendor"),
    PRINCIPAL: _table({}, "app", "appId", "asks", "create", "displayName", "identifierUris", "tenantId", "vendor"),
}
"""What is made of each input of each type that a stack may have. A nested one stands under its whole name."""


def unjudged(names: Mapping[str, frozenset[str]]) -> str:
    """Return which inputs, by type, the table and the installed providers disagree in; nothing where they agree."""
    complaints = []
    for type_, table in INPUTS.items():
        lacking, gone = sorted(names[type_] - table.keys()), sorted(table.keys() - names[type_])
        complaints += [f"{type_}: nobody has decided on {', '.join(lacking)}"] if lacking else []
        complaints += [f"{type_} has no input {', '.join(gone)}"] if gone else []
    return "; ".join(complaints)
