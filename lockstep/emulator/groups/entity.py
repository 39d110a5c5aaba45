"""The group object, as far as owners, members and assignments need it. Data only."""

from __future__ import annotations

from typing import Any

from lockstep.emulator.objects import ANY, EQ, TEXT
from lockstep.emulator.odata.query import Entity

WRITABLE: dict[str, Any] = {
    "description": None,
    "displayName": None,
    "groupTypes": [],
    "isAssignableToRole": None,
    "mail": None,
    "mailEnabled": None,
    "mailNickname": None,
    "membershipRule": None,
    "membershipRuleProcessingState": None,
    "resourceBehaviorOptions": [],
    "resourceProvisioningOptions": [],
    "securityEnabled": None,
    "theme": None,
    "visibility": None,
}
READ_ONLY: dict[str, Any] = {"createdDateTime": None, "deletedDateTime": None, "id": None}

GROUP = Entity(
    name="Group",
    properties=frozenset(WRITABLE) | frozenset(READ_ONLY),
    filters={
        "displayName": TEXT,
        "groupTypes": ANY,
        "id": EQ,
        "mail": TEXT,
        "mailEnabled": EQ,
        "mailNickname": TEXT,
        "securityEnabled": EQ,
    },
    orders=frozenset({"displayName"}),
    expands=frozenset({"members", "owners"}),
)
