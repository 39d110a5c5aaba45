"""The app role assignment object. Data only."""

from __future__ import annotations

from lockstep.emulator.objects import EQ
from lockstep.emulator.odata.query import Entity

ASSIGNMENT = Entity(
    name="AppRoleAssignment",
    properties=frozenset(
        {
            "appRoleId",
            "createdDateTime",
            "deletedDateTime",
            "id",
            "principalDisplayName",
            "principalId",
            "principalType",
            "resourceDisplayName",
            "resourceId",
        }
    ),
    filters={"id": EQ, "appRoleId": EQ, "principalId": EQ, "resourceId": EQ},
)
