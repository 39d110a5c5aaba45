"""Microsoft's own apps, which have the same app id in every tenant (`data/first-party.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.api import DATA


@dataclass(frozen=True, slots=True)
class FirstPartyApp:
    """One app of Microsoft's. `kind` is `resource` (an API) or `client`."""

    app_id: str
    name: str
    owner_organization_id: str
    kind: str
    service_principal_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObservedGrant:
    """A tenant-wide delegated grant that Microsoft itself holds on one of its principals, as seen in a tenant."""

    principal: str
    resource: str
    scopes: tuple[str, ...]


@cache
def first_party_apps() -> Mapping[str, FirstPartyApp]:
    """Return Microsoft's apps by app id."""
    rows = _document()["apps"]
    return MappingProxyType(
        {
            row["app_id"]: FirstPartyApp(
                row["app_id"],
                row["name"],
                row["owner_organization_id"],
                row["kind"],
                tuple(row.get("service_principal_names", ())),
            )
            for row in rows
        }
    )


@cache
def observed_grants() -> tuple[ObservedGrant, ...]:
    """Return Microsoft's own grants on the SharePoint principals, as seen in one tenant."""
    rows = _document()["observed_grants"]
    return tuple(ObservedGrant(row["principal"], row["resource"], tuple(row["scopes"])) for row in rows)


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DATA / "first-party.json").read_text(encoding="utf-8"))
    return document
