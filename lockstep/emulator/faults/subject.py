"""Which principal or application a write is about: what the service locks while it works. Pure but for one look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant

_GRANTS = "oauth2permissiongrants"


def subject(tenant: Tenant, method: str, path: str, body: Any) -> str:
    """Return the id, or nothing for a read and for a write about no object that is there."""
    if method == "GET":
        return ""
    parts = [part.lower() for part in path.partition("?")[0].split("/") if part]
    parts = parts[1:] if parts and parts[0] in ("v1.0", "beta") else parts
    if not parts:
        return ""
    if parts[0] == _GRANTS:
        if len(parts) > 1:
            grant = tenant.store["oauth2PermissionGrants"].rows.get(path.rpartition("/")[2])
            return str(grant["clientId"]) if grant else ""
        return str(body.get("clientId") or "").lower() if isinstance(body, dict) else ""
    if parts[0] in ("serviceprincipals", "applications"):
        table = tenant.store["servicePrincipals" if parts[0] == "serviceprincipals" else "applications"]
        found = table.get(parts[1]) if len(parts) > 1 else None
        return str(found["id"]) if found else ""
    return ""
