"""What a tenant shows, as frozen values: applications, service principals, what APIs offer, owners, credentials.

Made from Graph's bodies; asks nobody. No secret and no hint of one gets in. Knows nothing of what a vendor documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.catalogue.permission import Permission, PermissionType
from lockstep.consent import Consent
from lockstep.settings.traits import entry_words, federated, held

Body = Mapping[str, Any]
Traits = Mapping[str, tuple[str, ...]]
"""What an object has beside permissions, as `lockstep.settings.traits` names it, as words."""
_TEXTS = (
    "adminConsentDisplayName",
    "adminConsentDescription",
    "userConsentDisplayName",
    "userConsentDescription",
)


@dataclass(frozen=True)
class AppCredential:
    """Something that lets its holder act as an app. `kind` is secret, certificate or federated; dates as Graph's."""

    id: str
    kind: str
    name: str
    of: str
    """Whether the application or the principal holds it."""
    created: str = ""
    expires: str = ""
    words: str = ""
    """How a stack file names it among what an app keeps: its thumbprint, its key id, or whom it believes."""


@dataclass(frozen=True)
class ScopeRecord:
    """A scope that an application exposes. `type` is Admin or User: who may consent."""

    value: str
    id: str
    enabled: bool
    type: str
    texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What a consent page says of it, by Graph's names."""


@dataclass(frozen=True)
class Owner:
    """Who may change an app. `kind` is user, servicePrincipal and so on; `of` the application or the principal."""

    id: str
    name: str
    kind: str
    of: str


WHOLE_TENANT = "/"


@dataclass(frozen=True)
class HeldRole:
    """A directory role that a principal holds. `scope` is `/` for the whole tenant."""

    id: str
    name: str
    scope: str


@dataclass(frozen=True)
class ApplicationRecord:
    """An app registration of the tenant."""

    object_id: str
    app_id: str
    name: str
    created: str = ""
    deleted: str = ""
    identifier_uris: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    configured: frozenset[Permission] = frozenset()
    scopes: tuple[ScopeRecord, ...] = ()
    credentials: tuple[AppCredential, ...] = ()
    pre_authorized: frozenset[str] = frozenset()
    """App ids of clients that may use its scopes without anybody's consent."""
    audience: str = ""
    """Who can sign in to it, by Graph's word."""
    token_version: int | None = None
    """The version of the tokens that it gets as an API; None where it asks for none."""
    traits: Traits = field(default_factory=dict, hash=False)

    @property
    def title(self) -> str:
        """The application for a person: name and both ids."""
        when = f", deleted {self.deleted[:10]}" if self.deleted else f", of {self.created[:10]}" if self.created else ""
        return f"{self.name!r} (object id {self.object_id}, app id {self.app_id}{when})"

    @property
    def exposes(self) -> frozenset[str]:
        """The values of the scopes that it exposes."""
        return frozenset(scope.value for scope in self.scopes) - {""}

    @classmethod
    def from_graph(cls, body: Body) -> ApplicationRecord:
        """Read Graph's application; what was not asked for counts as empty."""
        api = body.get("api") or {}
        clients = api.get("preAuthorizedApplications") or ()
        return cls(
            object_id=str(body["id"]).lower(),
            app_id=str(body.get("appId") or "").lower(),
            name=str(body.get("displayName") or ""),
            created=str(body.get("createdDateTime") or ""),
            deleted=str(body.get("deletedDateTime") or ""),
            identifier_uris=tuple(map(str, body.get("identifierUris") or ())),
            tags=tuple(map(str, body.get("tags") or ())),
            configured=frozenset(_configured(body)),
            scopes=tuple(map(_scope, api.get("oauth2PermissionScopes") or ())),
            credentials=tuple(_credentials(body, "application")),
            pre_authorized=frozenset(str(client.get("appId") or "").lower() for client in clients),
            audience=str(body.get("signInAudience") or ""),
            token_version=api.get("requestedAccessTokenVersion"),
            traits=held(body),
        )


@dataclass(frozen=True)
class Publisher:
    """The publisher of an application whom Microsoft has verified: its name, and its id at Microsoft."""

    name: str
    id: str
    since: str


@dataclass(frozen=True)
class PrincipalRecord:
    """A service principal of the tenant."""

    object_id: str
    app_id: str
    display_name: str
    enabled: bool
    owner_tenant: str
    names: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()
    created: str = ""
    credentials: tuple[AppCredential, ...] = ()
    traits: Traits = field(default_factory=dict, hash=False)
    publisher: Publisher | None = None

    @property
    def says_of_itself(self) -> str:
        """Whose it is, by its own words: the tenant that it comes from, and the publisher whom Microsoft has verified.

        A name can be anybody's; a verified publisher is one that Microsoft has looked at.
        """
        whose = f"of the organisation {self.owner_tenant}" if self.owner_tenant else "of no named organisation"
        if self.publisher is None:
            return f"{whose}, no verified publisher"
        since = f", since {self.publisher.since[:10]}" if self.publisher.since else ""
        return f"{whose}, verified publisher {self.publisher.name!r} ({self.publisher.id or 'no id'}{since})"

    @classmethod
    def from_graph(cls, body: Body) -> PrincipalRecord:
        """Read Graph's servicePrincipal; what was not asked for counts as empty."""
        return cls(
            object_id=str(body["id"]).lower(),
            app_id=str(body.get("appId") or "").lower(),
            display_name=str(body.get("displayName") or ""),
            enabled=body.get("accountEnabled") is not False,
            owner_tenant=str(body.get("appOwnerOrganizationId") or "").lower(),
            names=frozenset(str(name) for name in body.get("servicePrincipalNames") or ()),
            tags=tuple(str(tag) for tag in body.get("tags") or ()),
            created=str(body.get("createdDateTime") or ""),
            credentials=tuple(_credentials(body, "principal")),
            traits=held(body, principal=True),
            publisher=_publisher(body),
        )


@dataclass(frozen=True)
class Offered:
    """One permission that an API principal offers in this tenant."""

    value: str
    id: str
    enabled: bool


@dataclass(frozen=True)
class ApiRecord:
    """An API's service principal with everything that it offers."""

    object_id: str
    app_id: str
    display_name: str
    roles: Mapping[str, Offered] = field(default_factory=dict)
    """Application permissions by id."""
    scopes: Mapping[str, Offered] = field(default_factory=dict)
    """Delegated permissions by casefolded value."""

    def offered(self, type_: PermissionType) -> Iterable[Offered]:
        """Return what the API offers of one type."""
        return (self.scopes if type_ is PermissionType.DELEGATED else self.roles).values()

    @classmethod
    def from_graph(cls, body: Body) -> ApiRecord:
        """Read Graph's servicePrincipal with appRoles and oauth2PermissionScopes."""
        return cls(
            object_id=str(body["id"]).lower(),
            app_id=str(body.get("appId") or "").lower(),
            display_name=str(body.get("displayName") or ""),
            roles={offered.id: offered for offered in map(_offered, body.get("appRoles") or ())},
            scopes={
                offered.value.casefold(): offered for offered in map(_offered, body.get("oauth2PermissionScopes") or ())
            },
        )


@dataclass(frozen=True)
class Holdings:
    """What one service principal holds. A list that the caller may not read is None, never an empty one."""

    consents: frozenset[Consent] = frozenset()
    """In force for everybody."""
    users: Mapping[Consent, int] = field(default_factory=dict)
    """Users who consented for themselves, counted by consent."""
    since: Mapping[Consent, str] = field(default_factory=dict)
    """When an application permission was assigned; grants bear no date."""
    owners: tuple[Owner, ...] | None = ()
    roles: tuple[HeldRole, ...] | None = ()
    federated: tuple[AppCredential, ...] | None = ()
    grants: tuple[Body, ...] = ()
    """Delegated grants as Graph has them, those of users too."""
    assignments: tuple[Body, ...] = ()
    """Application permissions as Graph has them."""


@dataclass(frozen=True, order=True)
class NotRead:
    """A list that could not be read, the Graph permission that it takes, and what Graph answered.

    `other_fix` is set where it is no permission that the caller lacks.
    """

    what: str
    needs: str
    why: str
    other_fix: str = ""

    @property
    def fix(self) -> str:
        """What to do about it."""
        return self.other_fix or f"give the caller {self.needs}"


@dataclass(frozen=True)
class TenantReading:
    """What one reading of a tenant showed of the apps that were looked for. `apis` are by object id."""

    tenant_id: str
    tenant_name: str = ""
    applications: tuple[ApplicationRecord, ...] = ()
    principals: tuple[PrincipalRecord, ...] = ()
    deleted: tuple[ApplicationRecord, ...] = ()
    holdings: Mapping[str, Holdings] = field(default_factory=dict)
    """By the principal's object id."""
    apis: Mapping[str, ApiRecord] = field(default_factory=dict)
    not_read: tuple[NotRead, ...] = ()
    requests: int = 0

    def application(self, ident: str) -> ApplicationRecord | None:
        """Return the application with this object id or app id."""
        return _with_id(self.applications, ident)

    def deleted_application(self, ident: str) -> ApplicationRecord | None:
        """Return the deleted application with this object id or app id."""
        return _with_id(self.deleted, ident)

    def principal(self, app_id: str) -> PrincipalRecord | None:
        """Return the service principal of an app id."""
        return next((record for record in self.principals if record.app_id == app_id.lower()), None)


def federated_credential(body: Body) -> AppCredential:
    """Read Graph's federatedIdentityCredential: whose token is believed.

    A flexible one has an expression in place of a subject, and v1.0 shows only that there is no subject.
    """
    name = federated(*(str(body.get(part) or "") for part in ("name", "subject", "issuer")))
    return AppCredential(str(body.get("id") or ""), "federated", name, "application", words=name)


def owner(body: Body, of: str) -> Owner:
    """Read a directory object as an owner."""
    kind = str(body.get("@odata.type") or "").rpartition(".")[2] or "directoryObject"
    return Owner(str(body["id"]).lower(), str(body.get("displayName") or ""), kind, of)


def directory_role(body: Body) -> HeldRole:
    """Read Graph's unifiedRoleAssignment with its roleDefinition. Its scope is in the directory or in one app's own."""
    definition = body.get("roleDefinition") or {}
    ident = str(body.get("roleDefinitionId") or definition.get("id") or "").lower()
    scope = str(body.get("directoryScopeId") or body.get("appScopeId") or WHOLE_TENANT)
    return HeldRole(ident, str(definition.get("displayName") or ""), scope)


def _with_id(records: Iterable[ApplicationRecord], ident: str) -> ApplicationRecord | None:
    key = ident.lower()
    return next((record for record in records if key and key in (record.object_id, record.app_id)), None)


def _credentials(body: Body, of: str) -> Iterable[AppCredential]:
    """Yield the secrets and certificates of an application or a principal; never a secret, and no hint of one."""
    for property_, kind in (("passwordCredentials", "secret"), ("keyCredentials", "certificate")):
        for entry in body.get(property_) or ():
            yield AppCredential(
                id=str(entry.get("keyId") or ""),
                kind=kind,
                name=str(entry.get("displayName") or ""),
                of=of,
                created=str(entry.get("startDateTime") or ""),
                expires=str(entry.get("endDateTime") or ""),
                words=entry_words(entry),
            )


def _configured(body: Body) -> Iterable[Permission]:
    for access in body.get("requiredResourceAccess") or ():
        for entry in access.get("resourceAccess") or ():
            try:
                kind = PermissionType.from_entra(str(entry.get("type")))
            except ValueError:
                continue
            yield Permission(str(access["resourceAppId"]).lower(), kind, str(entry["id"]).lower())


def _scope(entry: Body) -> ScopeRecord:
    return ScopeRecord(
        value=str(entry.get("value") or ""),
        id=str(entry.get("id") or "").lower(),
        enabled=entry.get("isEnabled") is not False,
        type=str(entry.get("type") or ""),
        texts={name: str(entry[name]) for name in _TEXTS if entry.get(name)},
    )


def _publisher(body: Body) -> Publisher | None:
    """Return who is verified as the publisher. Graph writes one of nulls where nobody is."""
    entry = body.get("verifiedPublisher") or {}
    name, ident = str(entry.get("displayName") or ""), str(entry.get("verifiedPublisherId") or "")
    return Publisher(name, ident, str(entry.get("addedDateTime") or "")) if name or ident else None


def _offered(entry: Body) -> Offered:
    enabled = entry.get("isEnabled") is not False
    return Offered(str(entry.get("value") or ""), str(entry["id"]).lower(), enabled)
