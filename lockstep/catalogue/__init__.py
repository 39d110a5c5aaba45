"""What vendors document: editions of their apps and permissions, and the permission lists of Microsoft's APIs.

Knows nothing of Pulumi or Graph clients.
"""

from __future__ import annotations

from lockstep.catalogue.api import Api, ApiPermission, apis
from lockstep.catalogue.difference import AppDiff, EditionDiff, Move, PermissionChange, diff
from lockstep.catalogue.explained import Risk, RiskSource, meaning, meanings, risk, risk_source
from lockstep.catalogue.first_party import (
    FirstPartyApp,
    ObservedGrant,
    first_party_apps,
    is_public,
    observed_grants,
    public_apps,
)
from lockstep.catalogue.loader import json_schema, load_edition
from lockstep.catalogue.model import (
    Alternative,
    App,
    AppKind,
    ArticleRow,
    Basis,
    Capability,
    Correction,
    DocumentedPermission,
    DocumentedPrincipal,
    DocumentedScope,
    Edition,
    EditionBasis,
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
from lockstep.catalogue.resolve import MAX_APIS, MAX_PERMISSIONS, MAX_SCOPE_STRING, stable_scope_id
from lockstep.catalogue.shelf import CURRENT, Catalogue, load

__all__ = [
    "CURRENT",
    "GRAPH",
    "MAX_APIS",
    "MAX_PERMISSIONS",
    "MAX_SCOPE_STRING",
    "OWN_API",
    "SHAREPOINT",
    "Alternative",
    "Api",
    "ApiPermission",
    "App",
    "AppDiff",
    "AppKind",
    "ArticleRow",
    "Basis",
    "Capability",
    "Catalogue",
    "Correction",
    "DocumentedPermission",
    "DocumentedPrincipal",
    "DocumentedScope",
    "Edition",
    "EditionBasis",
    "EditionDiff",
    "FirstPartyApp",
    "Move",
    "ObservedGrant",
    "OwnApi",
    "Permission",
    "PermissionChange",
    "PermissionType",
    "Risk",
    "RiskSource",
    "Source",
    "Statement",
    "apis",
    "diff",
    "first_party_apps",
    "is_public",
    "json_schema",
    "load",
    "load_edition",
    "meaning",
    "meanings",
    "observed_grants",
    "permission_title",
    "public_apps",
    "risk",
    "risk_source",
    "stable_scope_id",
    "tenant_ids",
]
