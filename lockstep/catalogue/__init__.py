"""What vendors document: editions of their apps and permissions, and the permission lists of Microsoft's APIs.

Knows nothing of Pulumi or Graph clients.
"""

from __future__ import annotations

from lockstep.catalogue.api import (
    Api,
    ApiPermission,
    api_document,
    api_of,
    apis,
    is_public,
    observed_grants,
    public_apps,
    words_for_apis,
)
from lockstep.catalogue.difference import EditionDiff, diff
from lockstep.catalogue.explained import Risk, meaning, meanings, risk, risk_source
from lockstep.catalogue.loader import json_schema, load_edition
from lockstep.catalogue.model import (
    App,
    AppKind,
    ArticleRow,
    Basis,
    Capability,
    Correction,
    DirectoryRole,
    DocumentedPermission,
    DocumentedPrincipal,
    Edition,
    EditionBasis,
    Feature,
    PublishedId,
    Renewal,
    Source,
    Statement,
    tenant_ids,
)
from lockstep.catalogue.permission import (
    GRAPH,
    OWN_API,
    SHAREPOINT,
    OwnApi,
    Permission,
    PermissionType,
    permission_title,
)
from lockstep.catalogue.private import kept, lay_over
from lockstep.catalogue.remarked import RETIRED, Remark, remarks
from lockstep.catalogue.resolve import MAX_APIS, MAX_PERMISSIONS, MAX_SCOPE_STRING, stable_scope_id
from lockstep.catalogue.shelf import CURRENT, Catalogue, load

__all__ = [
    "CURRENT",
    "GRAPH",
    "MAX_APIS",
    "MAX_PERMISSIONS",
    "MAX_SCOPE_STRING",
    "OWN_API",
    "RETIRED",
    "SHAREPOINT",
    "Api",
    "ApiPermission",
    "App",
    "AppKind",
    "ArticleRow",
    "Basis",
    "Capability",
    "Catalogue",
    "Correction",
    "DirectoryRole",
    "DocumentedPermission",
    "DocumentedPrincipal",
    "Edition",
    "EditionBasis",
    "EditionDiff",
    "Feature",
    "OwnApi",
    "Permission",
    "PermissionType",
    "PublishedId",
    "Remark",
    "Renewal",
    "Risk",
    "Source",
    "Statement",
    "api_document",
    "api_of",
    "apis",
    "diff",
    "is_public",
    "json_schema",
    "kept",
    "lay_over",
    "load",
    "load_edition",
    "meaning",
    "meanings",
    "observed_grants",
    "permission_title",
    "public_apps",
    "remarks",
    "risk",
    "risk_source",
    "stable_scope_id",
    "tenant_ids",
    "words_for_apis",
]
