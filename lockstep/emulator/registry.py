"""Applications of other tenants that can be instantiated here: Microsoft's own, and those of the catalogue's vendors.

Reads the catalogue's permission lists, its first-party facts and its vendors' apps, those of the project's private
catalogue among them. Knows no state.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from lockstep.catalogue.api import api_document, apis
from lockstep.catalogue.private import kept
from lockstep.emulator.constants import FORMS_APP_ID, MICROSOFT_TENANT_ID, VENDOR_TENANT_ID
from lockstep.emulator.records import fixed_id


def foreign_app(app_id: str) -> dict[str, Any] | None:
    """Return a multi-tenant application of another tenant as what its principals take from it; None for an unknown."""
    # The catalogue is read only where an id is not one of Microsoft's: most runs of the emulator do without.
    return microsoft_apps().get(app_id) or _vendor_apps().get(app_id)


@kept
def microsoft_apps() -> dict[str, dict[str, Any]]:
    """Return Microsoft's applications, and the other APIs that the catalogue lists, by app id."""
    lists = {app_id: api_document(key) for key, app_id in listed_apis().items()}
    apps = {}
    first_party = catalogue_facts("first-party.json")["apps"]
    others = lists.keys() - {app["app_id"] for app in first_party}
    # An API that only a private catalogue lists is some vendor's.
    vendors = [{**lists[app_id], "owner_organization_id": VENDOR_TENANT_ID} for app_id in sorted(others)]
    for app in [*first_party, *vendors]:
        permissions = lists.get(app["app_id"], {}).get("permissions", [])
        apps[app["app_id"]] = {
            **_foreign_app(app["app_id"], app["name"], app.get("owner_organization_id") or MICROSOFT_TENANT_ID),
            "appRoles": [_role(entry) for entry in permissions if entry["type"] == "application"],
            "oauth2PermissionScopes": [_scope(entry) for entry in permissions if entry["type"] == "delegated"],
            "servicePrincipalNames": list(dict.fromkeys([*app.get("service_principal_names", ()), app["app_id"]])),
        }
    apps[FORMS_APP_ID] = _foreign_app(FORMS_APP_ID, "Microsoft Forms", MICROSOFT_TENANT_ID)
    return apps


@kept
def listed_apis() -> dict[str, str]:
    """Return the app ids of the APIs whose permissions the catalogue lists, by the key of each."""
    return {key: api_document(key)["app_id"] for key in sorted(apis())}


@kept
def _vendor_apps() -> dict[str, dict[str, Any]]:
    """Return the vendors' multi-tenant applications by the app id that they have here."""
    return {app_id: _foreign_app(app_id, name, VENDOR_TENANT_ID) for app_id, name in _vendor_ids().values()}


@kept
def _vendor_ids() -> dict[tuple[str, str], tuple[str, str]]:
    """Return app id and name of every vendor's multi-tenant application, by the keys of vendor and app."""
    from lockstep.catalogue import AppKind, load

    catalogue = load()
    return {
        (vendor, app.key): (app.client_id.id if app.client_id else fixed_id("appId", f"{vendor}/{app.key}"), app.name)
        for vendor in catalogue.vendors
        for app in catalogue.edition_as_of(vendor, "current").apps
        if app.kind is AppKind.ENTERPRISE_APP
    }


def _foreign_app(app_id: str, name: str, owner: str) -> dict[str, Any]:
    """Return an application whose registration lives in another tenant, `owner`."""
    return {
        "appDisplayName": name,
        "appId": app_id,
        "appOwnerOrganizationId": owner,
        "appRoles": [],
        "displayName": name,
        "oauth2PermissionScopes": [],
        "servicePrincipalNames": [app_id],
        "signInAudience": "AzureADMultipleOrgs",
    }


def vendor_client_id(key: str, vendor: str = "") -> str:
    """Return the app id that a vendor's multi-tenant application has here, by its key in the catalogue; empty for none.

    It is the one that the vendor publishes, or one that only emulators know. Without a vendor, the first one's that has
    an app of this key.
    """
    client_ids = (ids[0] for (owner, app), ids in _vendor_ids().items() if app == key and vendor in ("", owner))
    return next(client_ids, "")


@cache
def catalogue_facts(name: str) -> Any:
    """Return what a file of the catalogue's data holds."""
    return json.loads(files("lockstep.catalogue").joinpath("data", *name.split("/")).read_text("utf-8"))


def _role(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["Application"],
        "description": entry["display_name"],
        "displayName": entry["display_name"],
        "id": entry["id"],
        "isEnabled": entry.get("enabled", True),
        "origin": "Application",
        "value": entry["value"],
    }


def _scope(entry: dict[str, Any]) -> dict[str, Any]:
    # What no public source states counts as needing an administrator.
    admin = entry["admin_consent_required"] is not False
    return {
        "adminConsentDescription": entry["display_name"],
        "adminConsentDisplayName": entry["display_name"],
        "id": entry["id"],
        "isEnabled": entry.get("enabled", True),
        "type": "Admin" if admin else "User",
        "userConsentDescription": None if admin else entry["display_name"],
        "userConsentDisplayName": None if admin else entry["display_name"],
        "value": entry["value"],
    }
