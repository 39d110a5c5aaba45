"""What the catalogue says each app of a stack must look like in the tenant. Asks nobody.

An expectation is made from the documented permissions and the settings alone; what was deployed has no say.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.catalogue import App, AppKind, DocumentedPermission, Principal, load
from lockstep.errors import SettingError
from lockstep.settings.checks import apps, editions, selected
from lockstep.settings.model import Settings

SIGN_IN_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})


@dataclass(frozen=True)
class Expected:
    """One app as documented, less what the customer withholds."""

    app: App
    vendor: str
    edition: str
    name: str
    wanted: tuple[DocumentedPermission, ...]
    tolerated: tuple[DocumentedPermission, ...]
    client_id: str = ""
    """The app id of an enterprise app, and of an adopted registration where the stack file has it."""
    extras_stay: bool = False
    required: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    withheld: tuple[DocumentedPermission, ...] = ()
    one_of: bool = False
    """Whether one of a shared app's principals must be there, whichever."""
    by_admin: bool = False
    """Whether an administrator gives and takes back its consents, and the stack none."""

    @property
    def kind(self) -> AppKind:
        """How the app comes to be in the tenant."""
        return self.app.kind

    def uris(self, principal: Principal, tenant: str) -> tuple[str, ...]:
        """Return the identifier URIs of a shared principal in a tenant."""
        return tuple(uri.replace("{tenant}", tenant) for uri in principal.identifier_uris)


def expectations(settings: Settings) -> list[Expected]:
    """Return what is expected of every app that the stack deploys, in the catalogue's order."""
    found = editions(settings, load(), lambda setting, text: SettingError(f"{setting} {text}"))
    return [
        expected_of(settings, app, edition.vendor, edition.id)
        for edition in found.values()
        for app in apps(settings, edition)
    ]


def expected_of(settings: Settings, app: App, vendor: str, edition: str) -> Expected:
    """Return what is expected of one app of an edition."""
    selection = selected(settings, app)
    withheld = (*selection.withheld, *selection.unused)
    by_admin = settings.by_admin(app.key)
    if app.kind is AppKind.REGISTRATION:
        adopted = settings.adopted.get(app.key)
        return Expected(
            app,
            vendor,
            edition,
            registered_name(settings, app),
            selection.wanted,
            (),
            client_id=(adopted.client_id or "") if adopted else "",
            withheld=withheld,
            by_admin=by_admin,
        )
    if app.kind is AppKind.ENTERPRISE_APP:
        return Expected(
            app,
            vendor,
            edition,
            app.name,
            selection.wanted,
            selection.tolerated,
            withheld=withheld,
            client_id=settings.atera_client_id or "",
            extras_stay=settings.atera_removals == "report",
            by_admin=by_admin,
        )
    either = {"new": {"new"}, "old": {"old"}, "both": {"new", "old"}}
    return Expected(
        app,
        vendor,
        edition,
        app.name,
        selection.wanted,
        (),
        withheld=withheld,
        required=frozenset(either.get(settings.sharepoint, ())),
        withdrawn=frozenset({"old"}) if settings.withdraw else frozenset(),
        one_of=settings.sharepoint == "auto",
        by_admin=by_admin,
    )


def registered_name(settings: Settings, app: App) -> str:
    """Return the display name under which the stack registers an app."""
    adopted = settings.adopted.get(app.key)
    if adopted is not None:
        return adopted.display_name
    return f"{app.name} {settings.name_suffix}" if settings.name_suffix else app.name
