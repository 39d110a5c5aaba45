"""Application templates: what an application can be made from. Knows no HTTP.

The gallery of Entra has thousands. Here is the one that stands for none of them, by which Microsoft's pages make an
application for SAML or password sign-on that is not in the gallery. Its id is the same in every tenant of the cloud:
https://learn.microsoft.com/graph/api/applicationtemplate-instantiate
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lockstep.emulator.exceptions import BadRequestError, NotFoundError, NotSupportedError
from lockstep.emulator.objects import checked
from lockstep.emulator.odata.filter import EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
TEMPLATE = Entity(
    name="ApplicationTemplate",
    properties=frozenset(
        {
            "categories", "description", "displayName", "homePageUrl", "id", "logoUrl", "publisher",
            "supportedProvisioningTypes", "supportedSingleSignOnModes",
        }
    ),
    filters={"categories": EQ, "displayName": TEXT, "id": EQ, "publisher": TEXT},
    directory=False,
)  # fmt: skip
TEMPLATES: dict[str, Object] = {
    NON_GALLERY: {
        "categories": [],
        "description": None,
        "displayName": "Custom",
        "homePageUrl": None,
        "id": NON_GALLERY,
        "logoUrl": None,
        "publisher": None,
        "supportedProvisioningTypes": [],
        "supportedSingleSignOnModes": ["password", "saml", "notSupported"],
    }
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BODY: dict[str, Any] = {"displayName": None, "serviceManagementReference": None}
_TAGS = ("WindowsAzureActiveDirectoryCustomSingleSignOnApplication", "WindowsAzureActiveDirectoryIntegratedApp")


def template(ident: str) -> Object:
    """Return the template of this id; one of the gallery is refused by name, since the gallery is not here."""
    listed = TEMPLATES.get(ident.lower())
    if listed is None and _GUID.fullmatch(ident.lower()):
        raise NotSupportedError(f"the application template {ident} of the gallery; the one here is {NON_GALLERY}")
    if listed is None:
        raise NotFoundError(ident)
    return listed


def instantiate(tenant: Tenant, ident: str, body: Mapping[str, Any], owners: Iterable[str]) -> tuple[Object, Object]:
    """Make an application and its service principal from a template; both say which one."""
    made_from, new = template(ident)["id"], checked(body, _BODY, "ApplicationTemplate")
    if not isinstance(new.get("displayName"), str) or not new["displayName"].strip():
        raise BadRequestError("A value is required for parameter 'displayName'.")
    owners = list(owners)
    application = tenant.applications.create({**new, "signInAudience": "AzureADMyOrg"}, owners)
    application = tenant.applications.put({**application, "applicationTemplateId": made_from})
    principal = tenant.principals.create({"appId": application["appId"], "tags": list(_TAGS)}, owners)
    principal = tenant.principals.put({**principal, "applicationTemplateId": made_from})
    return application, principal
