"""The dossier as frozen values: editions, apps, permissions, and what is said of each. Writers turn it into pages.

Holds the catalogue's own values, what was seen in a tenant, and what was concluded from the two; no sentence is made
here. Every text that was seen in a tenant is hostile until a writer has escaped it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockstep.catalogue import (
    Api,
    ApiPermission,
    App,
    Capability,
    DocumentedPermission,
    Edition,
    EditionDiff,
    Permission,
    PermissionType,
    Remark,
    Risk,
    apis,
    remarks,
)
from lockstep.settings.selection import Withheld
from lockstep.settings.stack_app import StackApp


class Treatment(StrEnum):
    """What becomes of a documented permission."""

    ASKED = "asked"
    POSSIBLE = "possible"
    TOLERATED = "tolerated"
    REFUSED = "refused"
    WITHHELD = "withheld"
    NOT_DEPLOYED = "not-deployed"


class Presence(StrEnum):
    """What a tenant has of a permission, beside what is documented and decided."""

    AS_DOCUMENTED = "as-documented"
    MISSING = "missing"
    EXTRA = "extra"
    WITHHELD = "withheld"
    TOLERATED = "tolerated"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Choices:
    """What one stack wants. `apps` has the apps that it deploys, by vendor and app key, and no others."""

    stack: str
    target: str
    apps: Mapping[tuple[str, str], StackApp]


@dataclass(frozen=True, slots=True)
class TenantGrant:
    """One permission that is in force, configured or missing, and what that makes of it.

    `api` is the API's app id, `api_name` and `name` what the tenant calls the two. `consented`: it is in force.
    """

    api: str
    api_name: str
    type: PermissionType
    name: str
    id: str
    presence: Presence
    consented: bool = True

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What Microsoft remarks on it."""
        return remarks(Permission(self.api, self.type, self.id))


@dataclass(frozen=True, slots=True)
class ObservedRole:
    """A directory role that an app's principal has in the tenant. `scope` is `/` for the whole tenant."""

    id: str
    name: str
    scope: str


@dataclass(frozen=True, slots=True)
class ObservedApp:
    """One app, or one of the principals behind a shared one, as it was found.

    `principal` is the key of that principal, or nothing. `state` is one word: present, absent, disabled.
    """

    vendor: str
    app: str
    display_name: str
    state: str
    grants: tuple[TenantGrant, ...]
    principal: str = ""
    client_id: str = ""
    roles: tuple[ObservedRole, ...] | None = None
    """The directory roles of its principal; None where they were not read."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one reading of a tenant found."""

    tenant_id: str
    tenant_name: str
    read: str
    how: str
    apps: tuple[ObservedApp, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a tenant has of one documented permission, on one principal."""

    where: str
    presence: Presence
    consented: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One documented permission of one app. `change` says how it differs from the edition compared with."""

    anchor: str
    documented: DocumentedPermission
    offered: ApiPermission
    meaning: str | None
    risk: Risk | None
    standing: Treatment
    decision: Withheld | None = None
    change: str | None = None
    sightings: tuple[Sighting, ...] = ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What Microsoft remarks on it."""
        return remarks(self.documented.permission)

    @property
    def tier(self) -> int | None:
        """The public tier, or None where nobody tiered it."""
        return self.risk.tier if self.risk else None

    @property
    def application(self) -> bool:
        """Whether it works without a signed-in user."""
        return self.documented.type is PermissionType.APPLICATION

    @property
    def writes(self) -> bool:
        """Whether it can change anything."""
        return self.documented.capability is Capability.WRITE

    @property
    def requested(self) -> bool:
        """Whether it is one of those that are asked for: not merely possible, and not decided against."""
        return self.standing is Treatment.ASKED


@dataclass(frozen=True, slots=True)
class AppPart:
    """One app of an edition. `deployed` is None where no stack was given."""

    anchor: str
    app: App
    entries: tuple[Entry, ...]
    not_granted: tuple[str, ...]
    deployed: bool | None = None
    by_admin: bool = False
    observed: tuple[ObservedApp, ...] = ()

    @property
    def requested(self) -> tuple[Entry, ...]:
        """The permissions that are asked for."""
        return tuple(entry for entry in self.entries if entry.requested)

    @property
    def others(self) -> tuple[tuple[ObservedApp, TenantGrant], ...]:
        """What the tenant grants beside what is documented: extra and foreign."""
        beyond = (Presence.EXTRA, Presence.FOREIGN)
        return tuple((app, grant) for app in self.observed for grant in app.grants if grant.presence in beyond)


@dataclass(frozen=True, slots=True)
class EditionPart:
    """One edition, and how it differs from others of the same vendor."""

    anchor: str
    edition: Edition
    apps: tuple[AppPart, ...]
    comparisons: tuple[EditionDiff, ...] = ()

    @property
    def title(self) -> str:
        """The vendor's product and who makes it."""
        product, publisher = self.edition.name, self.edition.source.publisher
        return product if product.casefold() == publisher.casefold() else f"{product} by {publisher}"


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that a page says. `prepared` is a day, and None where a page must not change with the calendar."""

    version: str
    parts: tuple[EditionPart, ...]
    prepared: str | None = None
    choices: Choices | None = None
    observed: Observed | None = None

    @property
    def apps(self) -> Iterator[AppPart]:
        """Every app of every edition."""
        for part in self.parts:
            yield from part.apps

    @property
    def entries(self) -> Iterator[Entry]:
        """Every documented permission, in the vendors' order."""
        for part in self.apps:
            yield from part.entries

    @property
    def requested(self) -> tuple[Entry, ...]:
        """The permissions that are asked for."""
        return tuple(entry for entry in self.entries if entry.requested)

    @property
    def apis(self) -> tuple[Api, ...]:
        """The public APIs that documented permissions are on, whose lists their names and ids are from."""
        app_ids = {entry.documented.permission.api for entry in self.entries}
        return tuple(api for api in apis().values() if api.app_id in app_ids)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What Microsoft remarks on any permission here, once each."""
        documented = [remark for entry in self.entries for remark in entry.remarks]
        beyond = [remark for part in self.apps for _app, grant in part.others for remark in grant.remarks]
        return tuple(dict.fromkeys((*documented, *beyond)))
