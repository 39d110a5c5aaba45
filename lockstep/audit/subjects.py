"""What an audit looks at: the apps of a stack, or of vendors where there is no stack. Pure; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lockstep.audit.standing import ANY_STACK, StackCommands
from lockstep.catalogue import CURRENT, App, AppKind, Edition, load
from lockstep.components.app_registration import identifier_uri
from lockstep.directory.identification import NOTHING_RECORDED, RecordedIds, SoughtApp, SoughtPrincipal
from lockstep.errors import SettingError
from lockstep.settings.checks import editions
from lockstep.settings.model import Settings
from lockstep.settings.stack_app import Expected, expectations, expected_of, registered_name


@dataclass(frozen=True)
class Subject:
    """One app to look for in a tenant. `owners` are those that a stack declares; None where nothing is declared."""

    expected: Expected
    tenant: str
    uris: tuple[str, ...] = ()
    """The identifier URIs that only our application has."""
    recorded: RecordedIds = NOTHING_RECORDED
    """The ids that the stack's state has for it."""
    owners: frozenset[str] | None = None
    kept_scopes: frozenset[str] = frozenset()
    """Exposed scopes that an adopted application had and keeps, beside the documented ones."""
    optional: bool = False
    """Whether it may be absent."""

    @property
    def app(self) -> App:
        """The documented app."""
        return self.expected.app

    @property
    def sought(self) -> SoughtApp:
        """Everything that the app can be recognised by."""
        expected = self.expected
        return SoughtApp(
            vendor=expected.vendor,
            key=self.app.key,
            kind=expected.kind,
            name=expected.name,
            documented=self.app.name,
            app_id=expected.client_id,
            uris=self.uris,
            scopes=frozenset(scope.value for scope in self.app.exposes),
            principals=tuple(
                SoughtPrincipal(
                    principal.key, principal.name, principal.app_id or "", expected.uris(principal, self.tenant)
                )
                for principal in self.app.principals
            ),
            recorded=self.recorded,
        )


@dataclass(frozen=True)
class AuditPlan:
    """What to audit in one tenant, by which editions."""

    subjects: tuple[Subject, ...]
    editions: tuple[Edition, ...] = ()
    names: frozenset[str] = field(default_factory=lambda: documented_names(None))
    """The names of every documented registration, to tell an environment and a neighbour from a look-alike."""

    commands: StackCommands = ANY_STACK
    """How the stack's commands are typed, for what the audit advises."""

    @property
    def sought(self) -> list[SoughtApp]:
        """The apps to look for, in their order."""
        return [subject.sought for subject in self.subjects]

    def with_recorded(self, recorded: Mapping[str, RecordedIds]) -> AuditPlan:
        """Return the plan with the ids that a stack's state has, by the documented names of the apps."""
        subjects = [replace(app, recorded=recorded.get(app.app.name, NOTHING_RECORDED)) for app in self.subjects]
        return replace(self, subjects=tuple(subjects))


def of_stack(settings: Settings, commands: StackCommands = ANY_STACK) -> AuditPlan:
    """Return the apps that a stack deploys, less what it withholds."""
    by_vendor = editions(settings, load(), lambda setting, text: SettingError(f"{setting} {text}"))
    owners = frozenset(settings.owners) or None
    subjects = _subjects(settings, expectations(settings), owners, optional=False)
    return AuditPlan(subjects, tuple(by_vendor.values()), documented_names(settings), commands)


def of_vendors(
    tenant: str, vendors: Sequence[str], edition: str = CURRENT, *, atera_client_id: str | None = None
) -> AuditPlan:
    """Return every app of vendors, as documented on the day `edition`; CatalogueError for what does not exist.

    Optional apps are audited where they are there. An enterprise app whose client id is not given is not guessed.
    """
    by_vendor = tuple(load().edition_as_of(vendor, edition) for vendor in vendors)
    settings = Settings.model_construct(
        target=tenant, vendors=tuple(vendors), edition=CURRENT, atera_client_id=atera_client_id
    )
    expected = [expected_of(settings, app, one.vendor, one.id) for one in by_vendor for app in one.apps]
    return AuditPlan(_subjects(settings, expected, None, optional=True), by_vendor)


def documented_names(settings: Settings | None) -> frozenset[str]:
    """Return the names of every registration of the catalogue, as documented and as this stack would call them."""
    of_catalogue = [edition for vendor in load().vendors for edition in load().editions(vendor)]
    apps = [app for edition in of_catalogue for app in edition.apps if app.kind is AppKind.REGISTRATION]
    names = {app.name for app in apps}
    return frozenset(names | {registered_name(settings, app) for app in apps} if settings else names)


def _subjects(
    settings: Settings,
    expected: Iterable[Expected],
    owners: frozenset[str] | None,
    *,
    optional: bool,
) -> tuple[Subject, ...]:
    return tuple(
        Subject(
            app,
            settings.tenant_id,
            uris=_uris(settings, app),
            owners=owners if app.kind is AppKind.REGISTRATION else None,
            kept_scopes=_kept_scopes(settings, app),
            optional=optional and app.app.optional,
        )
        for app in expected
    )


def _uris(settings: Settings, expected: Expected) -> tuple[str, ...]:
    """Return the identifier URIs that prove an application to be ours: those that an adopted one keeps, or our own."""
    adopted = settings.adopted.get(expected.app.key)
    if adopted is not None:
        return adopted.identifier_uris
    if expected.kind is not AppKind.REGISTRATION or not expected.app.exposes:
        return ()
    return (identifier_uri(settings.tenant_id, expected.vendor, expected.app.key, settings.name_suffix or ""),)


def _kept_scopes(settings: Settings, expected: Expected) -> frozenset[str]:
    adopted = settings.adopted.get(expected.app.key)
    return frozenset(scope.value for scope in adopted.scopes) if adopted is not None else frozenset()
