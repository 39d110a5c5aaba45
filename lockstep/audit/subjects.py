"""What an audit looks at: the apps of a stack, or of vendors where there is no stack. Pure; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lockstep.audit.standing import ANY_STACK, StackCommands
from lockstep.catalogue import CURRENT, AppKind, Edition, load
from lockstep.directory.identification import NOTHING_RECORDED, RecordedIds, SoughtApp, SoughtPrincipal
from lockstep.settings.model import Settings
from lockstep.settings.stack_app import StackApp, editions, stack_apps, vendor_apps


@dataclass(frozen=True)
class AuditPlan:
    """What to audit in one tenant, by which editions."""

    apps: tuple[StackApp, ...]
    editions: tuple[Edition, ...] = ()
    names: frozenset[str] = field(default_factory=lambda: documented_names(()))
    """The names of every documented registration, to tell an environment and a neighbour from a look-alike."""

    commands: StackCommands = ANY_STACK
    """How the stack's commands are typed, for what the audit advises."""
    recorded: Mapping[str, RecordedIds] = field(default_factory=dict)
    """The ids that a stack's state has, by the documented names of the apps."""

    @property
    def sought(self) -> list[SoughtApp]:
        """The apps to look for, in their order, with everything that they can be recognised by."""
        return [_sought(app, self.recorded.get(app.app.name, NOTHING_RECORDED)) for app in self.apps]

    def with_recorded(self, recorded: Mapping[str, RecordedIds]) -> AuditPlan:
        """Return the plan with the ids that a stack's state has, by the documented names of the apps."""
        return replace(self, recorded=recorded)


def of_stack(settings: Settings, commands: StackCommands = ANY_STACK) -> AuditPlan:
    """Return the apps that a stack deploys, less what it withholds."""
    apps = tuple(stack_apps(settings))
    by_vendor = editions(settings, load())
    return AuditPlan(apps, tuple(by_vendor.values()), documented_names(apps, settings.name_suffix or ""), commands)


def of_vendors(
    tenant: str, vendors: Sequence[str], edition: str = CURRENT, *, client_ids: Mapping[str, str] | None = None
) -> AuditPlan:
    """Return every app of vendors, as documented on the day `edition`; CatalogueError for what does not exist.

    Optional apps are audited where they are there. An enterprise app whose id is not among `client_ids` (by app key) is
    not guessed.
    """
    by_vendor = tuple(load().edition_as_of(vendor, edition) for vendor in vendors)
    return AuditPlan(tuple(vendor_apps(tenant, by_vendor, client_ids or {})), by_vendor)


def documented_names(apps: Iterable[StackApp], suffix: str = "") -> frozenset[str]:
    """Return the names of every registration of the catalogue, as documented and as a stack would call them."""
    of_catalogue = [edition for vendor in load().vendors for edition in load().editions(vendor)]
    names = {app.name for edition in of_catalogue for app in edition.apps if app.kind is AppKind.REGISTRATION}
    suffixed = {f"{name} {suffix}" for name in names} if suffix else set()
    return frozenset(names | suffixed | {app.name for app in apps if app.kind is AppKind.REGISTRATION})


def _sought(app: StackApp, recorded: RecordedIds) -> SoughtApp:
    return SoughtApp(
        vendor=app.vendor,
        key=app.key,
        kind=app.kind,
        name=app.name,
        documented=app.app.name,
        app_id=app.client_id,
        uris=app.identifier_uris,
        scopes=frozenset(scope.value for scope in app.app.exposes),
        principals=tuple(
            SoughtPrincipal(principal.key, principal.name, principal.app_id or "", app.uris(principal))
            for principal in app.app.principals
        ),
        recorded=recorded,
    )
