"""What an audit looks at: the apps of a stack, or of vendors where there is no stack, and what to ask a tenant for.

Pure; asks nobody. Nothing in a question comes from a tenant, so its size depends on our apps only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lockstep.audit.reading import Question
from lockstep.catalogue import CURRENT, App, AppKind, Edition, load
from lockstep.components.app_registration import identifier_uri
from lockstep.errors import SettingError
from lockstep.settings.checks import editions
from lockstep.settings.model import Settings
from lockstep.settings.stack_app import Expected, expectations, expected_of


@dataclass(frozen=True)
class Subject:
    """One app to audit. `owners` are those that a stack declares; None where nothing is declared."""

    expected: Expected
    names: tuple[str, ...] = ()
    """The documented names of every registration of the vendor, to tell an environment from a look-alike."""
    uris: tuple[str, ...] = ()
    """The identifier URIs that only our application has."""
    owners: frozenset[str] | None = None
    kept_scopes: frozenset[str] = frozenset()
    """Exposed scopes that an adopted application had and keeps, beside the documented ones."""
    optional: bool = False
    """Whether it may be absent."""

    @property
    def app(self) -> App:
        """The documented app."""
        return self.expected.app


@dataclass(frozen=True)
class Plan:
    """What to audit in one tenant, by which editions."""

    subjects: tuple[Subject, ...]
    editions: tuple[Edition, ...]


def of_stack(settings: Settings) -> Plan:
    """Return the apps that a stack deploys, less what it withholds."""
    found = editions(settings, load(), lambda setting, text: SettingError(f"{setting} {text}"))
    owners = frozenset(settings.owners) or None
    return _plan(settings, expectations(settings), tuple(found.values()), owners, optional=False)


def of_vendors(
    tenant: str, vendors: Sequence[str], edition: str = CURRENT, *, atera_client_id: str | None = None
) -> Plan:
    """Return every app of vendors, as documented on the day `edition`; CatalogueError for what does not exist.

    Optional apps are audited where they are there. An enterprise app whose client id is not given is not guessed.
    """
    found = tuple(load().edition_as_of(vendor, edition) for vendor in vendors)
    settings = Settings.model_construct(
        target=tenant, vendors=tuple(vendors), edition=CURRENT, atera_client_id=atera_client_id
    )
    expected = [expected_of(settings, app, each.vendor, each.id) for each in found for app in each.apps]
    return _plan(settings, expected, found, None, optional=True)


def _plan(
    settings: Settings,
    expected: Sequence[Expected],
    found: tuple[Edition, ...],
    owners: frozenset[str] | None,
    *,
    optional: bool,
) -> Plan:
    names = {
        edition.vendor: tuple(app.name for app in edition.apps if app.kind is AppKind.REGISTRATION) for edition in found
    }
    subjects = tuple(
        Subject(
            each,
            names=names[each.vendor],
            uris=_uris(settings, each),
            owners=owners if each.kind is AppKind.REGISTRATION else None,
            kept_scopes=_kept_scopes(settings, each),
            optional=optional and each.app.optional,
        )
        for each in expected
    )
    return Plan(subjects, found)


def _uris(settings: Settings, each: Expected) -> tuple[str, ...]:
    """Return the identifier URIs that prove an application to be ours: those that an adopted one keeps, or our own."""
    adopted = settings.adopted.get(each.app.key)
    if adopted is not None:
        return adopted.identifier_uris
    if each.kind is not AppKind.REGISTRATION or not each.app.exposes:
        return ()
    return (identifier_uri(settings.tenant_id, each.vendor, each.app.key, settings.name_suffix or ""),)


def _kept_scopes(settings: Settings, each: Expected) -> frozenset[str]:
    adopted = settings.adopted.get(each.app.key)
    return frozenset(scope.value for scope in adopted.scopes) if adopted is not None else frozenset()


def question(subjects: Iterable[Subject], tenant: str) -> Question:
    """Return what to ask a tenant for these apps."""
    app_ids: set[str] = set()
    own_ids: set[str] = set()
    names: set[str] = set()
    beginnings: set[str] = set()
    application_uris: set[str] = set()
    principal_uris: set[str] = set()
    for subject in subjects:
        each = subject.expected
        if each.kind is AppKind.SHARED_PRINCIPAL:
            for principal in each.app.principals:
                app_ids |= {principal.app_id} if principal.app_id else set()
                principal_uris |= set(each.uris(principal, tenant))
                names.add(principal.name)
            continue
        known = {each.client_id} if each.client_id else set()
        own_ids |= known if each.kind is AppKind.REGISTRATION else set()
        app_ids |= known
        application_uris |= set(subject.uris)
        beginnings.add(beginning(each.app.name))
        names |= {each.name} if not each.name.startswith(beginning(each.app.name)) else set()
    return Question(
        app_ids=frozenset(app_ids),
        own_ids=frozenset(own_ids),
        names=frozenset(names),
        beginnings=frozenset(beginnings),
        application_uris=frozenset(application_uris),
        principal_uris=frozenset(principal_uris),
    )


def beginning(name: str) -> str:
    """Return the first word of a name: what look-alikes of it begin with too."""
    found = re.match(r"\w+", name)
    return found[0] if found else name
