"""The profiles by name, and what each puts into a new tenant.

Documented apps are set up as people do it by hand: registered, configured, consented, and not always right. What is
documented comes from the catalogue; what is amiss, and since when, from the profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.emulator.constants import EPOCH
from lockstep.emulator.profiles import captured
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.records import fixed_id
from lockstep.emulator.registry import listed_apis, microsoft_apps, vendor_client_id
from lockstep.emulator.roles.model import BuiltInRole
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant
from lockstep.errors import UsageError, nearest

if TYPE_CHECKING:
    from lockstep.catalogue import App

Held = frozenset[tuple[str, str, str]]
"""Permissions as (API key, type, name); the keys are those of the lists and those that a profile adds."""

NOTHING: Held = frozenset()


def documented(app: App, *, certain: bool = True) -> Held:
    """Return what a vendor certainly asks for, or else what it may ask for as well."""
    return frozenset((row.api, str(row.type), row.name) for row in app.permissions if bool(row.certain) is certain)


@dataclass(frozen=True)
class Setup:
    """How one registration differs from its document.

    `lacks` and `beyond` hold for both what is configured and what is consented; `unconsented` and `unconfigured`
    are missing from one of the two only. `suffix` names another environment; `renamed` is a name of its own.
    """

    since: str = EPOCH
    lacks: Held = NOTHING
    beyond: Held = NOTHING
    unconsented: Held = NOTHING
    unconfigured: Held = NOTHING
    suffix: str = ""
    renamed: str = ""
    scope_enabled: bool = True
    owners: tuple[Object, ...] = ()
    secrets: tuple[tuple[str, str, str], ...] = ()
    """Name, start and end of each secret."""


class ByHand:
    """The hand that sets things up in one tenant."""

    def __init__(self, base: Base) -> None:
        self.base = base
        names = {key: microsoft_apps()[app_id]["displayName"] for key, app_id in listed_apis().items()}
        self.apis: dict[str, Object] = {key: base.resources[name] for key, name in names.items()}

    def custom_api(self, key: str, name: str, scope: str) -> Object:
        """Register an API of the customer's own, and remember it under `key`."""
        application = self.base.application(
            {
                "api": {"oauth2PermissionScopes": [_scope(name, scope)]},
                "displayName": name,
                "signInAudience": "AzureADMyOrg",
            }
        )
        self.base.tenant.applications.update(application, {"identifierUris": [f"api://{application['appId']}"]})
        self.apis[key] = self.base.principal(application["appId"], name)
        return self.apis[key]

    def register(self, app: App, setup: Setup) -> Object:
        """Register one app with its principal and consents; return the principal."""
        name = setup.renamed or (f"{app.name} {setup.suffix}" if setup.suffix else app.name)
        held = (documented(app) - setup.lacks) | setup.beyond
        exposed = [_scope(name, entry.value, enabled=setup.scope_enabled) for entry in app.exposes]
        base = self.base
        application = base.application(
            {
                "api": {"oauth2PermissionScopes": exposed},
                "displayName": name,
                "requiredResourceAccess": self._requests(held - setup.unconfigured),
                "signInAudience": "AzureADMyOrg",
            },
            since=setup.since,
        )
        if exposed:
            base.tenant.applications.update(application, {"identifierUris": [f"api://{application['appId']}"]})
        for owner in setup.owners:
            row = base.tenant.applications.get(application["id"])
            base.tenant.objects.add_owner("applications", row, owner["id"])
        for title, start, end in setup.secrets:
            base.secret(base.tenant.applications.get(application["id"]), title, start, end)
        principal = base.principal(application["appId"], name, since=setup.since)
        if app.exposes and not (setup.suffix or setup.renamed):
            self.apis[app.key] = principal
        self.consent(principal, held - setup.unconsented, since=setup.since)
        return principal

    def consent(self, client: Object, held: Iterable[tuple[str, str, str]], *, since: str = EPOCH) -> None:
        """Consent for everyone to what is `held`; scopes join a grant that is there."""
        tenant, held = self.base.tenant, set(held)
        for api, resource in self.apis.items():
            scopes = sorted(name for key, kind, name in held if (key, kind) == (api, "delegated"))
            roles = sorted(name for key, kind, name in held if (key, kind) == (api, "application"))
            grants = [
                row
                for row in tenant.grants.table.by("clientId", client["id"])
                if row["resourceId"] == resource["id"] and row["consentType"] == "AllPrincipals"
            ]
            if scopes and grants:
                words = [*grants[0]["scope"].split(), *scopes]
                tenant.grants.update(grants[0], {"scope": " ".join(dict.fromkeys(words))})
            elif scopes:
                self.base.grant(client, resource, scopes)
            self.base.assign(client, resource, roles, since=since)

    def _requests(self, held: Held) -> list[Object]:
        requests = []
        for api, resource in self.apis.items():
            access = sorted(_access(resource, kind, name) for key, kind, name in held if key == api)
            if access:
                entries = [{"id": ident, "type": word} for ident, word in access]
                requests.append({"resourceAccess": entries, "resourceAppId": resource["appId"]})
        return requests


def _access(resource: Object, kind: str, name: str) -> tuple[str, str]:
    entries, word = (
        (resource["appRoles"], "Role") if kind == "application" else (resource["oauth2PermissionScopes"], "Scope")
    )
    return next(entry["id"] for entry in entries if entry["value"] == name), word


def _scope(app: str, value: str, *, enabled: bool = True) -> Object:
    return {
        "adminConsentDescription": f"Use {app}.",
        "adminConsentDisplayName": f"Use {app}",
        "id": fixed_id("scope", f"{app}/{value}"),
        "isEnabled": enabled,
        "type": "Admin",
        "userConsentDescription": None,
        "userConsentDisplayName": None,
        "value": value,
    }


# What the profile "brownfield" holds.
SINCE = "2023-02-06T09:30:00Z"
TEST_SINCE = "2024-05-14T13:00:00Z"
TEN_YEARS = ("Atlas", "2023-02-06T09:35:00Z", "2033-02-06T09:35:00Z")
LOOK_ALIKE = "Atlas ConneX Provisioning"
ENVIRONMENT = "Test"

_GROUPS = frozenset({("graph", "application", "Group.ReadWrite.All"), ("graph", "delegated", "Group.ReadWrite.All")})
_MEMBERS = frozenset(
    {("graph", "application", "GroupMember.ReadWrite.All"), ("graph", "delegated", "GroupMember.ReadWrite.All")}
)
_TERMS = frozenset({("sharepoint", "application", "TermStore.ReadWrite.All")})
_DIRECTORY = frozenset({("graph", "application", "Directory.ReadWrite.All")})
_SIGN_IN = frozenset(("graph", "delegated", name) for name in ("email", "offline_access", "openid", "profile"))
_OTHER_VENDORS_SCOPES = frozenset(
    {
        ("graph", "delegated", "Chat.Read"),
        ("graph", "delegated", "Presence.Read.All"),
        ("intranet", "delegated", "News.Read"),
    }
)

# What was changed in the profile "drifted".
_SCOPE_ADDED = frozenset({("graph", "delegated", "Mail.Read")})
_NEW_API = frozenset({("expenses", "delegated", "Expenses.Read")})
_ROLE_ADDED = frozenset({("graph", "application", "Mail.ReadWrite")})
_ENTRY_ADDED = frozenset({("graph", "application", "Calendars.Read")})
_RIGHT_TYPE = frozenset({("graph", "application", "Files.Read.All")})
_WRONG_TYPE = frozenset({("graph", "delegated", "Files.Read.All")})
# SharePoint has a permission of this very name and id, which stays.
_ROLE_REMOVED = frozenset({("graph", "application", "User.Read.All")})
_ATERA_ADDED = frozenset({("graph", "application", "Directory.ReadWrite.All")})
_ATERA_REMOVED = frozenset({("graph", "application", "Reports.Read.All")})
_OTHER_SCOPES = frozenset({("graph", "delegated", "Chat.Read"), ("graph", "delegated", "Presence.Read.All")})


def _with(*parts: Callable[[Base], object]) -> Callable[[Base], None]:
    """Return a profile with these SharePoint principals; with none of them, nobody has used SharePoint here yet."""

    def build(base: Base) -> None:
        for part in parts:
            part(base)

    return build


def _brownfield(base: Base) -> None:
    """Both products were set up by hand three years ago, and have drifted from the documents since.

    Beside them: a look-alike, a second environment, users' own consents, other vendors' scopes on shared principals.
    """
    from lockstep.catalogue import load

    catalogue = load()
    atlas = catalogue.edition_as_of("atlas", "current")
    setup = ByHand(base)
    ada, ben, cleo = base.users
    new, old = base.new_spfx(), base.old_spfx()

    api = setup.register(
        atlas.app("connex-api"), Setup(SINCE, lacks=_GROUPS, beyond=_MEMBERS, owners=(ada,), secrets=(TEN_YEARS,))
    )
    base.grant(api, base.graph, ("User.Read", "openid", "profile"), ben)
    base.grant(api, base.graph, ("Mail.Read", "User.Read"), cleo)
    provisioning = atlas.app("provisioning")
    setup.register(provisioning, Setup(SINCE, lacks=_TERMS, beyond=_DIRECTORY, owners=(ada, ben)))
    setup.register(atlas.app("workspaces-sync"), Setup(SINCE))
    # Somebody's trial that was never taken away: it may do what the real one may.
    setup.register(provisioning, Setup(TEST_SINCE, renamed=LOOK_ALIKE))
    for key in ("connex-api", "provisioning", "workspaces-sync"):
        setup.register(atlas.app(key), Setup(TEST_SINCE, suffix=ENVIRONMENT))

    atera = catalogue.edition_as_of("atera", "current").app("atera")
    principal = base.principal(vendor_client_id(atera.key), atera.name, since=SINCE)
    setup.consent(principal, documented(atera) | documented(atera, certain=False) | _SIGN_IN, since=SINCE)
    base.grant(principal, base.graph, ("User.Read", "openid", "profile"), ben)
    base.role(principal, BuiltInRole.USER_ADMINISTRATOR)

    # The move of March 2025 copied the grants on Microsoft's APIs, but not the one on the customer's own.
    spfx = documented(atlas.app("spfx"))
    setup.consent(old, spfx, since=SINCE)
    setup.custom_api("intranet", "Contoso Intranet API", "News.Read")
    setup.consent(new, {entry for entry in spfx if entry[0] in ("graph", "sharepoint")} | _OTHER_VENDORS_SCOPES)
    base.grant(new, base.graph, ("User.Read",), ben)
    base.grant(old, base.graph, ("People.Read", "User.Read"), cleo)


def _drifted(base: Base) -> None:
    """Was exact, and was changed by hand since: one of each change that an audit has to see."""
    from lockstep.catalogue import load

    catalogue = load()
    atlas = catalogue.edition_as_of("atlas", "current")
    setup = ByHand(base)
    new = base.new_spfx()
    setup.custom_api("expenses", "Contoso Expenses API", "Expenses.Read")

    added = _SCOPE_ADDED | _NEW_API
    setup.register(atlas.app("connex-api"), Setup(beyond=added, unconfigured=added, scope_enabled=False))
    extra = _ROLE_ADDED | _ENTRY_ADDED | _WRONG_TYPE
    setup.register(
        atlas.app("provisioning"),
        Setup(lacks=_RIGHT_TYPE, beyond=extra, unconfigured=_ROLE_ADDED, unconsented=_ENTRY_ADDED),
    )
    setup.register(atlas.app("workspaces-sync"), Setup(unconsented=_ROLE_REMOVED))

    atera = catalogue.edition_as_of("atera", "current").app("atera")
    principal = base.principal(vendor_client_id(atera.key), atera.name)
    setup.consent(principal, (documented(atera) - _ATERA_REMOVED) | _ATERA_ADDED)

    # The grant on the customer's own API is gone; those on Microsoft's are there, with another vendor's scopes.
    spfx = {entry for entry in documented(atlas.app("spfx")) if entry[0] in ("graph", "sharepoint")}
    setup.consent(new, spfx | _OTHER_SCOPES)


_PROFILES: dict[str, Callable[[Base], None]] = {
    "both-spfx": _with(Base.new_spfx, Base.old_spfx),
    "brownfield": _brownfield,
    "drifted": _drifted,
    "fresh": _with(Base.new_spfx),
    "legacy-spfx": _with(Base.old_spfx),
    "no-spfx": _with(),
}


def profiles() -> tuple[str, ...]:
    """Return the names of the profiles."""
    return tuple(_PROFILES)


def resolved(name: str) -> str:
    """Return a profile's name by which it is known wherever a process runs: a capture by its whole path."""
    return str(Path(name).absolute()) if captured.is_capture(name) else name


def check_profile(name: str) -> None:
    """Refuse a name that is neither a profile's nor that of a capture's file."""
    filling(name)


def filling(name: str) -> Callable[[Tenant], None]:
    """Return what fills an empty tenant as a profile says; UsageError where there is no such profile."""
    if captured.is_capture(name):
        document = captured.read(name)
        return lambda tenant: captured.CapturedTenant(tenant).fill(document)
    if name not in _PROFILES:
        names = f"there are {', '.join(_PROFILES)}, and files that `lockstep capture` made (*.json)"
        raise UsageError(f"no profile {name!r}; {names}{nearest(name, _PROFILES)}")
    return lambda tenant: _PROFILES[name](Base(tenant))
