"""The form of a capture, by which a file that somebody edited is refused with the place that is wrong.

Says what a tenant is filled from, and nothing of how. Importing this imports pydantic.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class CapturedPart(BaseModel):
    """What a tenant is filled from has this form; whatever else Graph shows of an object comes along as it is."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True)


Guid = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")]
Objects = list[dict[str, Any]]


class CapturedRole(CapturedPart):
    id: str
    name: str
    scope: str


class CapturedExposed(CapturedPart):
    oauth2_permission_scopes: Objects


class CapturedHeld(CapturedPart):
    id: Guid
    app_id: str
    display_name: str | None = None
    owners: list[str] | None = None
    password_credentials: Objects = []
    key_credentials: Objects = []
    federated_identity_credentials: Objects | None = None
    directory_roles: list[CapturedRole] | None = None
    required_resource_access: Objects = []
    app_roles: Objects = []
    service_principal_names: list[str] = []
    identifier_uris: list[str] = []
    tags: list[str] = []
    api: CapturedExposed = CapturedExposed.model_construct()


class CapturedOthers(CapturedPart):
    applications: list[CapturedHeld]
    service_principals: list[CapturedHeld]
    deleted: list[CapturedHeld]


class CapturedOffer(CapturedPart):
    id: str
    value: str | None
    enabled: bool


class CapturedApi(CapturedPart):
    app_id: str
    display_name: str | None
    scopes: list[CapturedOffer]
    roles: list[CapturedOffer]


class CapturedGrant(CapturedPart):
    client: Guid
    api: Guid
    user: Guid | None
    scope: str


class CapturedAssignment(CapturedPart):
    client: Guid
    api: Guid
    role: Guid
    created: str | None


class CapturedPerson(CapturedPart):
    id: Guid
    kind: str


class Capture(CapturedPart):
    applications: list[CapturedHeld]
    service_principals: list[CapturedHeld]
    grants: list[CapturedGrant]
    assignments: list[CapturedAssignment]
    apis: list[CapturedApi]
    others: CapturedOthers
    people: list[CapturedPerson]
