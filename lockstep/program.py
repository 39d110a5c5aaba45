"""The Pulumi program of a stack: its settings, the guards of its target, its apps, and what it exports.

A project's `__main__.py` calls `run` and does nothing else. The only module that reads Pulumi's config and the
environment; it signs in nowhere itself, but asks both providers who they are signed in as.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_azuread as azuread
from pulumi.runtime import config as pulumi_config

from lockstep.catalogue import App, AppKind, Catalogue, Edition, load
from lockstep.components.app_registration import AppRegistration, AppRegistrationArgs
from lockstep.components.enterprise_app import EnterpriseApp, EnterpriseAppArgs
from lockstep.components.shared_principal import SharedPrincipal, SharedPrincipalArgs
from lockstep.errors import LockstepError, NotFinishedError, SettingError, SignInError
from lockstep.provider.resources import AdminConsent, get_caller
from lockstep.settings.checks import apps, decisions, editions, selected
from lockstep.settings.credentials import Adopted, Certificate, FederatedCredential, KeptScope
from lockstep.settings.guards import SignedIn, check_callers, check_host
from lockstep.settings.model import Settings
from lockstep.settings.selection import Selection


def run() -> None:
    """Deploy the stack. What a user can put right becomes one line, not a traceback."""
    try:
        estate = build()
    except LockstepError as error:
        # The cause stays on it: a caller in the same process finds the exit code there.
        raise pulumi.RunError(str(error)) from error
    for name, value in estate.outputs().items():
        pulumi.export(name, value)


def build(environ: Mapping[str, str] | None = None) -> Estate:
    """Check settings and callers, then register the estate; LockstepError comes before anything is registered."""
    settings = read_settings()
    environ = os.environ if environ is None else environ
    check_host(settings, all_config().get("azuread:metadataHost") or environ.get("ARM_METADATA_HOSTNAME"))
    caller = _signed_in("azuread", azuread.get_client_config)
    check_callers(settings, caller, _signed_in("entraconsent", get_caller))
    return deploy(settings, caller=caller.object_id)


def _signed_in(provider: str, ask: Callable[[], Any]) -> SignedIn:
    try:
        found = ask()
    except pulumi.RunError:
        raise
    except Exception as error:
        # The SDK raises bare exceptions for whatever a provider refuses: the last part is what the provider said.
        said = re.sub(r"^(?:invoke of \S+ failed: |invocation of \S+ returned an error: )+", "", str(error))
        raise SignInError(f"{provider} could not sign in: {' '.join(said.split())}; nothing was written") from error
    return SignedIn(found.tenant_id, found.client_id, found.object_id)


def read_settings() -> Settings:
    """Return the settings of the running stack, from the config of its project's name."""
    return Settings.read(all_config(), where=f"Pulumi.{pulumi.get_stack()}.yaml", namespace=pulumi.get_project())


def all_config() -> dict[str, str]:
    """Return the whole config of the running stack.

    `pulumi.Config` can only be asked for known keys; finding a misspelt one takes all of them, from where Config looks.
    """
    return {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}


@dataclass
class Estate:
    """The deployed apps of a stack, by app key, and the edition of each vendor."""

    target: str
    editions: dict[str, str] = field(default_factory=dict)
    registrations: dict[str, AppRegistration] = field(default_factory=dict)
    enterprise_apps: dict[str, EnterpriseApp] = field(default_factory=dict)
    shared_principals: dict[str, SharedPrincipal] = field(default_factory=dict)

    def outputs(self) -> dict[str, Any]:
        """Return what the stack exports: the target, the editions and the ids of each app."""
        found: dict[str, Any] = {"target": self.target, "editions": dict(self.editions)}
        for key, registration in self.registrations.items():
            found[key] = {
                "clientId": registration.client_id,
                "objectId": registration.object_id,
                "servicePrincipalId": registration.service_principal_id,
                "scopeIds": dict(registration.scope_ids),
            }
        for key, app in self.enterprise_apps.items():
            # The application object of a vendor's app is in the vendor's tenant.
            found[key] = {
                "clientId": app.client_id,
                "objectId": "",
                "servicePrincipalId": app.service_principal_id,
                "scopeIds": {},
            }
        for key, shared in self.shared_principals.items():
            found[key] = {
                name: {
                    "clientId": principal.client_id,
                    "objectId": "",
                    "servicePrincipalId": principal.object_id,
                    "scopeIds": {},
                    "state": principal.state,
                }
                for name, principal in shared.principals.items()
            }
        return found


def deploy(settings: Settings, *, caller: str, catalogue: Catalogue | None = None) -> Estate:
    """Register every app that `settings` ask for. `caller` is the object id of whoever is signed in."""
    estate = Estate(settings.target)
    found = editions(settings, catalogue or load(), lambda setting, text: SettingError(f"{setting} {text}"))
    if settings.owners and caller not in settings.owners:
        pulumi.log.warn(
            f"the caller {caller} is not among the owners of this stack's apps: unless it may manage every application"
            " (Application.ReadWrite.All, or a directory role), its next run will be refused"
        )
    vendors = [_Vendor(settings, edition, caller, estate) for edition in found.values()]
    for vendor in vendors:
        estate.editions[vendor.edition.vendor] = vendor.edition.id
        vendor.deploy()
    everything = [app.consent for app in estate.registrations.values()]
    everything += [app.consent for app in estate.enterprise_apps.values()]
    for vendor in vendors:
        vendor.grant(everything)
    _wait_for_administrators(estate, everything)
    return estate


def _wait_for_administrators(estate: Estate, consents: Sequence[AdminConsent]) -> None:
    """Fail the run, after everything else is done, while an administrator has still to give or take back consents."""
    shared = [consent for each in estate.shared_principals.values() for consent in each.consents.values()]
    found = pulumi.Output.all(*(consent.awaiting for consent in [*consents, *shared]))

    def refuse(texts: Sequence[str | None]) -> None:
        left = [text for text in texts if text]
        if left and not pulumi.runtime.is_dry_run():
            error = NotFinishedError(
                f"not finished: everything else is deployed, and an administrator has to act: {'. '.join(left)}. Then"
                " run the same command again"
            )
            raise pulumi.RunError(str(error)) from error

    found.apply(refuse)


@dataclass(frozen=True)
class _Vendor:
    """The apps of one vendor in one edition."""

    settings: Settings
    edition: Edition
    caller: str
    estate: Estate

    def deploy(self) -> None:
        """Register the vendor's apps, and look the shared principals up."""
        found = apps(self.settings, self.edition)
        shared = {app.key: self._shared(app) for app in found if app.kind is AppKind.SHARED_PRINCIPAL}
        own = self._own(found)
        claims = _join([each.claims() for each in shared.values()])
        registrations: dict[str, AppRegistration] = {}
        for app in own:
            tags = claims if not registrations else None
            registrations[app.key] = self._registration(app, registrations, tags)
        self.estate.registrations.update(registrations)
        self.estate.shared_principals.update(shared)
        for app in found:
            if app.kind is AppKind.ENTERPRISE_APP:
                self.estate.enterprise_apps[app.key] = self._enterprise(app)

    def _own(self, found: Sequence[App]) -> list[App]:
        """Return the registrations. One that exposes scopes comes before those that ask, and carries the claims."""
        return sorted((app for app in found if app.kind is AppKind.REGISTRATION), key=lambda app: not app.exposes)

    def grant(self, after: Sequence[pulumi.Resource]) -> None:
        """Register the consents on the shared principals, after everything else."""
        found = apps(self.settings, self.edition)
        own = self._own(found)
        registrations = {app.key: self.estate.registrations[app.key] for app in own}
        claimant = registrations[own[0].key].client_id if own else None
        for app in found:
            if app.kind is AppKind.SHARED_PRINCIPAL:
                own_apis = {key: each.api for key, each in registrations.items()}
                self.estate.shared_principals[app.key].grant(own_apis, claimant, after)

    def _registration(
        self, app: App, made: Mapping[str, AppRegistration], tags: pulumi.Input[list[str]] | None
    ) -> AppRegistration:
        settings = self.settings
        return AppRegistration(
            app.name,
            AppRegistrationArgs(
                tenant_id=settings.tenant_id,
                vendor=self.edition.vendor,
                edition=self.edition.id,
                app=app,
                permissions=self._select(app).wanted,
                caller=self.caller,
                owners=settings.owners,
                apis={key: each.api for key, each in made.items()},
                name_suffix=settings.name_suffix or "",
                tags=tags,
                certificates=tuple(Certificate.read(pem) for pem in settings.certificates.get(app.key, ())),
                federated_credentials=_federated(settings, app.key),
                adopted=_adopted(settings, app.key),
                by_admin=settings.by_admin(app.key),
            ),
            self._opts(),
        )

    def _shared(self, app: App) -> SharedPrincipal:
        settings = self.settings
        return SharedPrincipal(
            app.name,
            SharedPrincipalArgs(
                tenant_id=settings.tenant_id,
                vendor=self.edition.vendor,
                edition=self.edition.id,
                app=app,
                permissions=self._select(app).wanted,
                sharepoint=settings.sharepoint,
                withdraw=settings.withdraw,
                claim=settings.claim,
                by_admin=settings.by_admin(app.key),
            ),
            self._opts(),
        )

    def _enterprise(self, app: App) -> EnterpriseApp:
        settings = self.settings
        if settings.atera_client_id is None:
            raise SettingError(f"ateraClientId is missing, and {app.name} cannot be found without it")
        selection = self._select(app)
        return EnterpriseApp(
            app.name,
            EnterpriseAppArgs(
                tenant_id=settings.tenant_id,
                vendor=self.edition.vendor,
                edition=self.edition.id,
                app=app,
                client_id=settings.atera_client_id,
                permissions=selection.wanted,
                tolerated=selection.tolerated,
                removals=settings.atera_removals,
                by_admin=settings.by_admin(app.key),
            ),
            self._opts(),
        )

    def _select(self, app: App) -> Selection:
        """Return what the stack does with each permission, and say what is withheld and what that costs."""
        selection = selected(self.settings, app)
        for entry, why in decisions(self.settings, app, selection):
            lost = entry.purpose or "the vendor does not say what it needs it for"
            pulumi.log.info(f"withheld: {app.name}: {entry.title} ({why}); lost with it: {lost}")
        return selection

    def _opts(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(protect=self.settings.protected)


def _join(claims: list[pulumi.Output[list[str]]]) -> pulumi.Output[list[str]] | None:
    # One marker, however many shared principals there are.
    if not claims:
        return None
    joined = pulumi.Output.all(*claims)
    return joined.apply(lambda parts: list(dict.fromkeys(tag for part in parts for tag in part)))


def _federated(settings: Settings, app: str) -> tuple[FederatedCredential, ...]:
    found = settings.federated_credentials.get(app, ())
    return tuple(FederatedCredential(each.name, each.issuer, each.subject, each.audiences) for each in found)


def _adopted(settings: Settings, app: str) -> Adopted | None:
    found = settings.adopted.get(app)
    if found is None:
        return None
    return Adopted(
        found.display_name,
        found.client_id or "",
        found.identifier_uris,
        found.tags,
        found.kept_ids(),
        tuple(KeptScope(**scope.model_dump()) for scope in found.scopes),
    )
