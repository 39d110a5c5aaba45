"""What an application and its service principal can have beside permissions, name by name: the one table of it.

Each of these gives somebody something: an address that receives tokens, a client that needs no consent, a role. No
component of ours sets any of them. So the policy pack refuses each as an input, and audit and read-back name each on
the live object, unless the stack file says that an adopted app keeps it (`adopted.keeps`).

A value is compared as words: `appRoles` is a list of roles in azuread and in Graph, and here a list of texts. Knows no
Pulumi, no tenant and no settings.

Sources: https://learn.microsoft.com/graph/api/resources/application and
https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Trait:
    """One thing that an application or a principal can have.

    `name` is azuread's name of the input, with dots between the parts, and `graph` the property of Graph's object; one
    of the two is missing where only the other side knows the thing. `effect` says what it does. `nothing` are the words
    that mean it is not there.
    """

    name: str
    graph: str
    effect: str
    nothing: frozenset[str] = frozenset({"", "false"})


FEDERATED = "federatedIdentityCredentials"
"""Whose tokens are believed in place of a credential. Graph has them beside the application, not in it."""
PRE_AUTHORIZED = "api.preAuthorizedApplications"
CREDENTIALS = frozenset({"passwordCredentials", "keyCredentials", FEDERATED})
"""The traits that let their holder act as the app."""

_CREDENTIAL = "lets its holder act as the app"
_TOKENS = "sends tokens and sign-in codes to these addresses"
_CLAIMS = "puts more about the user into tokens"

SINGLE_TENANT = "AzureADMyOrg"
"""The audience of an application that only users of its own tenant can sign in to."""
AUDIENCE = "signInAudience"
REDIRECTS = ("web.redirectUris", "singlePageApplication.redirectUris", "publicClient.redirectUris")

APPLICATION_TRAITS: tuple[Trait, ...] = (
    Trait(REDIRECTS[0], "web/redirectUris", _TOKENS),
    Trait(REDIRECTS[1], "spa/redirectUris", _TOKENS),
    Trait(REDIRECTS[2], "publicClient/redirectUris", _TOKENS),
    Trait(AUDIENCE, AUDIENCE, "lets users of other tenants sign in", frozenset({"", SINGLE_TENANT})),
    Trait("web.logoutUrl", "web/logoutUrl", "calls this address when a user signs out"),
    Trait("web.homepageUrl", "web/homePageUrl", "sends users who start the app to this address"),
    Trait(
        "web.implicitGrant.accessTokenIssuanceEnabled",
        "web/implicitGrantSettings/enableAccessTokenIssuance",
        "hands access tokens to a browser page without a sign-in code",
    ),
    Trait(
        "web.implicitGrant.idTokenIssuanceEnabled",
        "web/implicitGrantSettings/enableIdTokenIssuance",
        "hands id tokens to a browser page without a sign-in code",
    ),
    Trait("fallbackPublicClientEnabled", "isFallbackPublicClient", "lets anybody act as the app without a credential"),
    Trait("deviceOnlyAuthEnabled", "isDeviceOnlyAuthSupported", "lets devices sign in without a user"),
    # v1.0 of Graph does not show it.
    Trait("oauth2PostResponseRequired", "", "changes how tokens are delivered"),
    Trait("api.knownClientApplications", "api/knownClientApplications", "bundles the consent of these apps with it"),
    Trait("api.mappedClaimsEnabled", "api/acceptMappedClaims", "lets a claims mapping say what its tokens say"),
    Trait(
        "api.requestedAccessTokenVersion",
        "api/requestedAccessTokenVersion",
        "changes which tokens the app accepts",
        frozenset({"", "1"}),
    ),
    Trait("", "api/preAuthorizedApplications", "lets these clients use its scopes without anybody's consent"),
    Trait("appRoles", "appRoles", "offers roles that no vendor documents"),
    Trait("", "passwordCredentials", _CREDENTIAL),
    Trait("", "keyCredentials", _CREDENTIAL),
    Trait("", FEDERATED, _CREDENTIAL),
    Trait(
        "groupMembershipClaims",
        "groupMembershipClaims",
        "puts the user's groups into tokens",
        frozenset({"", "None"}),
    ),
    Trait("optionalClaims.accessTokens", "optionalClaims/accessToken", _CLAIMS),
    Trait("optionalClaims.idTokens", "optionalClaims/idToken", _CLAIMS),
    Trait("optionalClaims.saml2Tokens", "optionalClaims/saml2Token", _CLAIMS),
)
PRINCIPAL_TRAITS: tuple[Trait, ...] = (
    Trait("loginUrl", "loginUrl", "sends users who start the app to this address"),
    Trait("preferredSingleSignOnMode", "preferredSingleSignOnMode", "changes how users sign in to the app"),
    Trait("samlSingleSignOn.relayState", "samlSingleSignOnSettings/relayState", "sends users on after a SAML sign-in"),
    Trait("alternativeNames", "alternativeNames", "is how a managed identity or another object finds the principal"),
    Trait("", "passwordCredentials", _CREDENTIAL),
    Trait("", "keyCredentials", _CREDENTIAL),
)
OF_PRINCIPAL = "servicePrincipal."
"""What the names of a principal's traits begin with, where they stand beside those of its application."""

SETTABLE = frozenset(
    {
        *(trait.name or trait.graph.replace("/", ".") for trait in APPLICATION_TRAITS),
        *(f"{OF_PRINCIPAL}{trait.name or trait.graph}" for trait in PRINCIPAL_TRAITS),
    }
)
"""What `adopted.keeps` may name."""


def key_of(trait: Trait, *, principal: bool = False) -> str:
    """Return the name of a trait in `adopted.keeps`, in findings and in refusals."""
    return f"{OF_PRINCIPAL if principal else ''}{trait.name or trait.graph.replace('/', '.')}"


def words(trait: Trait, value: Any) -> frozenset[str]:
    """Return a value of azuread or of Graph as words; none where the trait is not there."""
    return frozenset(_words(value)) - trait.nothing


def held(body: Mapping[str, Any], *, principal: bool = False) -> dict[str, tuple[str, ...]]:
    """Return what Graph's object has beside permissions: the words of each trait that is there, by its name."""
    by_key = {}
    for trait in PRINCIPAL_TRAITS if principal else APPLICATION_TRAITS:
        if not trait.graph:
            continue
        value: Any = body
        for part in trait.graph.split("/"):
            value = value.get(part) if isinstance(value, Mapping) else None
        # Graph has the group claims as one text, azuread as a list.
        value = value.split(",") if trait.graph == "groupMembershipClaims" and value else value
        if of_trait := words(trait, value):
            by_key[key_of(trait, principal=principal)] = tuple(sorted(of_trait))
    return by_key


def effect_of(name: str) -> str:
    """Return what a trait does, by its name."""
    return _EFFECTS[name]


def place_of(name: str, app: str) -> str:
    """Return where an administrator finds a trait of an app, in Microsoft's admin center."""
    if name.startswith(OF_PRINCIPAL):
        return f"Microsoft Entra admin center > Enterprise applications > {app} > Properties or Single sign-on"
    page = next((page for start, page in _PAGES.items() if name.startswith(start)), "Manifest")
    return f"Microsoft Entra admin center > App registrations > {app} > {page}"


def beyond(traits: Mapping[str, Iterable[str]], kept: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Return what is there and not kept, by name."""
    rest = {name: sorted(set(those) - set(kept.get(name, ()))) for name, those in traits.items()}
    return {name: tuple(those) for name, those in rest.items() if those}


def _words(value: Any) -> Iterable[str]:
    if value is None:
        return
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int | float):
        yield f"{value:g}"
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield entry_words(value)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _words(item)


def entry_words(entry: Mapping[str, Any]) -> str:
    """Return an entry of a list, such as an app role or a claim, as one text with all that gives it effect."""
    if "allowedMemberTypes" in entry:
        whom = " and ".join(sorted(map(str, entry["allowedMemberTypes"] or ())))
        off = ", disabled" if False in (entry.get("enabled"), entry.get("isEnabled")) else ""
        return f"{entry.get('value') or 'no value'} ({entry.get('id')}) for {whom or 'nobody'}{off}"
    if "keyId" in entry:
        return _thumbprint(entry.get("customKeyIdentifier")) or str(entry["keyId"])
    if "issuer" in entry:
        return federated(str(entry.get("name")), str(entry.get("subject") or ""), str(entry["issuer"]))
    if "appId" in entry:
        ids = entry.get("delegatedPermissionIds") or entry.get("permissionIds") or ()
        return f"{entry['appId']} for {', '.join(sorted(map(str, ids))) or 'no scope'}"
    marks = ["essential"] if entry.get("essential") else []
    marks += [f"from {entry['source']}"] if entry.get("source") else []
    marks += sorted(map(str, entry.get("additionalProperties") or ()))
    suffix = f" ({', '.join(marks)})" if marks else ""
    return f"{entry.get('name')}{suffix}"


def is_exact_https(uri: str) -> bool:
    """Whether a redirect URI is one exact https address: no wildcard, no user, no fragment."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    bare = not parts.username and not parts.password and not parts.fragment
    return parts.scheme == "https" and bool(host) and bare and "*" not in uri and not any(map(str.isspace, uri))


def federated(name: str, subject: str, issuer: str) -> str:
    """Return a federated credential as one text: whose token is believed. One without a subject has an expression."""
    return f"{name}: {subject or 'many subjects, by an expression,'} of {issuer}"


def _thumbprint(identifier: Any) -> str:
    """Return the thumbprint of a certificate: Entra keeps it as the key's identifier. Nothing for any other key."""
    try:
        digest = base64.b64decode(str(identifier or ""), validate=True)
    except ValueError:
        return ""
    return digest.hex() if len(digest) == 20 else ""


_PAGES = {
    **dict.fromkeys(
        (
            "web.redirectUris",
            "web.implicitGrant",
            "web.logoutUrl",
            "singlePage",
            "publicClient",
            "fallbackPublicClient",
        ),
        "Authentication",
    ),
    AUDIENCE: "Authentication",
    "web.homepageUrl": "Branding & properties",
    "appRoles": "App roles",
    **dict.fromkeys(("optionalClaims", "groupMembershipClaims"), "Token configuration"),
    **dict.fromkeys(("api.knownClient", "api.preAuthorized"), "Expose an API"),
    **dict.fromkeys(CREDENTIALS, "Certificates & secrets"),
}
_EFFECTS = {
    **{key_of(trait): trait.effect for trait in APPLICATION_TRAITS},
    **{key_of(trait, principal=True): trait.effect for trait in PRINCIPAL_TRAITS},
}
