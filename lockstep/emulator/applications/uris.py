"""Which identifier URIs and which addresses (redirects, sign-out) an application may have. Knows no table and no HTTP.

Sources, of 2023-03 to 2026-09:

- https://learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions: the two restrictions that a tenant's
  policy may set, whom they leave out, and the patterns that are safe; what is possible without them
- https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation: what differs by account type
- https://learn.microsoft.com/entra/identity-platform/reply-url: schemes, lengths, numbers and characters of redirects
- https://learn.microsoft.com/office/dev/add-ins/develop/enable-nested-app-authentication-in-your-add-in: `brk-multihub`
- hashicorp/terraform-provider-azuread#533 and #575: `ms-appx-web` and `urn:` redirects, as tried on Graph
- MicrosoftDocs/azure-docs#120355: tokens of version 2 free a single-tenant application from the check of the domain
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from lockstep.emulator.applications.limits import PERSONAL, wrong
from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID
from lockstep.emulator.exceptions import BadRequestError

MAX_URI = {True: 120, False: 255}
MAX_URIS = 50
"""Identifier URIs of an application that signs personal accounts in; others have no limit of their own."""
MAX_REDIRECT = 256
MAX_REDIRECTS = {True: 100, False: 256}
MAX_LOGOUT = 255
_LOOPBACK = ("localhost", "127.0.0.1")  # the page on redirects: [::1] "is not currently supported"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BROKER = re.compile(r"brk-[\w.-]+")
_SPECIAL = re.compile(r"[!$'(),;]")
_PLATFORMS = ("publicClient", "spa", "web")


def check_identifier_uris(
    before: Mapping[str, Any], row: Mapping[str, Any], restrictions: Mapping[str, Mapping[str, Any]], *, saml: bool
) -> None:
    """Refuse identifier URIs that an application gains; `before` is the application without the change.

    `restrictions` are those in force that the tenant's policy has for it; `saml` says that it signs people in by SAML.
    What it has already stays, unless it would get tokens of version 1 again.
    """
    uris, personal = row["identifierUris"], row["signInAudience"] in PERSONAL
    if len(set(uris)) != len(uris):
        raise BadRequestError("Request contains a property with duplicate values.")
    if personal and len(uris) > MAX_URIS:
        raise BadRequestError(f"There are {len(uris)} entries of 'identifierUris'; at most {MAX_URIS}.")
    second = row["api"]["requestedAccessTokenVersion"] == 2
    first_again = not second and before["api"]["requestedAccessTokenVersion"] == 2
    for uri in uris if first_again else [uri for uri in uris if uri not in before["identifierUris"]]:
        if not first_again:
            _check_form(uri, personal)
        _check_host(uri, str(row["appId"]), row["signInAudience"], second)
        for name, restriction in restrictions.items():
            if (second and restriction["excludeAppsReceivingV2Tokens"]) or (saml and restriction["excludeSaml"]):
                continue
            if not _IS_SAFE[name](uri, str(row["appId"])):
                raise BadRequestError(_REFUSALS[name].format(uri=uri), code="HostNameNotOnVerifiedDomain")


# The first text is that of Microsoft's page; the other one, and both codes, are assumptions.
_REFUSALS = {
    "uriAdditionWithoutUniqueTenantIdentifier": (
        "Failed to add identifier URI {uri}. All newly added URIs must contain a tenant verified domain, tenant ID, or"
        " app ID, as per the default tenant policy of your organization. See"
        " https://aka.ms/identifier-uri-addition-error for more information on this error."
    ),
    "nonDefaultUriAddition": (
        "Failed to add identifier URI {uri}. All newly added URIs must be of the format api://{{appId}} or"
        " api://{{tenantId}}/{{appId}}, as per the default tenant policy of your organization."
    ),
}


def _check_form(uri: str, personal: bool) -> None:
    parts = _parsed(uri, "identifierUris")
    if not parts.scheme or not (parts.netloc or parts.path) or "*" in uri or uri.endswith("/") or re.search(r"\s", uri):
        raise wrong("identifierUris")
    if personal and (parts.scheme == "urn" or parts.query or parts.fragment):
        raise wrong("identifierUris")
    if len(uri) > MAX_URI[personal]:
        raise BadRequestError(f"The length of an entry of 'identifierUris' is {len(uri)}; at most {MAX_URI[personal]}.")


def _check_host(uri: str, app_id: str, audience: str, second: bool) -> None:
    """Refuse an address of a domain that is not the tenant's, and another application's id after `api://`."""
    if second and audience == "AzureADMyOrg":
        return
    parts = urlsplit(uri)
    foreign = parts.scheme in ("http", "https") and not _is_verified(parts)
    host = parts.netloc.lower()
    another = parts.scheme == "api" and _GUID.fullmatch(host) is not None and host not in (app_id.lower(), TENANT_ID)
    if foreign or another:
        raise BadRequestError(
            "Values of identifierUris property must use a verified domain of the organization or its subdomain:"
            f" '{uri}'",
            code="HostNameNotOnVerifiedDomain",
        )


def _is_verified(parts: SplitResult) -> bool:
    host = (parts.hostname or "").lower()
    return host == TENANT_DOMAIN or host.endswith("." + TENANT_DOMAIN)


def _names_the_tenant(uri: str, app_id: str) -> bool:
    """Tell whether a URI holds what only this tenant can have: its id, its domain, or the application's id."""
    parts = urlsplit(uri)
    words = set(re.split(r"[/:]", uri.lower()))
    return _is_verified(parts) or bool({app_id.lower(), TENANT_ID} & words)


def _is_default(uri: str, app_id: str) -> bool:
    return uri.lower() in (f"api://{app_id.lower()}", f"api://{TENANT_ID}/{app_id.lower()}")


_IS_SAFE = {"uriAdditionWithoutUniqueTenantIdentifier": _names_the_tenant, "nonDefaultUriAddition": _is_default}
RESTRICTIONS = tuple(_IS_SAFE)
"""The restrictions on identifier URIs that a tenant's policy may have, by the names that Graph has for them."""


def check_addresses(row: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse new redirects and a new sign-out address of an application; `row` is the whole of it as it would be."""
    personal = row["signInAudience"] in PERSONAL
    for platform in _PLATFORMS:
        for uri in (new.get(platform) or {}).get("redirectUris") or ():
            _check_redirect(platform, uri, personal)
    if any(platform in new for platform in _PLATFORMS):
        number = sum(len(row[platform]["redirectUris"]) for platform in _PLATFORMS)
        if number > MAX_REDIRECTS[personal]:
            raise BadRequestError(
                f"There are {number} redirect URIs; at most {MAX_REDIRECTS[personal]}.", code="Directory_QuotaExceeded"
            )
    logout = (new.get("web") or {}).get("logoutUrl")
    if logout is not None and (not isinstance(logout, str) or not _is_logout(logout)):
        raise wrong("web.logoutUrl")


def _check_redirect(platform: str, uri: Any, personal: bool) -> None:
    name = f"{platform}.redirectUris"
    if not isinstance(uri, str) or not uri or len(uri) > MAX_REDIRECT or re.search(r"\s", uri):
        raise wrong(name)
    parts = _parsed(uri, name)
    if parts.fragment or (personal and ("*" in uri or parts.query)) or not _has_scheme_of(platform, uri, parts):
        raise wrong(name)


def _has_scheme_of(platform: str, uri: str, parts: SplitResult) -> bool:
    """Tell whether a redirect's scheme, and what has to follow it, is one of those of a platform."""
    if parts.scheme in ("http", "https"):
        local = parts.scheme == "https" or parts.hostname in _LOOPBACK
        return local and bool(parts.netloc) and not _SPECIAL.search(uri)
    if parts.scheme == "urn":
        return platform != "spa" and uri.count(":") >= 2
    if _BROKER.fullmatch(parts.scheme):
        return bool(parts.netloc) and parts.path in ("", "/")  # "only the origin and not its subpaths"
    if parts.scheme == "ms-appx-web":
        return bool(parts.netloc)
    # A public client may have a scheme of its own, such as msal<client id>://auth.
    return platform == "publicClient" and bool(parts.scheme)


def _is_logout(url: str) -> bool:
    return len(url) <= MAX_LOGOUT and (not url or _parsed(url, "web.logoutUrl").scheme == "https")


def _parsed(uri: str, name: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # which is read only now
    except ValueError:
        raise wrong(name) from None
    return parts
