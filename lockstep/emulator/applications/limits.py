"""What an application may hold: names, requested permissions, roles, scopes, claims, sizes. Pure.

Figures that differ for applications that sign personal accounts in are written {True: theirs, False: the others'}.
Figures are from Microsoft's pages on supported account types and on service limits (2026-09, 2026-10). Codes and words
that were seen in public reports are marked as seen; the others are assumptions in Graph's style.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.emulator.exceptions import BadRequestError

MAX_NAME = {True: 90, False: 120}
MAX_TAG = 256
MAX_PERSONAL_PERMISSIONS = 200
MAX_PERSONAL_API = 30
MAX_APIS = 50
MAX_PERMISSIONS = 400
_AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
MAX_ENTRIES = 1200
MAX_DEFINED = 700
MAX_VALUE = {True: 40, False: 120}
_WORD = re.compile(r"[!#-;=?-\[\]-~]*")  # https://learn.microsoft.com/graph/api/resources/approle
PERSONAL = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_CLAIMS = ("accessToken", "idToken", "saml2Token")
_CLAIM = {"additionalProperties", "essential", "name", "source"}
_LISTS = ("addIns", "appRoles", "identifierUris", "keyCredentials", "passwordCredentials", "tags")
_API_LISTS = ("knownClientApplications", "oauth2PermissionScopes", "preAuthorizedApplications")
# Code and words were seen in public reports, with status 403 for the size as a whole.
_TOO_LARGE = "The size of the object has exceeded its limit. Please reduce the number of values and retry your request."


def check_application(row: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse an application whose new values Graph would refuse; `row` is the whole of it as it would be."""
    name, personal = row.get("displayName"), row["signInAudience"] in PERSONAL
    if not isinstance(name, str) or not name.strip():
        raise BadRequestError("A value is required for property 'displayName' of resource 'Application'.")
    if len(name) > MAX_NAME[personal]:
        raise BadRequestError("The length of property 'displayName' of resource 'Application' is too long.")
    if row["signInAudience"] not in _AUDIENCES:
        raise wrong("signInAudience")
    if "tags" in new:
        _check_tags(row["tags"])
    if "requiredResourceAccess" in new:
        check_requests(row["requiredResourceAccess"], personal=personal)


def _check_tags(tags: Iterable[Any]) -> None:
    """Refuse tags of a wrong size, with whitespace, or twice.

    All three stand in https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation.
    """
    listed = list(tags)
    if not all(isinstance(tag, str) and 0 < len(tag) <= MAX_TAG and not re.search(r"\s", tag) for tag in listed):
        raise wrong("tags")
    if len(set(listed)) != len(listed):
        raise BadRequestError("Request contains a property with duplicate values.")


def check_requests(requests: Iterable[Any], *, personal: bool = False) -> None:
    """Refuse malformed or too many requested permissions; that they exist is not checked, as Graph does not either."""
    apis: list[str] = []
    total = widest = 0
    for entry in requests:
        if not isinstance(entry, dict) or not _GUID.match(str(entry.get("resourceAppId", ""))):
            raise wrong("resourceAppId", "RequiredResourceAccess")
        apis.append(str(entry["resourceAppId"]).lower())
        entries = set()
        for access in entry.get("resourceAccess") or ():
            if not isinstance(access, dict) or access.get("type") not in ("Scope", "Role"):
                raise wrong("type", "ResourceAccess")
            if not _GUID.match(str(access.get("id", ""))):
                raise wrong("id", "ResourceAccess")
            key = (str(access["id"]).lower(), access["type"])
            if key in entries:
                raise BadRequestError("Request contains a property with duplicate values.")
            entries.add(key)
        total += len(entries)
        widest = max(widest, len(entries))
    if len(set(apis)) != len(apis):
        raise BadRequestError("Request contains a property with duplicate values: resourceAppId is there twice.")
    most = MAX_PERSONAL_PERMISSIONS if personal else MAX_PERMISSIONS
    if len(apis) > MAX_APIS or total > most or (personal and widest > MAX_PERSONAL_API):
        raise BadRequestError(_TOO_LARGE, code="Directory_QuotaExceeded")


def check_manifest(row: Mapping[str, Any], new: Mapping[str, Any], scopes: Iterable[Mapping[str, Any]]) -> None:
    """Refuse new values of an application; `scopes` are those that it may pre-authorise clients for."""
    personal = row["signInAudience"] in PERSONAL
    if "appRoles" in new:
        for role in row["appRoles"]:
            _check_role(role, personal)
    api = new.get("api") or {}
    if api.get("oauth2PermissionScopes"):
        for scope in row["api"]["oauth2PermissionScopes"]:
            _check_scope(scope, personal)
    if api.get("preAuthorizedApplications"):
        _check_pre_authorized(row["api"]["preAuthorizedApplications"], scopes)
    for app_id in api.get("knownClientApplications") or ():
        if not _GUID.match(str(app_id)):
            raise wrong("api.knownClientApplications")
    if new.get("optionalClaims"):
        _check_claims(new["optionalClaims"])
    _check_size(row)


def _check_role(role: Any, personal: bool) -> None:
    if not isinstance(role, dict):
        raise wrong("appRoles")
    for name in ("description", "displayName"):
        if not isinstance(role.get(name), str) or not role[name]:
            raise BadRequestError(f"A value is required for property '{name}' of resource 'AppRole'.")
    members = role.get("allowedMemberTypes")
    if not isinstance(members, list) or not members or set(map(str, members)) - {"Application", "User"}:
        raise wrong("appRoles.allowedMemberTypes")
    _check_value(role.get("value"), "appRoles.value", personal)


def _check_scope(scope: Any, personal: bool) -> None:
    if not isinstance(scope, dict):
        raise wrong("api.oauth2PermissionScopes")
    if not isinstance(scope.get("value"), str) or not scope["value"]:
        raise BadRequestError("A value is required for property 'value' of resource 'PermissionScope'.")
    if scope.get("type") not in (None, "Admin", "User"):
        raise wrong("api.oauth2PermissionScopes.type")
    _check_value(scope["value"], "api.oauth2PermissionScopes.value", personal)


def _check_value(value: Any, name: str, personal: bool) -> None:
    """A value goes into a list of words in a token: only some characters, no leading full stop, not too long."""
    if value is None:
        return
    if not isinstance(value, str) or not _WORD.fullmatch(value) or value.startswith("."):
        raise wrong(name)
    if len(value) > MAX_VALUE[personal]:
        raise BadRequestError(f"The length of property '{name}' is {len(value)}; at most {MAX_VALUE[personal]}.")


def _check_pre_authorized(entries: Any, scopes: Iterable[Mapping[str, Any]]) -> None:
    scope_ids = {str(scope["id"]).lower() for scope in scopes}
    for entry in entries:
        if not isinstance(entry, dict) or not _GUID.match(str(entry.get("appId", ""))):
            raise wrong("api.preAuthorizedApplications.appId")
        if set(map(str.lower, map(str, entry.get("delegatedPermissionIds") or ()))) - scope_ids:
            # Seen in public reports: a scope that is not there yet, or that comes with the same request.
            raise BadRequestError(
                "Property api.preAuthorizedApplications.delegatedPermissionIds has a Permission Id that cannot be"
                " found in the AppPermissions sets.",
                code="InvalidValue",
            )


def _check_claims(claims: Any) -> None:
    if set(claims) - set(_CLAIMS):
        raise wrong("optionalClaims")
    for kind in _CLAIMS:
        for claim in claims.get(kind) or ():
            if not isinstance(claim, dict) or not isinstance(claim.get("name"), str) or set(claim) - _CLAIM:
                raise wrong(f"optionalClaims.{kind}")


def _check_size(row: Mapping[str, Any]) -> None:
    defined = len(row["appRoles"]) + len(row["api"]["oauth2PermissionScopes"])
    entries = sum(len(row[name]) for name in _LISTS) + sum(len(row["api"][name]) for name in _API_LISTS)
    entries += sum(len(row[kind]["redirectUris"]) for kind in ("publicClient", "spa", "web"))
    entries += sum(1 + len(entry.get("resourceAccess") or ()) for entry in row["requiredResourceAccess"])
    if entries > MAX_ENTRIES or defined > MAX_DEFINED:
        raise BadRequestError(_TOO_LARGE, code="Directory_ResourceSizeExceeded", status=403)


def wrong(name: str, resource: str = "Application") -> BadRequestError:
    """Return the refusal of a property's value."""
    return BadRequestError(f"Invalid value specified for property '{name}' of resource '{resource}'.")
