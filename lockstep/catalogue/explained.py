"""What a documented permission lets its holder do, and how dangerous that is.

The sentences are ours (`data/meanings.json`); a tier is public, with our own one-line reason (`data/risk-tiers.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from lockstep.catalogue.api import apis, data
from lockstep.catalogue.model import DocumentedPermission
from lockstep.catalogue.permission import OWN_API, Permission, PermissionType


@dataclass(frozen=True, slots=True)
class Risk:
    """The tier of one permission: 0 control plane, 1 management plane, 2 user access, None where nobody tiered it."""

    permission: Permission
    name: str
    tier: int | None
    level: str | None
    service: str | None
    reason: str
    source: str | None = None
    """Where the tier is from, where that is not the source of all tiers."""


@dataclass(frozen=True, slots=True)
class RiskSource:
    """Where the tiers come from, and when they were read."""

    source: str
    snapshot: str


def risk_source() -> RiskSource:
    """Return the source of all tiers."""
    return RiskSource(data("risk-tiers.json")["source"], data("risk-tiers.json")["snapshot"])


def risk(permission: Permission) -> Risk | None:
    """Return the risk of a permission, or None when no edition documents it."""
    return _risks().get(permission)


@cache
def _risks() -> dict[Permission, Risk]:
    risks = {}
    for row in data("risk-tiers.json")["tiers"]:
        api = apis()[row["api"]].app_id if row["api"] in apis() else f"{OWN_API}{row['api']}"
        permission = Permission(api, PermissionType(row["type"]), row["id"])
        words = (row["name"], row["tier"], row["level"], row["service"], row["reason"], row.get("source"))
        risks[permission] = Risk(permission, *words)
    return risks


def meaning(entry: DocumentedPermission) -> str | None:
    """Return our sentence for a documented permission; None while nobody has written it."""
    return meanings().get(f"{entry.api}/{entry.type.value}/{entry.name}")


@cache
def meanings() -> Mapping[str, str]:
    """Return every sentence by `API key/type/name`."""
    return MappingProxyType(data("meanings.json")["meanings"])
