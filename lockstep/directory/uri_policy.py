"""What a tenant's default policy for applications says of identifier URIs that are new. Only reads.

It refuses additions alone: a URI that an application has stays. Not known here are the policies that a tenant may have
given to single applications, its verified domains, and who of its callers is exempt. Knows nothing of stacks.

Sources: https://learn.microsoft.com/graph/api/resources/identifieruriconfiguration,
https://learn.microsoft.com/graph/api/resources/identifierurirestriction,
https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lockstep.directory.graph import BatchItem, Graph, address
from lockstep.directory.principals import body_of
from lockstep.directory.records import ApplicationRecord, Body

READS_POLICY = "Policy.Read.All"
_V2 = 2


@dataclass(frozen=True)
class UriRestriction:
    """One restriction of the policy that is in force. `exempts` tells that it names callers for whom it is not."""

    name: str
    allows: str
    exempts: bool
    not_with_v2: bool
    created_after: datetime | None


@dataclass(frozen=True)
class UriPolicy:
    """The restrictions on new identifier URIs that are in force in a tenant."""

    tenant_id: str
    restrictions: tuple[UriRestriction, ...] = ()

    def refusing(self, uri: str, application: ApplicationRecord | None, now: datetime) -> UriRestriction | None:
        """Return the restriction that refuses a URI to an application; one that is yet to be made is None."""
        if application is not None and uri in application.identifier_uris:
            return None
        app_id = application.app_id if application else ""
        for rule in self.restrictions:
            v2 = application is not None and application.token_version == _V2
            created = _moment(application.created) if application and application.created else now
            if (v2 and rule.not_with_v2) or (rule.created_after and created and created < rule.created_after):
                continue
            if not _FITS[rule.name](uri.lower(), self.tenant_id.lower(), app_id):
                return rule
        return None


async def read_uri_policy(graph: Graph) -> UriPolicy | None:
    """Return what the tenant's default policy says of identifier URIs; None where the caller may not read it."""
    tenant = (await graph.identity()).tenant_id
    (answer,) = await graph.batch([BatchItem("GET", address("/policies/defaultAppManagementPolicy"))])
    return None if answer.refused or answer.gone else UriPolicy(tenant, tuple(_restrictions(body_of(answer))))


def _restrictions(policy: Body) -> list[UriRestriction]:
    of_uris = (policy.get("applicationRestrictions") or {}).get("identifierUris") or {}
    restrictions = []
    for name, allows in _ALLOWS.items():
        entry = of_uris.get(name) or {}
        if policy.get("isEnabled") and entry.get("state") == "enabled":
            after = str(entry.get("restrictForAppsCreatedAfterDateTime") or "")
            exempts = any((entry.get("excludeActors") or {}).values())
            v2 = bool(entry.get("excludeAppsReceivingV2Tokens"))
            restrictions.append(UriRestriction(name, allows, exempts, v2, _moment(after)))
    return restrictions


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_default(uri: str, tenant: str, app_id: str) -> bool:
    """Whether a URI is one of the two default ones. The app id of an application to be made is in none yet."""
    return bool(app_id) and uri in (f"api://{app_id}", f"api://{tenant}/{app_id}")


def _names_the_tenant(uri: str, tenant: str, app_id: str) -> bool:
    """Whether a URI holds the tenant's id, the application's, or a domain, which may be one that the tenant owns."""
    return "." in urlsplit(uri).netloc or not {tenant, app_id or tenant}.isdisjoint(re.split(r"[/:]", uri))


_FITS: Mapping[str, Callable[[str, str, str], bool]] = {
    "uriAdditionWithoutUniqueTenantIdentifier": _names_the_tenant,
    "nonDefaultUriAddition": _is_default,
}
_ALLOWS = {
    "uriAdditionWithoutUniqueTenantIdentifier": "a URI that holds the app id, the tenant id or a verified domain",
    "nonDefaultUriAddition": "api://<app id> and api://<tenant id>/<app id>",
}
