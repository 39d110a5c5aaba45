"""The layout of an edition file: the models that check it, and that its JSON Schema is made from.

Says what fields there are and what each holds; what they mean together is checked in `resolve`. Required fields come
first in each model: messages name the fields in this order.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lockstep.catalogue.model import NOT_STATED, AppKind, Basis, Capability, EditionBasis
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.shape import Day, FileShape, Guid, Key, Name, Some, Text, matching

WhenUsed = Annotated[str, matching("not-stated|only-with-[a-z0-9]+(-[a-z0-9]+)*")]
"""`only-with-` and the feature of the vendor's product, where the vendor ties a permission to one."""
SourceKey = Annotated[Key | None, Field(description="the key of the source, where it is another than the first")]


class CorrectionEntry(FileShape, title="a correction"):
    """Something that the vendor wrote and that cannot be right."""

    written_as: Text = Field(description="what the vendor wrote")
    reason: Text = Field(description="why that cannot be right")


class RejectedEntry(FileShape, title="a rejected alternative"):
    """A lesser permission that the vendor considered."""

    name: Name = Field(description="its name")
    reason: Text = Field(description="why it was rejected")


class PermissionEntry(FileShape, title="a permission"):
    """A permission that an app asks for."""

    api: Key = Field(
        description="the key of the API: graph, power-bi and so on, or an app of this file that exposes a scope"
    )
    type: PermissionType = Field(strict=False, description="the type")
    name: Name = Field(description="the name of the permission")
    id: Guid = Field(description="the id of the permission")
    capability: Capability = Field(strict=False, description="the capability")
    purpose: Text = Field(description="what the vendor needs it for, in our own words, or not-stated")
    basis: Basis = Field(Basis.STATED, strict=False, description="how sure the type is")
    when_used: WhenUsed = Field(NOT_STATED, description="when the vendor says it is used")
    label: Text | None = Field(None, description="the vendor's title of the permission, where it is not the API's")
    group: Text | None = Field(None, description="the heading of the vendor's table")
    allows: Text | None = Field(None, description="what the vendor says it can do, in our own words")
    limits: Some[Annotated[Text, Field(description="a limit")]] | None = Field(
        None, description="what the vendor says it cannot do"
    )
    correction: CorrectionEntry | None = Field(None, description="a correction of the name")
    misdescribed: CorrectionEntry | None = Field(None, description="a correction of the description")
    rejected: Some[RejectedEntry] | None = Field(None, description="alternatives that the vendor rejected")
    notes: Some[Annotated[Text, Field(description="a note")]] | None = Field(None, description="notes of ours")
    source: SourceKey = None


class StatementEntry(FileShape, title="a statement"):
    """What the vendor says of itself."""

    key: Key = Field(description="the key of the statement")
    says: Text = Field(description="what the vendor says of itself, in our own words")
    microsoft: Text = Field(description="Microsoft's rule beside it, or not-stated")
    differs: bool = Field(description="whether the two disagree")
    source: SourceKey = None


class ClientIdEntry(FileShape, title="a published client id"):
    """The app id of the vendor's multi-tenant app, the same in every tenant."""

    id: Guid = Field(description="the app id")
    source: SourceKey = None


class DirectoryRoleEntry(FileShape, title="a directory role"):
    """A directory role that the vendor asks to be given to the app's service principal."""

    template_id: Guid = Field(description="the template id of the role, the same in every tenant")
    name: Text = Field(description="the name of the role")
    optional: bool = Field(description="whether a customer can do without the role")
    purpose: Text = Field(description="what the vendor needs it for, in our own words")
    source: SourceKey = None


class RenewalEntry(FileShape, title="a renewal"):
    """What the vendor says of consents from before a day."""

    before: Day = Field(description="the day before which such a consent was given")
    says: Text = Field(description="who has to give it again and how, in our own words")
    source: SourceKey = None


class PrincipalEntry(FileShape, title="a principal"):
    """One of the service principals behind a shared principal."""

    key: Key = Field(description="the key of the principal")
    name: Text = Field(description="the name of the principal")
    app_id: Guid | None = Field(None, description="the app id of the principal")
    identifier_uris: Some[Annotated[Name, Field(description="a URI")]] | None = Field(
        None, description="identifier URIs; {tenant} stands for the tenant id"
    )


class ScopeEntry(FileShape, title="an exposed scope"):
    """A scope that an app offers to other apps."""

    value: Name = Field(description="the name of the scope")
    type: Literal["Admin", "User"] = Field(description="who may consent to the scope")
    admin_consent_display_name: Text = Field(description="the title shown to administrators")
    admin_consent_description: Text = Field(description="the text shown to administrators")
    stable_id: Guid = Field(description="the id of the scope")


class AppEntry(FileShape, title="an app"):
    """One application of the vendor."""

    key: Key = Field(description="the key of the app")
    name: Text = Field(description="the name of the app")
    kind: AppKind = Field(strict=False, description="the kind of the app")
    role: Text = Field(description="what the app is for")
    permissions: Some[PermissionEntry] = Field(description="the permissions of an app")
    created_by: Text = Field(NOT_STATED, description="who creates the app, or not-stated")
    optional: bool = Field(False, description="whether a customer can do without the app")
    managed_at: Text | None = Field(None, description="where an administrator manages the app")
    optional_reason: Text | None = Field(None, description="why the app is optional")
    section: Text | None = Field(None, description="the heading of the vendor's section")
    source: SourceKey = None
    client_id: ClientIdEntry | None = Field(None, description="the app id that the vendor publishes")
    directory_roles: Some[DirectoryRoleEntry] | None = Field(
        None, description="directory roles that the vendor asks for"
    )
    renewals: Some[RenewalEntry] | None = Field(None, description="consents that have to be given again")
    warnings: Some[Annotated[Text, Field(description="a warning")]] | None = Field(
        None, description="what the vendor warns of"
    )
    statements: Some[StatementEntry] | None = Field(None, description="statements on one app")
    principals: Some[PrincipalEntry] | None = Field(None, description="the principals behind a shared principal")
    documented_on: Key | None = Field(None, description="the key of the principal that the vendor documents")
    exposes: Some[ScopeEntry] | None = Field(None, description="scopes that the app offers to other apps")


class SourceEntry(FileShape, title="a source"):
    """A text of the vendor. Facts that name no source are from the first one."""

    key: Key = Field(description="the key of the source")
    title: Text = Field(description="the title of the text")
    publisher: Text = Field(description="the publisher of the text")
    retrieved: Day = Field(description="the day the text was read")
    sha256: Annotated[str, matching("[0-9a-f]{64}")] | None = Field(None, description="the SHA-256 of the text")
    url: Annotated[str, matching(r"https?://\S+")] | None = Field(None, description="the address of the text")
    note: Text | None = Field(None, description="a note on the text")


class FeatureEntry(FileShape, title="a feature"):
    """A feature of the vendor's product that permissions depend on."""

    key: Key = Field(description="the key of the feature")
    name: Text = Field(description="what the vendor calls it")
    used: Text = Field(description="when such a permission is used, in our own words, after `only`")
    lost: Text = Field(description="what is lost with such a permission, in our own words")


class FootnotesEntry(FileShape, title="the footnotes, one a type"):
    """What the vendor says of each type of permission."""

    delegated: Text = Field(description="the footnote on delegated permissions")
    application: Text = Field(description="the footnote on application permissions")


class EditionFile(FileShape, title="an edition"):
    """One dated state of a vendor's documentation."""

    vendor: Key = Field(description="the key of the vendor")
    name: Text = Field(description="what the vendor's product is called")
    valid_from: Day = Field(description="the first day of the edition")
    basis: EditionBasis = Field(strict=False, description="the basis of the edition")
    sources: Some[SourceEntry] = Field(description="the sources of an edition")
    apps: Some[AppEntry] = Field(description="the apps of an edition")
    product_version: Text = Field(NOT_STATED, description="the version of the vendor's product, or not-stated")
    api_labels: dict[str, Annotated[Text, Field(description="the vendor's name of an API")]] | None = Field(
        None, description="what the vendor calls each API, where it is not the API's own name"
    )
    footnotes: FootnotesEntry | None = Field(None, description="what the vendor says of each type")
    features: Some[FeatureEntry] | None = Field(None, description="the features that permissions depend on")
    basis_reason: Text | None = Field(None, description="what a reconstructed edition rests on")
    statements: Some[StatementEntry] | None = Field(None, description="statements on all apps")
