"""What the pack judges by: the stack's settings, the editions that it declares, the exceptions, the resources.

Read once at the start, from the environment that the engine gives the pack and from the pack's own folder. What cannot
be read stops the pack, and with it the whole run.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lockstep.catalogue import AppKind, public_apps
from lockstep.errors import SettingError, UsageError
from lockstep.policy.exceptions import CLOSED, Exceptions, Excusable, StackException, read_exceptions
from lockstep.policy.reading import UNKNOWN, text
from lockstep.policy.rule import Resource
from lockstep.resource_types import COMPONENTS
from lockstep.settings.model import Settings
from lockstep.settings.reading import names, read_settings
from lockstep.settings.stack_app import StackApp, stack_apps


@dataclass
class World:
    """Everything that a rule may look at besides the resource itself."""

    settings: Settings
    apps: Mapping[tuple[str, str], StackApp]
    exceptions: Exceptions
    stack: str
    today: datetime.date
    resources: dict[str, Resource] = field(default_factory=dict)
    components: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    used: set[StackException] = field(default_factory=set)

    def see(self, resource: Resource) -> None:
        """Remember a resource: parents come before their children, and all of them before the stack is judged."""
        self.resources[resource.urn] = resource
        app = self.anchor(resource.urn)
        if app is not None:
            self.components.setdefault(app, set()).add(resource.urn)

    def anchor(self, urn: str) -> tuple[str, str] | None:
        """Return vendor and key of the app that the component at a URN names itself for: its children's app.

        None when there is no such component, or it does not say who it is.
        """
        component = self.resources.get(urn)
        return _named(component) if component is not None and component.type.startswith(COMPONENTS) else None

    def app_of(self, resource: Resource) -> StackApp | None:
        """Return the declared app whose component a resource stands in, or None."""
        app = self.anchor(resource.parent)
        return self.apps.get(app) if app else None

    def app_named(self, resource: Resource) -> StackApp | None:
        """Return the declared app that a resource names in its own inputs, or None."""
        app = _named(resource)
        return self.apps.get(app) if app else None

    def covers(self, resource: Resource) -> bool:
        """Tell whether a resource is judged: all of them, or with `scope: vendors` those of the vendors' apps."""
        if self.exceptions.scope(self.stack, self.today) == CLOSED:
            return True
        return resource.type.startswith("entraconsent:") or any(
            type_.startswith(COMPONENTS) for type_ in resource.chain
        )

    def exception(self, rule: Excusable, resource: Resource) -> StackException | None:
        """Return the exception to a rule for a resource, expired or not, or None."""
        if not rule.excusable:
            return None
        return self.exceptions.find(rule.name, self.stack, resource.type, resource.name)

    def exceptions_in_force(self) -> list[StackException]:
        """Return the exceptions of this stack that have not expired."""
        return [
            exception
            for exception in self.exceptions.exceptions
            if exception.stack == self.stack and exception.expires >= self.today
        ]

    def named_in_exception(self, resource: Resource) -> bool:
        """Tell whether an exception in force names this very resource."""
        named = [(exception.type, exception.resource) for exception in self.exceptions_in_force()]
        return (resource.type, resource.name) in named

    @cached_property
    def shared_addresses(self) -> frozenset[str]:
        """The app ids and identifier URIs of every principal that the stack shares with others."""
        return frozenset(
            address
            for declared in self.apps.values()
            for principal in declared.app.principals
            for address in (principal.app_id, *declared.uris(principal))
            if address
        )

    @cached_property
    def foreign_clients(self) -> frozenset[str]:
        """The app ids of principals that are never ours: Microsoft's, the shared ones, and the vendor's own."""
        # Also of a vendor that this stack does not deploy: its principal is not ours either.
        vendors = {setting.client_id for setting in self.settings.apps.values() if setting.client_id}
        vendors |= {app.client_id for app in self.apps.values() if app.kind is AppKind.ENTERPRISE_APP}
        return frozenset({*public_apps(), *self.shared_addresses, *vendors})


def _named(resource: Resource) -> tuple[str, str] | None:
    """Return vendor and key of the app that a resource names in its inputs, or None where it does not name one."""
    vendor, app = text(resource.props, "vendor"), text(resource.props, "app")
    return None if vendor is UNKNOWN or app is UNKNOWN else (vendor, app)


def read_world(
    folder: Path, environ: Mapping[str, str], rules: Mapping[str, Excusable], today: datetime.date | None = None
) -> World:
    """Return the world of the stack that the engine runs; LockstepError when it cannot be read.

    `folder` is the pack's own, which holds exceptions.yaml. `rules` are those that an exception may name. `today` is
    the day by which exceptions and passwords are judged: this one, in UTC, unless given.
    """
    project, stack = environ.get("PULUMI_PROJECT", ""), environ.get("PULUMI_STACK", "")
    if not project or not stack:
        raise UsageError(
            "the engine did not say which stack this is, so nothing can be judged; run the pack by `pulumi preview` or "
            "`pulumi up` with --policy-pack"
        )
    today = today or datetime.datetime.now(datetime.UTC).date()
    exceptions = read_exceptions(folder / "exceptions.yaml", rules, today)
    settings = _settings(project, stack, environ.get("PULUMI_CONFIG", ""), exceptions.scope(stack, today))
    apps = {(app.vendor, app.key): app for app in stack_apps(settings)}
    return World(settings, apps, exceptions, stack, today)


def _settings(project: str, stack: str, document: str, scope: str) -> Settings:
    try:
        config = json.loads(document)
    except ValueError:
        raise SettingError(f"stack {stack}: its settings did not reach the policy pack") from None
    if scope != CLOSED:
        # A larger program has settings of its own beside ours.
        ours = {f"{project}:{name}" for name in names()}
        config = {key: text for key, text in config.items() if key in ours or not key.startswith(f"{project}:")}
    return read_settings(config, where=f"Pulumi.{stack}.yaml", namespace=project)
