"""What settings must be against the catalogue and against each other.

Each check names one setting and says what is allowed. Knows no files and no Pulumi.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lockstep.catalogue import App, AppKind, Catalogue, DocumentedPermission, Edition
from lockstep.errors import CatalogueError, SettingError, nearest
from lockstep.settings.selection import Selection, select
from lockstep.settings.shapes import CURRENT

if TYPE_CHECKING:
    from lockstep.settings.model import Settings

Refuse = Callable[[str, str], SettingError]
"""Makes the error for a setting from its name and the objection."""


def check(settings: Settings, catalogue: Catalogue, refuse: Refuse) -> None:
    """Raise SettingError for the first setting that the catalogue or another setting does not allow."""
    for vendor in settings.vendors:
        _known(vendor, catalogue.vendors, "vendors", "a vendor of the catalogue", refuse)
    found = editions(settings, catalogue, refuse)
    _check_apps(settings, found, refuse)
    if settings.withdraw and settings.sharepoint != "new":
        raise refuse("withdraw", "takes scopes off the old SharePoint principal and needs sharepoint: new")
    deployed = [app for edition in found.values() for app in apps(settings, edition)]
    if settings.atera_client_id is None and any(app.kind is AppKind.ENTERPRISE_APP for app in deployed):
        raise refuse(
            "ateraClientId",
            "is missing: Atera does not publish its client id; take it from the Application ID of the enterprise app"
            " in a tenant that has it, or from the client_id in the address of Atera's consent page, or leave atera"
            " out of vendors",
        )
    _check_withheld(settings, deployed, refuse)


def editions(settings: Settings, catalogue: Catalogue, refuse: Refuse) -> dict[str, Edition]:
    """Return the edition of each vendor that the stack deploys."""
    return {vendor: _edition(settings, vendor, catalogue, refuse) for vendor in settings.vendors}


def apps(settings: Settings, edition: Edition) -> list[App]:
    """Return the apps of an edition that the stack deploys, in the catalogue's order."""
    return [app for app in edition.apps if not app.optional or app.key in settings.optional_apps]


def selected(settings: Settings, app: App) -> Selection:
    """Return what the stack does with each documented permission of an app that it deploys."""
    return select(app, settings.withheld(app.key), settings.atera_twins, robin=settings.atera_robin)


def decisions(settings: Settings, app: App, selection: Selection) -> list[tuple[DocumentedPermission, str]]:
    """Return what is withheld of an app, each with the reason and who decided."""
    made = [f"{each.reason}; {each.by}" for each in settings.withhold if each.app == app.key]
    unused = [(entry, "ateraRobin: false") for entry in selection.unused]
    return [*zip(selection.withheld, made, strict=True), *unused]


def _edition(settings: Settings, vendor: str, catalogue: Catalogue, refuse: Refuse) -> Edition:
    own = {"atlas": settings.atlas_edition, "atera": settings.atera_edition}.get(vendor)
    setting, date = (f"{vendor}Edition", own) if own else ("edition", settings.edition)
    dates = catalogue.dates(vendor)
    if date is None and settings.is_local:
        date = CURRENT
    if date is None:
        raise refuse(setting, f"is missing; {vendor} has {', '.join(dates)}")
    if date == CURRENT and not settings.is_local:
        message = f"is {CURRENT!r}, which only target: local may have; pin a date ({vendor} has {', '.join(dates)})"
        raise refuse(setting, f"{message}, so that no update of Lockstep changes a tenant by itself")
    try:
        if own and date != CURRENT:
            return catalogue.edition(vendor, date)
        _refuse_future(settings, date, catalogue)
        return catalogue.edition_as_of(vendor, date)
    except CatalogueError as error:
        hint = "" if own else f"; {vendor}Edition pins {vendor} alone"
        raise refuse(setting, f"is not usable: {error}{hint}") from None


def _refuse_future(settings: Settings, date: str, catalogue: Catalogue) -> None:
    # A date ahead of the catalogue would take up each edition that a later release of Lockstep brings.
    newest = max(catalogue.dates(vendor)[-1] for vendor in settings.vendors)
    if date != CURRENT and date > newest:
        raise CatalogueError(f"{date} is later than the newest edition of these vendors, {newest}; pin that date")


def _check_apps(settings: Settings, found: dict[str, Edition], refuse: Refuse) -> None:
    everything = [app for edition in found.values() for app in edition.apps]
    optional = [app.key for app in everything if app.optional]
    for key in settings.optional_apps:
        _known(key, optional, "optionalApps", "an optional app of these vendors", refuse)
    deployed = [app for edition in found.values() for app in apps(settings, edition)]
    own = [app.key for app in deployed if app.kind is AppKind.REGISTRATION]
    for setting, keys in (
        ("certificates", settings.certificates),
        ("federatedCredentials", settings.federated_credentials),
        ("adopted", settings.adopted),
    ):
        for key in keys:
            _known(key, own, setting, "an app that this stack registers", refuse)
    for key, credentials in settings.federated_credentials.items():
        names = [credential.name for credential in credentials]
        for name in names:
            if names.count(name) > 1:
                raise refuse("federatedCredentials", f"of {key} has the name {name!r} twice")
    _check_adopted(settings, deployed, refuse)


def _check_adopted(settings: Settings, deployed: list[App], refuse: Refuse) -> None:
    exposes = {app.key: [scope.value for scope in app.exposes] for app in deployed}
    for key, adopted in settings.adopted.items():
        for scope in adopted.scope_ids:
            _known(scope, exposes[key], "adopted", f"a scope that {key} exposes", refuse)


def _check_withheld(settings: Settings, deployed: list[App], refuse: Refuse) -> None:
    by_key = {app.key: app for app in deployed}
    for entry in settings.withhold:
        _known(entry.app, by_key, "withhold", "an app of this stack", refuse)
    for key in settings.consents:
        _known(key, by_key, "consents", "an app of this stack", refuse)
    for app in by_key.values():
        try:
            selected(settings, app)
        except SettingError as error:
            raise refuse("withhold", f"is not usable: {error}") from None


def _known(word: str, known: Iterable[str], setting: str, what: str, refuse: Refuse) -> None:
    allowed = list(known)
    if word not in allowed:
        listed = f"allowed are {', '.join(allowed)}" if allowed else "there are none"
        raise refuse(setting, f"names {word!r}, which is not {what}; {listed}{nearest(word, allowed)}")
