"""What a vendor documents, as frozen values: edition, app, permission and what is said about them.

Values only: reading and checking files is `loader`'s work. Knows nothing of YAML, Pulumi or Graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from lockstep.catalogue.api import Api
from lockstep.catalogue.permission import OWN_API, ClientId, OwnApi, Permission, PermissionType, permission_title
from lockstep.errors import CatalogueError, nearest


class AppKind(StrEnum):
    """Whose object the app is: ours to create, Microsoft's and shared, or the vendor's multi-tenant app."""

    REGISTRATION = "registration"
    SHARED_PRINCIPAL = "shared-principal"
    ENTERPRISE_APP = "enterprise-app"


class EditionBasis(StrEnum):
    """Whether the vendor's document was read, the edition is concluded from a later one, or a tenant was looked at.

    What was only observed in a tenant is no edition yet: no stack can deploy it until a person names a source.
    """

    DOCUMENTED = "documented"
    RECONSTRUCTED = "reconstructed"
    OBSERVED = "observed"


class Basis(StrEnum):
    """How sure the type of a permission is."""

    STATED = "stated"
    INFERRED = "inferred"
    POSSIBLE = "possible"
    LIKELY = "likely"


class Capability(StrEnum):
    """Whether a permission can change anything."""

    READ = "read"
    WRITE = "write"


ONLY_WITH = "only-with-"
"""What `when_used` begins with, before the feature, where a vendor uses a permission only for one of its features."""
NOT_STATED = "not-stated"
"""What stands in an edition where the vendor says nothing."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text of the vendor that facts of an edition were taken from. `sha256` is that of the text that was read."""

    key: str
    title: str
    publisher: str
    retrieved: str
    sha256: str | None = None
    url: str | None = None
    note: str | None = None

    @property
    def cited(self) -> str:
        """The text as a message names it."""
        return f'"{self.title}" ({self.publisher}, read {self.retrieved})'

    @property
    def reference(self) -> str:
        """The text with its address, where it has one."""
        return f"{self.cited}: {self.url}" if self.url else self.cited


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of the vendor's product that permissions depend on.

    `used` says when the vendor uses such a permission, and `lost` what the customer goes without when it is withheld.
    """

    key: str
    name: str
    used: str
    lost: str


@dataclass(frozen=True, slots=True)
class PublishedId:
    """The app id that a vendor publishes for its multi-tenant app: the same in every tenant."""

    id: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class DirectoryRole:
    """A directory role that a vendor asks to be given to an app's service principal.

    The template id is that of the role in every tenant. An `optional` role serves only the purpose that is given.
    """

    template_id: str
    name: str
    optional: bool
    purpose: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the vendor says of consents that were given before a day and have to be given again."""

    before: str
    says: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a vendor says of itself, with Microsoft's rule beside it; `differs` where the two disagree."""

    key: str
    says: str
    microsoft: str | None
    differs: bool
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """Something the vendor wrote that cannot be right, and why."""

    written_as: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A lesser permission that the vendor considered and rejected, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """Where the vendor's article names a permission, in the article's own words; type None where it gives none."""

    section: str
    api: str
    name: str
    type: PermissionType | None
    has_purpose: bool

    def document(self) -> dict[str, str | bool | None]:
        """Return the row as JSON values."""
        return {
            "section": self.section,
            "api": self.api,
            "name": self.name,
            "type": self.type.value if self.type else None,
            "hasPurpose": self.has_purpose,
        }


@dataclass(frozen=True, slots=True)
class PageText:
    """A text on a vendor's page: its digest, the heading above it, and its place.

    `supports` names what of an edition rests on it: `statements/KEY`, `features/KEY`, `footnotes/TYPE`, `apps/KEY`, or
    `rows/NAME` for the row that it stands in.
    """

    digest: str
    section: str
    place: str
    supports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentedScope:
    """A scope that an app offers to other apps. `stable_id` is known before the app is created."""

    value: str
    type: Literal["Admin", "User"]
    admin_consent_display_name: str
    admin_consent_description: str
    stable_id: str


@dataclass(frozen=True, slots=True)
class DocumentedPrincipal:
    """One of the service principals behind a shared principal, known by app id or by identifier URI.

    In an identifier URI `{tenant}` stands for the tenant id.
    """

    key: str
    name: str
    app_id: str | None
    identifier_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentedPermission:
    """One permission that a vendor documents for an app.

    `row` is where the vendor's text names it, `source` that text. `correction` is set where the vendor's name for it
    does not exist, `misdescribed` where its description is another permission's. `allows` is what the vendor says the
    permission can do, `purpose` what the vendor needs it for, `feature` what of the product needs it; None means that
    the vendor does not say.
    """

    api: str
    api_name: str
    name: str
    type: PermissionType
    id: str
    permission: Permission
    basis: Basis
    capability: Capability
    feature: Feature | None
    label: str
    purpose: str | None
    row: ArticleRow
    source: Source = field(compare=False)
    group: str | None = None
    allows: str | None = None
    limits: tuple[str, ...] = ()
    correction: Correction | None = None
    misdescribed: Correction | None = None
    rejected: tuple[Alternative, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the vendor certainly asks for it; what is only possible or likely is tolerated, never added."""
        return self.basis in (Basis.STATED, Basis.INFERRED)

    @property
    def when_used(self) -> str:
        """When the vendor says that it is used, as an edition file has it."""
        return f"{ONLY_WITH}{self.feature.key}" if self.feature else NOT_STATED

    @property
    def on_own_api(self) -> bool:
        """Whether it is a scope that another app of the same vendor exposes."""
        return self.permission.api.startswith(OWN_API)

    @property
    def title(self) -> str:
        """The permission for a person: API, type and name."""
        return permission_title(self.api_name, self.type.value, self.name)


@dataclass(frozen=True, slots=True)
class App:
    """One application of a vendor, with everything documented about it."""

    key: str
    name: str
    kind: AppKind
    role: str
    created_by: str | None
    optional: bool
    optional_reason: str | None
    managed_at: str
    section: str | None
    permissions: tuple[DocumentedPermission, ...]
    source: Source = field(compare=False)
    client_id: PublishedId | None = None
    directory_roles: tuple[DirectoryRole, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    warnings: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    principals: tuple[DocumentedPrincipal, ...] = ()
    documented_on: str | None = None
    exposes: tuple[DocumentedScope, ...] = ()

    def find(self, api: str, type: PermissionType, name: str) -> DocumentedPermission | None:
        """Return the documented permission of this API key, type and name, or None."""
        name_in_full = (api, type, name)
        return next((entry for entry in self.permissions if (entry.api, entry.type, entry.name) == name_in_full), None)

    def principal(self, key: str) -> DocumentedPrincipal:
        """Return one of the principals behind a shared principal by its key."""
        for principal in self.principals:
            if principal.key == key:
                return principal
        keys = [principal.key for principal in self.principals]
        raise CatalogueError(f"{self.name} has no principal {key!r}; {_have(keys)}{nearest(key, keys)}")


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated state of a vendor's documentation. `id` and `valid_from` are the same date, as text.

    `vendor` is the vendor's key, `name` what it is called.
    """

    vendor: str
    name: str
    id: str
    valid_from: str
    product_version: str | None
    basis: EditionBasis
    basis_reason: str | None
    sources: tuple[Source, ...]
    features: tuple[Feature, ...]
    footnotes: Mapping[PermissionType, str]
    statements: tuple[Statement, ...]
    apps: tuple[App, ...]
    apis: Mapping[str, Api]

    @property
    def source(self) -> Source:
        """The text that the edition was taken from in the first place; a fact from another one names that."""
        return self.sources[0]

    def app(self, key: str) -> App:
        """Return the app with this key; CatalogueError, naming the nearest, when there is none."""
        for app in self.apps:
            if app.key == key:
                return app
        keys = [app.key for app in self.apps]
        raise CatalogueError(f"{self.vendor} {self.id} has no app {key!r}; {_have(keys)}{nearest(key, keys)}")


def tenant_ids(entry: DocumentedPermission, own: Mapping[str, OwnApi[ClientId]]) -> tuple[str | ClientId, str]:
    """Return the app id of the API and the id under which a tenant knows a documented permission.

    `own` holds the vendor's own apps that are known there, by app key. A scope of one that is not keeps the
    catalogue's id, and `app:<key>` in place of the app id.
    """
    api = own.get(entry.api) if entry.on_own_api else None
    return (entry.permission.api, entry.id) if api is None else (api.client_id, api.scope_ids.get(entry.name, entry.id))


def _have(keys: list[str]) -> str:
    return f"it has {', '.join(keys)}" if keys else "it has none"
