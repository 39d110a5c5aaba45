"""The user object, as far as owners and consents need it. Data only."""

from __future__ import annotations

from lockstep.emulator.objects import EQ, TEXT
from lockstep.emulator.odata.query import Entity

USER = Entity(
    name="User",
    properties=frozenset(
        {"accountEnabled", "displayName", "givenName", "id", "mail", "surname", "userPrincipalName", "userType"}
    ),
    filters={"displayName": TEXT, "id": EQ, "mail": TEXT, "userPrincipalName": TEXT, "accountEnabled": EQ},
    orders=frozenset({"displayName", "userPrincipalName"}),
)
ORGANIZATION = Entity(
    name="Organization",
    properties=frozenset({"displayName", "id", "tenantType", "verifiedDomains"}),
    filters={},
)
DOMAIN = Entity(
    name="Domain",
    properties=frozenset({"id", "isDefault", "isInitial", "isVerified", "authenticationType"}),
    filters={},
)
