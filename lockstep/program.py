"""The Pulumi program of a stack: its settings, the guards of its target, its apps, and what it exports.

A project's `__main__.py` calls `run` and does nothing else. This is the only module that reads Pulumi's config and the
environment. It does not sign in itself: it asks both providers who they are signed in as.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pulumi
import pulumi_azuread as azuread
from pulumi.runtime import config as pulumi_config
from pulumi.runtime.sync_await import _sync_await

from lockstep.catalogue import AppKind, lay_over, load
from lockstep.components import (
    AppRegistration,
    AppRegistrationArgs,
    EnterpriseApp,
    EnterpriseAppArgs,
    SharedPrincipal,
    SharedPrincipalArgs,
)
from lockstep.cycles import end_without_looking
from lockstep.errors import LockstepError, NotFinishedError, RefusedError, SignInError, UsageError, nearest
from lockstep.provider.resources import AdminConsent, MissingOffers, ask_caller, ask_not_offered
from lockstep.settings.guards import SignedIn, check_callers, check_host
from lockstep.settings.model import Settings
from lockstep.settings.project import project_at
from lockstep.settings.reading import read_settings
from lockstep.settings.stack_app import StackApp, stack_apps

Component = type[AppRegistration] | type[EnterpriseApp] | type[SharedPrincipal]
Classes = dict[tuple[str, str], type[pulumi.ComponentResource]]
"""A project's own classes by the vendor and the app that each stands for."""

_Generic = TypeVar("_Generic", bound=pulumi.ComponentResource)


def run(components: Sequence[Component] = ()) -> None:
    """Deploy the stack. What a user can put right becomes one line, not a traceback.

    `components` are classes of the project's own, each for the app that its `vendor` and `app` name; an app without one
    gets the generic component of its kind.
    """
    end_without_looking()  # the engine waits for the program's end
    try:
        estate = build(components=components)
    except LockstepError as error:
        # The cause stays on it: a caller in the same process finds the exit code there.
        raise pulumi.RunError(str(error)) from error
    for name, value in estate.outputs().items():
        pulumi.export(name, value)


def build(environ: Mapping[str, str] | None = None, components: Sequence[Component] = ()) -> Estate:
    """Check settings and callers, then register the estate; LockstepError comes before anything is registered."""
    lay_over(project_at(Path.cwd()))
    classes = _by_app(components)
    settings = running_settings()
    environ = os.environ if environ is None else environ
    host = all_config().get("azuread:metadataHost") or environ.get("ARM_METADATA_HOSTNAME")
    check_host(settings, host, pulumi.get_stack())
    # Asked first and heard last: while the engine starts azuread, our own provider signs in and looks everything up.
    # It reads no tenant but the configured one, by its own token.
    ours, offers = _Question("entraconsent", "sign in", ask_caller()), _offers(settings)
    caller = _signed_in(_asked("azuread", "sign in", azuread.get_client_config))
    check_callers(settings, caller, _signed_in(ours.answer()))
    _refuse_missing(offers.answer())
    return deploy(settings, caller=caller.object_id, classes=classes)


def running_settings() -> Settings:
    """Return the settings of the running stack, from the config of its project's name."""
    stack_file = f"Pulumi.{pulumi.get_stack()}.yaml"
    return read_settings(all_config(), where=stack_file, namespace=pulumi.get_project(), secrets=_secret_keys())


def all_config() -> dict[str, str]:
    """Return the whole config of the running stack.

    `pulumi.Config` answers only for a key whose name is known. To find a misspelt key all keys are needed, so they are
    read from where `pulumi.Config` keeps them.
    """
    return {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}


def _secret_keys() -> list[str]:
    """Return the keys that are encrypted. One value inside an object makes the whole key secret."""
    return list(json.loads(os.environ.get("PULUMI_CONFIG_SECRET_KEYS") or "[]"))


def _signed_in(caller: Any) -> SignedIn:
    return SignedIn(caller.tenant_id, caller.client_id, caller.object_id)


class _Question:
    """A question to a provider that is on its way while the program goes on."""

    def __init__(self, provider: str, what: str, answer: Awaitable[Any]) -> None:
        self._provider, self._what = provider, what
        self._task = asyncio.ensure_future(answer)
        # Where the program ends before it hears the answer, nobody shall complain about an error in it.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def answer(self) -> Any:
        """Wait for the answer; SignInError where the provider could not give one."""
        # The SDK has no public way to wait for a second answer inside a program that is not a coroutine.
        return _asked(self._provider, self._what, lambda: _sync_await(self._task))


def _asked(provider: str, what: str, ask: Callable[[], Any]) -> Any:
    """Return what a provider answers before anything is registered; SignInError where it could not."""
    try:
        return ask()
    except pulumi.RunError:
        raise
    except Exception as error:
        # The SDK raises bare exceptions for whatever a provider refuses: the last part is what the provider said.
        reason = re.sub(r"^(?:invoke of \S+ failed: |invocation of \S+ returned an error: )+", "", str(error))
        raise SignInError(f"{provider} could not {what}: {' '.join(reason.split())}; nothing was written") from error


def _offers(settings: Settings) -> _Question:
    """Have every permission of every app looked up in the tenant before anything is registered."""
    entries = {entry.permission: entry for app in stack_apps(settings) for entry in app.asked_of_others}
    wanted = [
        {"api": key.api, "type": key.type.value, "name": entry.name, "id": key.id} for key, entry in entries.items()
    ]
    names = {key.api: entry.api_name for key, entry in entries.items()}
    return _Question("entraconsent", "read what the tenant's APIs offer", ask_not_offered(wanted, names))


def _refuse_missing(missing: MissingOffers) -> None:
    if missing.told:
        raise RefusedError(
            f"refused: the tenant does not offer everything that this stack wants; nothing was written: {missing.told}"
        )


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
        outputs: dict[str, Any] = {"target": self.target, "editions": dict(self.editions)}
        for key, registration in self.registrations.items():
            outputs[key] = {
                "clientId": registration.client_id,
                "objectId": registration.object_id,
                "servicePrincipalId": registration.service_principal_id,
                "scopeIds": dict(registration.scope_ids),
            }
        for key, app in self.enterprise_apps.items():
            # The application object of a vendor's app is in the vendor's tenant.
            outputs[key] = {
                "clientId": app.client_id,
                "objectId": "",
                "servicePrincipalId": app.service_principal_id,
                "scopeIds": {},
            }
        for key, shared in self.shared_principals.items():
            outputs[key] = {
                name: {
                    "clientId": principal.client_id,
                    "objectId": "",
                    "servicePrincipalId": principal.object_id,
                    "scopeIds": {},
                    "state": principal.state,
                }
                for name, principal in shared.principals.items()
            }
        return outputs


def deploy(settings: Settings, *, caller: str, classes: Classes | None = None) -> Estate:
    """Register every app that `settings` ask for. `caller` is the object id of whoever is signed in."""
    if settings.owners and caller not in settings.owners:
        pulumi.log.warn(
            f"the caller {caller} is not among the owners of this stack's apps: unless it may manage every application"
            " (Application.ReadWrite.All, or a directory role), its next run will be refused"
        )
    apps: dict[str, list[StackApp]] = {}
    for app in stack_apps(settings):
        _say_withheld(app)
        apps.setdefault(app.vendor, []).append(app)
    opts = pulumi.ResourceOptions(protect=settings.protected)
    estate = Estate(settings.target)
    vendors = [_Vendor(estate, of_vendor, classes or {}, caller, opts) for of_vendor in apps.values()]
    for vendor in vendors:
        vendor.deploy()
    consents = [app.consent for app in estate.registrations.values()]
    consents += [app.consent for app in estate.enterprise_apps.values()]
    for vendor in vendors:
        vendor.grant(consents)
    _wait_for_administrators(estate, consents)
    return estate


def _wait_for_administrators(estate: Estate, consents: Sequence[AdminConsent]) -> None:
    """Fail the run, after everything else is done, while an administrator has still to give or take back consents."""
    shared = [consent for app in estate.shared_principals.values() for consent in app.consents.values()]
    awaiting = pulumi.Output.all(*(consent.awaiting for consent in [*consents, *shared]))

    def refuse(texts: Sequence[str | None]) -> None:
        left = [text for text in texts if text]
        if left and not pulumi.runtime.is_dry_run():
            error = NotFinishedError(
                f"not finished: everything else is deployed, and an administrator has to act: {'. '.join(left)}. Then"
                " run the same command again"
            )
            raise pulumi.RunError(str(error)) from error

    awaiting.apply(refuse)


def _say_withheld(app: StackApp) -> None:
    """Say what is withheld of an app, and what that costs."""
    for decision in app.withheld:
        entry = decision.permission
        lost = entry.purpose or "the vendor does not say what it needs it for"
        pulumi.log.info(
            f"withheld: {app.app.name}: {entry.title} ({decision.reason}; {decision.by}); lost with it: {lost}"
        )


@dataclass(frozen=True)
class _Vendor:
    """The apps of one vendor in one edition."""

    estate: Estate
    apps: Sequence[StackApp]
    classes: Classes
    caller: str
    opts: pulumi.ResourceOptions

    @property
    def own(self) -> list[StackApp]:
        """The registrations. One that exposes scopes comes before those that ask for them, and carries the claims."""
        return sorted(self._of(AppKind.REGISTRATION), key=lambda app: not app.app.exposes)

    def deploy(self) -> None:
        """Register the vendor's apps, and look the shared principals up."""
        estate, edition = self.estate, self.apps[0].edition
        estate.editions[edition.vendor] = edition.id
        shared = {
            app.key: self._class(app, SharedPrincipal)(app.app.name, SharedPrincipalArgs(app), self.opts)
            for app in self._of(AppKind.SHARED_PRINCIPAL)
        }
        claims = _join([principal.claims() for principal in shared.values()])
        registrations: dict[str, AppRegistration] = {}
        for app in self.own:
            args = AppRegistrationArgs(app, self.caller, dict(registrations), None if registrations else claims)
            registrations[app.key] = self._class(app, AppRegistration)(app.app.name, args, self.opts)
        estate.registrations.update(registrations)
        estate.shared_principals.update(shared)
        for app in self._of(AppKind.ENTERPRISE_APP):
            enterprise_app = self._class(app, EnterpriseApp)(app.app.name, EnterpriseAppArgs(app), self.opts)
            estate.enterprise_apps[app.key] = enterprise_app

    def grant(self, after: Sequence[pulumi.Resource]) -> None:
        """Register the consents on the shared principals, after everything else."""
        registrations = {app.key: self.estate.registrations[app.key] for app in self.own}
        claimant = next((registration.client_id for registration in registrations.values()), None)
        apis = {key: registration.api for key, registration in registrations.items()}
        for app in self._of(AppKind.SHARED_PRINCIPAL):
            self.estate.shared_principals[app.key].grant(apis, claimant, after)

    def _of(self, kind: AppKind) -> list[StackApp]:
        return [app for app in self.apps if app.kind is kind]

    def _class(self, app: StackApp, generic: type[_Generic]) -> type[_Generic]:
        """Return the project's own class for an app, else the generic one of its kind."""
        own = self.classes.get((app.vendor, app.key), generic)
        if not issubclass(own, generic):
            raise UsageError(
                f"the class {own.__name__} stands for {app.title}, a {app.kind.value}, and is no {generic.__name__};"
                f" make it a subclass of lockstep.components.{generic.__name__}"
            )
        return own


def _by_app(components: Sequence[type[pulumi.ComponentResource]]) -> Classes:
    """Return a project's own classes by vendor and app; UsageError for one that stands for no app, or for another's."""
    catalogue = load()
    classes: Classes = {}
    for component in components:
        vendor, key = getattr(component, "vendor", ""), getattr(component, "app", "")
        # The newest edition first: most often it is the only one that has to be read.
        dates = reversed(catalogue.dates(vendor)) if vendor in catalogue.vendors else ()
        if not any(app.key == key for date in dates for app in catalogue.edition(vendor, date).apps):
            editions = [edition for name in catalogue.vendors for edition in catalogue.editions(name)]
            words = sorted({f"{edition.vendor} {app.key}" for edition in editions for app in edition.apps})
            raise UsageError(
                f"the class {component.__name__} says vendor {vendor!r} and app {key!r}, which the catalogue does not"
                f" have; it has {', '.join(words)}{nearest(f'{vendor} {key}', words)}"
            )
        if classes.setdefault((vendor, key), component) is not component:
            other = classes[vendor, key].__name__
            raise UsageError(f"the classes {other} and {component.__name__} both stand for {vendor} {key}; keep one")
    return classes


def _join(claims: list[pulumi.Output[list[str]]]) -> pulumi.Output[list[str]] | None:
    # One marker, however many shared principals there are.
    if not claims:
        return None
    joined = pulumi.Output.all(*claims)
    return joined.apply(lambda parts: list(dict.fromkeys(tag for part in parts for tag in part)))
