"""Users, the organization and its domains: state. Knows no HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockstep.emulator.constants import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.exceptions import NotFoundError
from lockstep.emulator.store import Object

if TYPE_CHECKING:
    from lockstep.emulator.tenant import Tenant

DOMAINS: list[Object] = [
    {"id": TENANT_DOMAIN, "isDefault": True, "isInitial": True, "isVerified": True, "authenticationType": "Managed"}
]
ORGANIZATION: Object = {
    "displayName": TENANT_NAME,
    "id": TENANT_ID,
    "tenantType": "AAD",
    "verifiedDomains": [{"isDefault": True, "isInitial": True, "name": TENANT_DOMAIN, "type": "Managed"}],
}


class Users:
    """The users of a tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.table = tenant.store["users"]

    def get(self, value: str) -> Object:
        """Return the user of this id or user principal name."""
        row = self.table.get(value) or next(iter(self.table.by("userPrincipalName", value)), None)
        if row is None:
            raise NotFoundError(value)
        return row
