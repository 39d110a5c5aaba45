"""The delegated permission grant object. Data only."""

from __future__ import annotations

from lockstep.emulator.objects import EQ
from lockstep.emulator.odata.query import Entity

GRANT = Entity(
    name="OAuth2PermissionGrant",
    properties=frozenset({"clientId", "consentType", "id", "principalId", "resourceId", "scope"}),
    filters=dict.fromkeys(("clientId", "consentType", "id", "principalId", "resourceId"), EQ),
)
MAX_SCOPE = 3850
