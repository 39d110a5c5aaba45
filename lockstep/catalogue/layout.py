"""The layout of an edition file: the models that check it, and that its JSON Schema is made from.

Says what fields there are and what each holds; what they mean together is checked in `resolve`. Required fields come
first in each model: messages name the fields in this order.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lockstep.catalogue.model import AppKind, Basis, Capability, EditionBasis
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.shape import Day, FileShape, Guid, Key, Name, Some, Text, matching

WhenUsed = Annotated[str, matching("not-stated|only-with-[a-z0-9]+(-[a-z0-9]+)*")]
"""`only-with-` and the feature of the vendor's product, where the vendor ties a permission to one."""


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

    api: Key = Field(description="the key of the API: graph, sharepoint or an app of this file that exposes a scope")
    type: PermissionType = Field(strict=False, description="the type")
    name: Name = Field(description="the name of the permission")
    id: Guid = Field(description="the id of the permission")
    basis: Basis = Field(strict=False, description="how sure the type is")
    capability: Capability = Field(strict=False, description="the capability")
    when_used: WhenUsed = Field(description="when the vendor says it is used")
    label: Text = Field(description="the vendor's title of the permission")
    purpose: Text = Field(description="what the vendor needs it for, in our own words, or not-stated")
    group: Text | None = Field(None, description="the heading of the vendor's table")
    allows: Text | None = Field(None, description="what the vendor says it can do, in our own words")
    limits: Some[Annotated[Text, Field(description="a limit")]] | None = Field(
        None, description="what the vendor says it cannot do"
    )
    correction: CorrectionEntry | None = Field(None, description="a correction of the name")
    misdescribed: CorrectionEntry | None = Field(None, description="a correction of the description")
    rejected: Some[RejectedEntry] | None = Field(None, description="alternatives that the vendor rejected")
    notes: Some[Annotated[Text, Field(description="a note")]] | None = Field(None, description="notes of ours")


class StatementEntry(FileShape, title="a statement"):
    """What the vendor says of itself."""

    key: Key = Field(description="the key of the statement")
    says: Text = Field(description="what the vendor says of itself, in our own words")
    microsoft: Text = Field(description="Microsoft's rule beside it, or not-stated")
    differs: bool = Field(description="whether the two disagree")


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
    created_by: Text = Field(description="who creates the app, or not-stated")
    optional: bool = Field(description="whether a customer can do without the app")
    managed_at: Text = Field(description="where an administrator manages the app")
    permissions: Some[PermissionEntry] = Field(description="the permissions of an app")
    optional_reason: Text | None = Field(None, description="why the app is optional")
    section: Text | None = Field(None, description="the heading of the vendor's section")
    warnings: Some[Annotated[Text, Field(description="a warning")]] | None = Field(
        None, description="what the vendor warns of"
    )
    statements: Some[StatementEntry] | None = Field(None, description="statements on one app")
    principals: Some[PrincipalEntry] | None = Field(None, description="the principals behind a shared principal")
    documented_on: Key | None = Field(None, description="the key of the principal that the vendor documents")
    exposes: Some[ScopeEntry] | None = Field(None, description="scopes that the app offers to other apps")


class SourceEntry(FileShape, title="the source of an edition"):
    """The text that an edition was taken from."""

    title: Text = Field(description="the title of the text")
    publisher: Text = Field(description="the publisher of the text")
    retrieved: Day = Field(description="the day the text was read")
    sha256: Annotated[str, matching("[0-9a-f]{64}")] = Field(description="the SHA-256 of the text")
    url: Annotated[str, matching(r"https?://\S+")] | None = Field(None, description="the address of the text")
    note: Text | None = Field(None, description="a note on the text")


class FootnotesEntry(FileShape, title="the footnotes, one a type"):
    """What the vendor says of each type of permission."""

    delegated: Text = Field(description="the footnote on delegated permissions")
    application: Text = Field(description="the footnote on application permissions")


class EditionFile(FileShape, title="an edition"):
    """One dated state of a vendor's documentation."""

    vendor: Key = Field(description="the key of the vendor")
    valid_from: Day = Field(description="the first day of the edition")
    product_version: Text = Field(description="the version of the vendor's product, or not-stated")
    basis: EditionBasis = Field(strict=False, description="the basis of the edition")
    source: SourceEntry
    api_labels: dict[str, Annotated[Text, Field(description="the vendor's name of an API")]] = Field(
        description="what the vendor calls each API"
    )
    footnotes: FootnotesEntry
    apps: Some[AppEntry] = Field(description="the apps of an edition")
    basis_reason: Text | None = Field(None, description="what a reconstructed edition rests on")
    statements: Some[StatementEntry] | None = Field(None, description="statements on all apps")
