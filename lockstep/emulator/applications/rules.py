"""The rules for what an application may hold: names, identifier URIs, requested permissions, limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lockstep.emulator.applications.exceptions import UnverifiedDomainError
from lockstep.emulator.applications.manifest import PERSONAL
from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID
from lockstep.emulator.exceptions import BadRequestError

MAX_NAME = 120
MAX_TAG = 256
MAX_URI = {True: 120, False: 255}
MAX_PERSONAL_PERMISSIONS = 200
MAX_PERSONAL_API = 30
MAX_APIS = 50
MAX_PERMISSIONS = 400
MAX_FEDERATED = 20
_AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


def check_application(row: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse an application whose new values Graph would refuse; `row` is the whole of it as it would be."""
    name = row.get("displayName")
    if not isinstance(name, str) or not name.strip():
        raise BadRequestError("A value is required for property 'displayName' of resource 'Application'.")
    if len(name) > MAX_NAME:
        raise BadRequestError("The length of property 'displayName' of resource 'Application' is too long.")
    if row["signInAudience"] not in _AUDIENCES:
        raise BadRequestError("Invalid value specified for property 'signInAudience' of resource 'Application'.")
    if "identifierUris" in new:
        longest = MAX_URI[row["signInAudience"] in PERSONAL]
        for uri in row["identifierUris"]:
            check_identifier_uri(str(uri), str(row["appId"]))
            if len(uri) > longest:
                raise BadRequestError(f"The length of an entry of 'identifierUris' is {len(uri)}; at most {longest}.")
        if len(set(row["identifierUris"])) != len(row["identifierUris"]):
            raise BadRequestError("Request contains a property with duplicate values.")
    if "tags" in new and not all(isinstance(tag, str) and 0 < len(tag) <= MAX_TAG for tag in row["tags"]):
        raise BadRequestError("Invalid value specified for property 'tags' of resource 'Application'.")
    if "requiredResourceAccess" in new:
        check_requests(row["requiredResourceAccess"], personal=row["signInAudience"] in PERSONAL)


def check_identifier_uri(uri: str, app_id: str) -> None:
    """Refuse an identifier URI whose host the tenant has not verified."""
    parts = urlsplit(uri)
    if not parts.scheme or not (parts.netloc or parts.path):
        raise BadRequestError("Invalid value specified for property 'identifierUris' of resource 'Application'.")
    host = parts.netloc.lower()
    verified = host == TENANT_DOMAIN or host.endswith("." + TENANT_DOMAIN)
    named = {app_id.lower(), TENANT_ID, TENANT_DOMAIN} & {part.lower() for part in uri.split("://")[-1].split("/")}
    if parts.scheme in ("http", "https") and not verified:
        raise UnverifiedDomainError(uri)
    if parts.scheme == "api" and not verified and not named:
        raise UnverifiedDomainError(uri)


def check_requests(requests: Iterable[Any], *, personal: bool = False) -> None:
    """Refuse malformed or too many requested permissions; that they exist is not checked, as Graph does not either."""
    apis: list[str] = []
    total = widest = 0
    for entry in requests:
        if not isinstance(entry, dict) or not _GUID.match(str(entry.get("resourceAppId", ""))):
            raise BadRequestError(
                "Invalid value specified for property 'resourceAppId' of resource 'RequiredResourceAccess'."
            )
        apis.append(str(entry["resourceAppId"]).lower())
        seen = set()
        for access in entry.get("resourceAccess") or ():
            if not isinstance(access, dict) or access.get("type") not in ("Scope", "Role"):
                raise BadRequestError("Invalid value specified for property 'type' of resource 'ResourceAccess'.")
            if not _GUID.match(str(access.get("id", ""))):
                raise BadRequestError("Invalid value specified for property 'id' of resource 'ResourceAccess'.")
            key = (str(access["id"]).lower(), access["type"])
            if key in seen:
                raise BadRequestError("Request contains a property with duplicate values.")
            seen.add(key)
        total += len(seen)
        widest = max(widest, len(seen))
    if len(set(apis)) != len(apis):
        raise BadRequestError("Request contains a property with duplicate values: resourceAppId is there twice.")
    most = MAX_PERSONAL_PERMISSIONS if personal else MAX_PERMISSIONS
    if len(apis) > MAX_APIS or total > most or (personal and widest > MAX_PERSONAL_API):
        raise BadRequestError(
            "The size of the object has exceeded its limit. Please reduce the number of values and retry your request.",
            code="Directory_QuotaExceeded",
        )
