"""Microsoft's own apps, which have the same app id in every tenant (`data/first-party.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from lockstep.catalogue.api import DATA, apis


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
def public_apps() -> Mapping[str, str]:
    """Return the names of Microsoft's own APIs and apps, by app id."""
    names = {app.app_id: app.name for app in first_party_apps().values()}
    return MappingProxyType({**names, **{api.app_id: api.name for api in apis().values()}})


def is_public(app_id: str) -> bool:
    """Tell whether an app id is that of one of Microsoft's own APIs or apps, whatever its case."""
    return app_id.lower() in public_apps()


@cache
def observed_grants() -> tuple[ObservedGrant, ...]:
    """Return Microsoft's own grants on the SharePoint principals, as seen in one tenant."""
    rows = _document()["observed_grants"]
    return tuple(ObservedGrant(row["principal"], row["resource"], tuple(row["scopes"])) for row in rows)


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DATA / "first-party.json").read_text(encoding="utf-8"))
    return document
