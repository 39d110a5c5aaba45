"""Sets documented apps up as people do it by hand: registered, configured, consented, and not always right.

What is documented comes from the catalogue. Knows no profile: what is amiss, and since when, it is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.emulator.constants import EPOCH
from lockstep.emulator.profiles.base import Base
from lockstep.emulator.records import fixed_id
from lockstep.emulator.registry import listed_apis, microsoft_apps
from lockstep.emulator.store import Object

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
            if roles:
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
