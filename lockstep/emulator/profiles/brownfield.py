"""A tenant in which both products were set up by hand, some time ago, and have drifted from the documents since.

The permissions come from the catalogue; what is out of date about them is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lockstep.emulator.constants import ATERA_CLIENT_ID
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import fixed_id

if TYPE_CHECKING:
    from lockstep.catalogue import App

# app key -> (lacks, has beyond): (API key, type, value)
_DRIFT: dict[str, tuple[set[tuple[str, str, str]], set[tuple[str, str, str]]]] = {
    "connex-api": (
        {("graph", "application", "Group.ReadWrite.All"), ("graph", "delegated", "Group.ReadWrite.All")},
        {("graph", "application", "GroupMember.ReadWrite.All"), ("graph", "delegated", "GroupMember.ReadWrite.All")},
    ),
    "provisioning": (
        {("graph", "application", "TermStore.ReadWrite.All"), ("sharepoint", "application", "TermStore.ReadWrite.All")},
        {("graph", "application", "Directory.ReadWrite.All")},
    ),
    "workspaces-sync": (set(), set()),
}
_NEW_SPFX_EXTRA = ("Chat.Read", "Presence.Read.All")


def build(base: Base) -> None:
    """Add the older Atlas apps, Atera with some consents, and other vendors' traces."""
    from lockstep.catalogue import load

    catalogue = load()
    new, old = base.new_spfx(), base.old_spfx()
    atlas = catalogue.edition_as_of("atlas", "current")
    for key, (lacks, extra) in _DRIFT.items():
        _registration(base, atlas.app(key), lacks, extra)
    atera = catalogue.edition_as_of("atera", "current").app("atera")
    _atera(base, _wanted(atera))
    _shared(base, new, old)


def _wanted(app: App) -> set[tuple[str, str, str]]:
    return {(entry.api, str(entry.type), entry.name) for entry in app.permissions if entry.certain}


def _registration(
    base: Base, app: App, lacks: Iterable[tuple[str, str, str]], extra: Iterable[tuple[str, str, str]]
) -> None:
    held = (_wanted(app) - set(lacks)) | set(extra)
    apis = {"graph": base.graph, "sharepoint": base.sharepoint}
    requests = []
    for api, resource in apis.items():
        access = sorted(_access(resource, kind, value) for held_api, kind, value in held if held_api == api)
        if access:
            entries = [{"id": ident, "type": word} for ident, word in access]
            requests.append({"resourceAccess": entries, "resourceAppId": resource["appId"]})
    scopes = [
        {
            "adminConsentDescription": f"Use {app.name}.",
            "adminConsentDisplayName": f"Use {app.name}",
            "id": fixed_id("scope", f"{app.name}/{entry.value}"),
            "isEnabled": True,
            "type": "Admin",
            "userConsentDescription": None,
            "userConsentDisplayName": None,
            "value": entry.value,
        }
        for entry in app.exposes
    ]
    application = base.seed.application(
        {
            "api": {"oauth2PermissionScopes": scopes},
            "displayName": app.name,
            "requiredResourceAccess": requests,
            "signInAudience": "AzureADMyOrg",
        }
    )
    if scopes:
        base.seed.tenant.applications.update(application, {"identifierUris": [f"api://{application['appId']}"]})
    _consent(base, base.seed.principal(application["appId"], app.name), held)


def _access(resource: Object, kind: str, value: str) -> tuple[str, str]:
    entries, word = (
        (resource["appRoles"], "Role") if kind == "application" else (resource["oauth2PermissionScopes"], "Scope")
    )
    return next(entry["id"] for entry in entries if entry["value"] == value), word


def _consent(base: Base, principal: Object, held: Iterable[tuple[str, str, str]]) -> None:
    apis = {"graph": base.graph, "sharepoint": base.sharepoint}
    for api, resource in apis.items():
        scopes = sorted(value for held_api, kind, value in held if (held_api, kind) == (api, "delegated"))
        roles = sorted(value for held_api, kind, value in held if (held_api, kind) == (api, "application"))
        if scopes:
            base.seed.grant(principal, resource, scopes)
        base.seed.assign(principal, resource, roles)


def _atera(base: Base, documented: set[tuple[str, str, str]]) -> None:
    """Connected once: a part of the documented consents, some twins, sign-in scopes, and a user's own consent."""
    principal = base.seed.principal(ATERA_CLIENT_ID, "Atera")
    roles = {entry for entry in documented if entry[1] == "application" and entry[2] < "M"}
    twins = {("graph", "delegated", entry[2]) for entry in roles if entry[2] < "D"}
    listed = {scope["value"] for scope in base.graph["oauth2PermissionScopes"]}
    twins = {entry for entry in twins if entry[2] in listed}
    scopes = {entry for entry in documented if entry[1] == "delegated"}
    signin = {("graph", "delegated", value) for value in ("email", "openid", "profile")}
    _consent(base, principal, roles | twins | scopes | signin)
    base.seed.grant(principal, base.graph, ("User.Read", "openid", "profile"), base.users[1])


def _shared(base: Base, new: Object, old: Object) -> None:
    """Another vendor's scopes on the new SharePoint principal, and users' own consents on both."""
    tenant = base.seed.tenant
    for row in tenant.grants.table.by("clientId", new["id"]):
        if row["resourceId"] == base.graph["id"]:
            tenant.grants.update(row, {"scope": " ".join([row["scope"], *_NEW_SPFX_EXTRA])})
    base.seed.grant(new, base.graph, ("User.Read",), base.users[1])
    base.seed.grant(old, base.graph, ("People.Read", "User.Read"), base.users[2])
