"""What a tenant shows of our apps, as frozen values: applications, principals, consents, credentials, owners.

Pure: made from Graph's bodies, asks nobody. No secret and no hint of one gets in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockstep.catalogue.permission import Permission, PermissionType
from lockstep.consent import Consent
from lockstep.directory.principals import ApiRecord, PrincipalRecord

Body = Mapping[str, Any]
_TEXTS = (
    "adminConsentDisplayName",
    "adminConsentDescription",
    "userConsentDisplayName",
    "userConsentDescription",
)


@dataclass(frozen=True)
class Credential:
    """Something that lets its holder act as an app. `kind` is secret, certificate or federated; dates as Graph's."""

    id: str
    kind: str
    name: str
    of: str
    """Whether the application or the principal holds it."""
    created: str = ""
    expires: str = ""


@dataclass(frozen=True)
class Scope:
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


@dataclass(frozen=True)
class DirectoryRole:
    """A directory role that a principal holds. `scope` is `/` for the whole tenant."""

    id: str
    name: str
    scope: str


@dataclass(frozen=True)
class Application:
    """An app registration of the tenant."""

    object_id: str
    app_id: str
    name: str
    created: str = ""
    deleted: str = ""
    identifier_uris: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    configured: frozenset[Permission] = frozenset()
    scopes: tuple[Scope, ...] = ()
    credentials: tuple[Credential, ...] = ()
    pre_authorized: frozenset[str] = frozenset()
    """App ids of clients that may use its scopes without anybody's consent."""

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
    def from_graph(cls, body: Body) -> Application:
        """Read Graph's application; what was not asked for counts as empty."""
        return cls(
            object_id=str(body["id"]).lower(),
            app_id=str(body.get("appId") or "").lower(),
            name=str(body.get("displayName") or ""),
            created=str(body.get("createdDateTime") or ""),
            deleted=str(body.get("deletedDateTime") or ""),
            identifier_uris=tuple(map(str, body.get("identifierUris") or ())),
            tags=tuple(map(str, body.get("tags") or ())),
            configured=frozenset(_configured(body)),
            scopes=tuple(_scope(each) for each in (body.get("api") or {}).get("oauth2PermissionScopes") or ()),
            credentials=tuple(credentials(body, "application")),
            pre_authorized=frozenset(_pre_authorized(body)),
        )


@dataclass(frozen=True)
class ServicePrincipal:
    """A service principal with what the directory client does not need of it."""

    record: PrincipalRecord
    created: str = ""
    credentials: tuple[Credential, ...] = ()

    @classmethod
    def from_graph(cls, body: Body) -> ServicePrincipal:
        """Read Graph's servicePrincipal."""
        created = str(body.get("createdDateTime") or "")
        return cls(PrincipalRecord.from_graph(body), created, tuple(credentials(body, "principal")))


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
    roles: tuple[DirectoryRole, ...] | None = ()
    federated: tuple[Credential, ...] | None = ()


@dataclass(frozen=True)
class Observed:
    """What was read in one tenant for the apps that were asked about. `apis` are by object id."""

    tenant_id: str
    tenant_name: str
    applications: tuple[Application, ...]
    principals: tuple[ServicePrincipal, ...]
    deleted: tuple[Application, ...] = ()
    holdings: Mapping[str, Holdings] = field(default_factory=dict)
    """By the principal's object id."""
    apis: Mapping[str, ApiRecord] = field(default_factory=dict)
    not_read: tuple[NotRead, ...] = ()
    requests: int = 0

    def principal(self, app_id: str) -> ServicePrincipal | None:
        """Return the service principal of an app id."""
        return next((each for each in self.principals if each.record.app_id == app_id.lower()), None)

    def named(self, uris: Iterable[str]) -> ServicePrincipal | None:
        """Return the first service principal that has one of `uris` among its names."""
        wanted = {uri.casefold() for uri in uris}
        return next(
            (each for each in self.principals if wanted & {name.casefold() for name in each.record.names}), None
        )


@dataclass(frozen=True, order=True)
class NotRead:
    """A list that the caller may not read, the Graph permission that it takes, and what Graph said."""

    what: str
    needs: str
    why: str


def credentials(body: Body, of: str) -> Iterable[Credential]:
    """Yield the secrets and certificates of an application or a principal; never a secret, and no hint of one."""
    for property_, kind in (("passwordCredentials", "secret"), ("keyCredentials", "certificate")):
        for entry in body.get(property_) or ():
            yield Credential(
                id=str(entry.get("keyId") or ""),
                kind=kind,
                name=str(entry.get("displayName") or ""),
                of=of,
                created=str(entry.get("startDateTime") or ""),
                expires=str(entry.get("endDateTime") or ""),
            )


def federated(body: Body) -> Credential:
    """Read Graph's federatedIdentityCredential: whose token is believed."""
    name = f"{body.get('name') or ''}: {body.get('subject') or ''} of {body.get('issuer') or ''}"
    return Credential(str(body.get("id") or ""), "federated", name, "application")


def owner(body: Body, of: str) -> Owner:
    """Read a directory object as an owner."""
    kind = str(body.get("@odata.type") or "").rpartition(".")[2] or "directoryObject"
    return Owner(str(body["id"]).lower(), str(body.get("displayName") or ""), kind, of)


def directory_role(body: Body) -> DirectoryRole:
    """Read Graph's unifiedRoleAssignment with its roleDefinition."""
    definition = body.get("roleDefinition") or {}
    ident = str(body.get("roleDefinitionId") or definition.get("id") or "").lower()
    return DirectoryRole(ident, str(definition.get("displayName") or ""), str(body.get("directoryScopeId") or "/"))


def _configured(body: Body) -> Iterable[Permission]:
    for access in body.get("requiredResourceAccess") or ():
        for entry in access.get("resourceAccess") or ():
            try:
                kind = PermissionType.from_entra(str(entry.get("type")))
            except ValueError:
                continue
            yield Permission(str(access["resourceAppId"]).lower(), kind, str(entry["id"]).lower())


def _pre_authorized(body: Body) -> Iterable[str]:
    for entry in (body.get("api") or {}).get("preAuthorizedApplications") or ():
        yield str(entry.get("appId") or "").lower()


def _scope(entry: Body) -> Scope:
    return Scope(
        value=str(entry.get("value") or ""),
        id=str(entry.get("id") or "").lower(),
        enabled=entry.get("isEnabled") is not False,
        type=str(entry.get("type") or ""),
        texts={name: str(entry[name]) for name in _TEXTS if entry.get(name)},
    )
