"""An audit as a JSON document: evidence that stands by itself. Field names are an interface: added to, never changed.

The models are the one description of the document: `schema.json` beside them and the table in docs/audit.md follow
them. It holds names and ids and no secret; who the owners are is in it, and of users who consented only how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from lockstep.audit.judge import AppAudit, JudgedRole
from lockstep.audit.tenant import TenantAudit
from lockstep.catalogue import Edition, load
from lockstep.json_schema import document_schema

FORMAT = "lockstep-audit/1"
TIME = "%Y-%m-%dT%H:%M:%SZ"


Moment = Annotated[str | None, BeforeValidator(lambda text: text or None)]
"""A date as Graph writes it; null where there is none."""
Word = Annotated[str, BeforeValidator(str)]


class AuditPart(BaseModel):
    """A part of the document: fields in camelCase, each with its description."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
        frozen=True,
    )

    def values(self) -> dict[str, Any]:
        """Return the part as JSON values, with the fields that were set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class AuditedPermission(AuditPart):
    """One permission of an app."""

    api: str = Field(description="The API's display name.")
    api_id: str = Field(description="The API's app id.")
    type: Word = Field(description="`delegated` or `application`.")
    value: str = Field(description="The permission's name; empty where nothing names it.")
    id: str = Field(description="The permission's id; empty where nothing tells it.")
    status: Word = Field(description="The list that the permission is in.")
    documented: bool = Field(description="Whether the vendor names it at all, tolerated and withheld ones included.")
    configured: bool | None = Field(
        description="Whether the application asks for it; null where its configuration is not in this tenant.",
    )
    consented: bool = Field(description="Whether it is in force for everybody.")
    users: int = Field(description="How many users consented for themselves.")
    since: Moment = Field(
        description="When an application permission was assigned; Entra keeps no date of a delegated one.",
    )
    remarks: list[str] = Field(
        default=[],
        description="What Microsoft remarks on it: `no-user-consent`, `blocked-for-agents`, `retired-api`.",
    )


class AuditedOwner(AuditPart):
    """One owner of an app."""

    id: str = Field(description="The owner's object id.")
    name: str = Field(description="The owner's display name.")
    kind: str = Field(description="`user`, `servicePrincipal` and so on.")
    of: str = Field(description="`application` or `principal`: which of the two objects it owns.")


class AuditedCredential(AuditPart):
    """One credential of an app; never the secret itself."""

    id: str = Field(description="The credential's key id.")
    kind: str = Field(description="`secret`, `certificate` or `federated`.")
    name: str = Field(description="The credential's display name, or who is believed and by whom it is issued.")
    of: str = Field(description="`application` or `principal`: which of the two objects holds it.")
    created: Moment = Field(description="When it begins.")
    expires: Moment = Field(description="When it ends.")
    age_days: int | None = Field(description="How old it was at the time of the audit.")
    expires_in_days: int | None = Field(description="How many days it had left.")


class AuditedRole(AuditPart):
    """One directory role of an app's principal."""

    id: str = Field(description="The role definition's id.")
    name: str = Field(description="The role's name.")
    scope: str = Field(description="Over what it holds; `/` is the whole tenant.")
    status: Word = Field(
        default="",
        description="`as-documented`; `other-scope` where it is documented in the whole tenant; `undocumented`.",
    )
    purpose: str | None = Field(
        default=None,
        description="What the vendor asks for it for; null where no document asks for it.",
    )


class AuditedPublisher(AuditPart):
    """The publisher of an app whom Microsoft has verified."""

    name: str = Field(description="The publisher's name.")
    id: str = Field(description="The publisher's id at Microsoft.")
    since: Moment = Field(description="When the publisher was verified for the app.")


class AuditedScope(AuditPart):
    """One scope that an application exposes."""

    value: str = Field(description="The scope's name.")
    id: str = Field(description="The scope's id.")
    enabled: bool = Field(description="Whether anybody gets a token for it.")
    type: str = Field(description="`Admin` or `User`: who may consent.")
    status: Word = Field(description="How it differs from its document.")


class AuditedLookAlike(AuditPart):
    """Another app with the name of this one, or nearly."""

    name: str = Field(description="Its display name.")
    client_id: str = Field(description="Its app id.")
    object_id: str = Field(description="Its object id.")
    kind: str = Field(description="`application` or `service-principal`.")
    environment: bool = Field(
        description="Whether it is one of a set with a common suffix, as a second environment has.",
    )
    created: Moment = Field(description="When it was made.")


class AuditedApp(AuditPart):
    """One app, or one of the principals behind a shared one."""

    vendor: str = Field(description="The vendor's key.")
    app: str = Field(description="The app's key.")
    name: str = Field(description="The display name: the tenant's where the app is there, else the documented one.")
    kind: str = Field(description="How the app comes to be in the tenant.")
    mode: str = Field(description="`exact`, or `additive` where others share the principal.")
    principal: str = Field(description="Which principal of a shared app this is; empty elsewhere.")
    state: str = Field(description="Whether it is there: `present`, `absent`, `disabled`, `ambiguous` and so on.")
    client_id: str = Field(description="The app id.")
    object_id: str = Field(
        description="The application's object id; empty where the application is not in this tenant.",
    )
    service_principal_id: str = Field(description="The service principal's object id.")
    created: Moment = Field(description="When it was made.")
    candidates: list[str] = Field(description="What it could be, where that is more than one.")
    permissions: list[AuditedPermission] = Field(
        description="Every permission that is documented, configured or consented.",
    )
    user_consents: list[AuditedPermission] = Field(description="What users consented to for themselves.")
    owners: list[AuditedOwner] | None = Field(description="Who may change it; null where that may not be read.")
    credentials: list[AuditedCredential] = Field(description="What lets its holder act as the app.")
    directory_roles: list[AuditedRole] | None = Field(
        description="The directory roles of its principal; null where they may not be read.",
    )
    exposed_scopes: list[AuditedScope] = Field(
        description="The scopes that it exposes, and the documented ones that it does not.",
    )
    pre_authorized: list[str] = Field(
        description="App ids of clients that may use its scopes without anybody's consent.",
    )
    look_alikes: list[AuditedLookAlike] = Field(description="Other apps with its name, or nearly.")
    recorded_client_id: str | None = Field(
        default=None,
        description="The client id on record (stack file, state) of an application that is not in the tenant any more.",
    )
    owner_organization: str | None = Field(
        default=None,
        description="The tenant that the app comes from, as its principal says; null without a principal.",
    )
    verified_publisher: AuditedPublisher | None = Field(
        default=None,
        description="The publisher whom Microsoft has verified, as its principal says; null where there is none.",
    )


class TenantName(AuditPart):
    """Which tenant it is."""

    id: str = Field(description="The tenant's id.")
    name: str = Field(description="The tenant's name; empty where it may not be read.")


class AuditCaller(AuditPart):
    """Who looked."""

    client_id: str = Field(description="The app id of the client that was signed in.")
    object_id: str = Field(description="The object id of the user or service principal that was signed in.")


class AuditedEdition(AuditPart):
    """The edition that an app was judged by."""

    id: str = Field(description="The edition's date.")
    digest: str = Field(description="The SHA-256 of its file.")
    basis: str = Field(description="What the edition rests on.")


class UnreadList(AuditPart):
    """A list that the caller may not read."""

    what: str = Field(description="The list.")
    needs: str = Field(description="The Graph permission that it takes.")
    why: str = Field(description="What Graph answered.")


class AuditedTenant(AuditPart):
    """One tenant's part of the document."""

    tenant: TenantName = Field(description="The tenant that this part is about.")
    error: str | None = Field(description="Why it could not be audited; null where it was.")
    stack: str | None = Field(description="The stack whose tenant it is; null without one.")
    caller: AuditCaller | None = Field(description="Who looked; null where nobody could sign in.")
    requests: int = Field(description="How many requests it took.")
    editions: dict[str, AuditedEdition] = Field(description="The edition of each vendor that was judged by.")
    not_read: list[UnreadList] = Field(description="Lists that the caller may not read: nothing is said of them.")
    apps: list[AuditedApp] = Field(description="The apps, in the catalogue's order.")
    withhold: list[dict[str, Any]] = Field(
        default=[], description="What the customer decided against, with reason and name."
    )


class ChangeEvent(AuditPart):
    """What the tenant's audit log says of a change."""

    time: str = Field(description="When it was.")
    activity: str = Field(description="What was done, in Entra's words.")
    by: str = Field(description="Who did it.")


class AuditedChange(AuditPart):
    """One thing that is not as it was in the earlier audit."""

    tenant: str = Field(description="The tenant's id.")
    app: str = Field(description="The app's name.")
    what: str = Field(description="What kind of thing changed.")
    name: str = Field(description="The thing's name.")
    before: str | None = Field(description="How it was; null for what came.")
    after: str | None = Field(description="How it is; null for what went.")
    events: list[ChangeEvent] = Field(description="What the tenant's audit log says of it.")


class AuditDocument(AuditPart):
    """What `lockstep audit --json` prints, besides the fields of every report of findings."""

    format: str = Field(description="`lockstep-audit/1`.")
    time: str = Field(description="When the audit was made.")
    commit: str | None = Field(description="The project's commit; null outside of a repository.")
    exceptions: list[dict[str, Any]] = Field(description="The project's exceptions, each with `inForce`.")
    approvals: list[dict[str, Any]] = Field(description="The project's approvals, each with `inForce`.")
    tenants: list[AuditedTenant] = Field(description="The tenants, in the order that was asked for.")
    changes: list[AuditedChange] = Field(default=[], description="What changed since the earlier audit of `--compare`.")
    notes: list[str] = Field(default=[], description="Why the authors of changes are not known, where they are not.")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    return document_schema(AuditDocument, complete=False)


def tenant_document(audit: TenantAudit, *, stack: str | None) -> AuditedTenant:
    """Return one tenant's part."""
    reading = audit.reading
    return AuditedTenant(
        tenant=TenantName(id=reading.tenant_id, name=reading.tenant_name),
        error=None,
        stack=stack,
        caller=AuditCaller.model_validate(audit.caller),
        requests=reading.requests,
        editions=editions(audit.plan.editions),
        not_read=[UnreadList.model_validate(unread) for unread in reading.not_read],
        apps=[_app(app) for app in audit.apps],
    )


def failed_document(tenant: str, error: str, *, stack: str | None) -> AuditedTenant:
    """Return the part of a tenant that could not be read: nothing is said of it but why."""
    nothing: dict[str, Any] = {"caller": None, "requests": 0, "editions": {}, "not_read": [], "apps": []}
    return AuditedTenant(tenant=TenantName(id=tenant, name=""), error=error, stack=stack, **nothing)


def editions(judged_by: Sequence[Edition]) -> dict[str, AuditedEdition]:
    """Return the editions that were judged by, with the digest of their files."""
    return {
        edition.vendor: AuditedEdition(
            id=edition.id, digest=load().digest(edition.vendor, edition.id), basis=edition.basis.value
        )
        for edition in judged_by
    }


def _app(app: AppAudit) -> AuditedApp:
    identified, expected = app.identified, app.app
    application, principal = identified.application, identified.principal
    created = application.created if application else principal.created if principal else ""
    owners = app.holdings.owners
    return AuditedApp(
        vendor=expected.vendor,
        app=expected.app.key,
        name=identified.name,
        kind=expected.kind.value,
        mode="additive" if app.additive else "exact",
        principal=identified.principal_key,
        state=identified.state.value,
        client_id=app.app_id,
        object_id=application.object_id if application else "",
        service_principal_id=principal.object_id if principal else "",
        created=created,
        candidates=list(identified.titles),
        permissions=[AuditedPermission.model_validate(row) for row in app.permissions.rows],
        user_consents=[AuditedPermission.model_validate(row) for row in app.permissions.users],
        owners=None if owners is None else [AuditedOwner.model_validate(owner) for owner in owners],
        credentials=[
            AuditedCredential(
                **{name: value for name, value in vars(judged.credential).items() if name != "words"},
                age_days=judged.age,
                expires_in_days=judged.left,
            )
            for judged in app.credentials
        ],
        directory_roles=None if app.roles is None else [_role(role) for role in app.roles],
        exposed_scopes=[AuditedScope(**vars(judged.scope), status=judged.status) for judged in app.exposed],
        pre_authorized=sorted(application.pre_authorized) if application else [],
        look_alikes=[AuditedLookAlike(**vars(other), client_id=other.app_id) for other in identified.look_alikes],
        recorded_client_id=identified.lost.app_id or None if identified.lost else None,
        owner_organization=principal.owner_tenant or None if principal else None,
        verified_publisher=(
            AuditedPublisher.model_validate(principal.publisher) if principal and principal.publisher else None
        ),
    )


def _role(role: JudgedRole) -> AuditedRole:
    purpose = role.documented.purpose if role.documented else None
    return AuditedRole(**vars(role.held), status=role.status, purpose=purpose)
