"""The user object, as far as owners and consents need it. Data only."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.objects import EQ, TEXT
from lockstep.emulator.odata.query import Entity

WRITABLE: dict[str, Any] = {
    "accountEnabled": True,
    "displayName": None,
    "givenName": None,
    "jobTitle": None,
    "mail": None,
    "mailNickname": None,
    "surname": None,
    "userPrincipalName": None,
    "userType": None,
}

USER = Entity(
    name="User",
    properties=frozenset(WRITABLE) | {"id"},
    filters={
        "displayName": TEXT,
        "id": EQ,
        "mail": TEXT | {"endsWith"},
        "userPrincipalName": TEXT | {"endsWith"},
        "accountEnabled": EQ,
    },
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
