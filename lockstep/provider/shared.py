"""The shared principals behind an app: which one is meant, and how one that is missing comes into being."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lockstep.catalogue import App, PermissionType, observed_grants
from lockstep.consent import Consent
from lockstep.provider.documented import declared_app
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.settled import DISABLED


def principal_key(inputs: ConsentInputs) -> str:
    """Return the catalogue's key (`new`, `old`) of the principal at the inputs' address."""
    return key_at(declared_app(inputs), inputs.address)


def key_at(app: App, address: str) -> str:
    """Return the key of the principal of `app` at an app id or an identifier URI, or nothing when it has none."""
    by_uri = ":" in address
    for principal in app.principals:
        if principal.identifier_uris if by_uri else principal.app_id == address.lower():
            return principal.key
    return ""


def how_it_comes(inputs: ConsentInputs, state: str) -> str:
    """Return what to tell a user whose tenant lacks the principal, or has it disabled."""
    app = declared_app(inputs)
    name = next((p.name for p in app.principals if p.key == principal_key(inputs)), app.name)
    if state == DISABLED:
        return (
            f"not finished: {name!r} is disabled in this tenant, so nothing was consented on it; everything else is "
            "deployed; to fix: enable it (Enable-SPOTenantServicePrincipal in the SharePoint Online Management Shell, "
            "or Entra ID > Enterprise applications > Properties) and run the same command again, or set sharepoint "
            "to later"
        )
    return (
        f"not finished: this tenant has no {name!r} (address {inputs.address}) yet; everything else is deployed; "
        "SharePoint makes it when an administrator opens SharePoint admin center > Advanced > API access; to fix: open "
        "that page once and run the same command again, or set sharepoint to later"
    )


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
