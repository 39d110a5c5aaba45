"""What the catalogue says of the app that a resource declares; what it does not document is refused.

This is the second lock: it refuses a permission that the declared edition lacks, and a client that is not the declared
app. The policy pack is the first lock, and this one holds where a run went without the pack. Makes no request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lockstep.catalogue import (
    CURRENT,
    App,
    AppKind,
    DocumentedPermission,
    PermissionType,
    is_public,
    load,
    observed_grants,
    permission_title,
)
from lockstep.consent import SIGN_IN_SCOPES, Consent
from lockstep.directory.records import PrincipalRecord
from lockstep.errors import CatalogueError, RefusedError, nearest
from lockstep.provider.inputs import ConsentInputs


def declared_app(inputs: ConsentInputs) -> App:
    """Return the catalogue app that the inputs declare; CatalogueError names the nearest when there is none."""
    return load().edition(inputs.vendor, inputs.edition).app(inputs.app)


def refuse_undocumented(inputs: ConsentInputs) -> App:
    """Return the declared app, or raise RefusedError for the first permission that its edition does not document."""
    app = declared_app(inputs)
    if inputs.additive is not (app.kind is AppKind.SHARED_PRINCIPAL):
        right = "additive" if app.kind is AppKind.SHARED_PRINCIPAL else "exact"
        raise RefusedError(
            f"refused: mode {inputs.mode} for {app.name} ({app.kind.value}); allowed: {right}; "
            f"to fix: set mode to {right}"
        )
    for consent in sorted(inputs.wanted | inputs.tolerable):
        if consent not in SIGN_IN_SCOPES or consent in inputs.wanted:
            _refuse_unless_documented(inputs, app, consent)
    return app


def _refuse_unless_documented(inputs: ConsentInputs, app: App, consent: Consent) -> None:
    api_name = inputs.names.get(consent.api, consent.api)
    if any(_same(entry, consent, api_name) for entry in app.permissions):
        return
    allowed = [entry.name for entry in app.permissions if entry.type is consent.type and entry.api_name == api_name]
    raise RefusedError(
        f"refused: {permission_title(api_name, consent.type.value, consent.value)} ({consent.id}) on {app.name}: "
        f"{inputs.vendor} {inputs.edition} does not document it; allowed there: "
        f"{', '.join(sorted(allowed)) or 'nothing'}{nearest(consent.value, allowed)}; to fix: take it out of the stack"
    )


def _same(entry: DocumentedPermission, consent: Consent, api_name: str) -> bool:
    if entry.type is not consent.type or entry.name != consent.value:
        return False
    if entry.on_own_api:
        return entry.api_name == api_name and not is_public(consent.api)
    return entry.permission.api == consent.api and entry.id == consent.id


def refuse_other_client(app: App, record: PrincipalRecord, *, tenant_id: str, address: str) -> None:
    """Raise RefusedError unless `record` is the service principal of the declared app, which is at `address`."""
    if app.kind is AppKind.SHARED_PRINCIPAL:
        expected = [uri for principal in app.principals for uri in principal.identifier_uris]
        names = {uri.replace("{tenant}", tenant_id) for uri in expected}
        right = record.app_id in {p.app_id for p in app.principals} or not names.isdisjoint(record.names)
    elif app.kind is AppKind.ENTERPRISE_APP:
        right = record.app_id == address.lower() and not is_public(record.app_id)
    else:
        right = record.app_id == address.lower() and record.owner_tenant == tenant_id.lower()
    if not right:
        raise RefusedError(
            f"refused: service principal {record.display_name!r} ({record.object_id}, app id {record.app_id}, owned by "
            f"tenant {record.owner_tenant or 'unknown'}) is not {app.name}; allowed: the {app.kind.value} at "
            f"{address}; to fix: give the client and address of {app.name} itself"
        )


def principal_key(inputs: ConsentInputs) -> str:
    """Return the catalogue's key (`new`, `old`) of the principal at the inputs' address; empty where nothing knows it.

    What was deployed by an edition that is not in the catalogue any more can still be taken down: then the key is the
    one by which other editions know the principal at this address.
    """
    try:
        return key_at(declared_app(inputs), inputs.address)
    except CatalogueError:
        return next(_keys_elsewhere(inputs), "")


def _keys_elsewhere(inputs: ConsentInputs) -> Iterator[str]:
    catalogue = load()
    for vendor in catalogue.vendors:
        for app in catalogue.edition_as_of(vendor, CURRENT).apps:
            for principal in app.principals:
                uris = {uri.replace("{tenant}", inputs.tenant_id) for uri in principal.identifier_uris}
                if inputs.address in uris or (principal.app_id and principal.app_id == inputs.address.lower()):
                    yield principal.key


def is_documented(inputs: ConsentInputs) -> bool:
    """Tell whether the catalogue has the app and the edition that the inputs declare."""
    try:
        declared_app(inputs)
    except CatalogueError:
        return False
    return True


def key_at(app: App, address: str) -> str:
    """Return the key of the principal of `app` at an app id or an identifier URI, or nothing when it has none."""
    by_uri = ":" in address
    for principal in app.principals:
        if principal.identifier_uris if by_uri else principal.app_id == address.lower():
            return principal.key
    return ""


def microsofts_own(address: str, consents: Iterable[Consent], names: Mapping[str, str]) -> frozenset[Consent]:
    """Return those of `consents` that Microsoft itself grants on the principal at an app id: nobody can claim them.

    `names` gives the display names of APIs by app id.
    """
    own = {
        (grant.resource, scope.casefold())
        for grant in observed_grants()
        if grant.principal == address.lower()
        for scope in grant.scopes
    }
    return frozenset(
        c for c in consents if c.type is PermissionType.DELEGATED and (names.get(c.api, c.api), c.key) in own
    )
