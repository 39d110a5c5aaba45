"""The layouts of the JSON files of a private catalogue: lists of APIs, sentences and tiers.

Says what fields there are and what each holds. Knows no edition.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.shape import FileShape, Guid, Key, Name, Some, Text
from lockstep.yaml_file import Node


def _or_nothing(value: object) -> object:
    return None if isinstance(value, Node) and value.kind == "null" else value


def _tier(value: object) -> object:
    if isinstance(value, Node) and value.kind == "int" and value.text in ("0", "1", "2"):
        return int(value.text)
    if isinstance(value, Node) and value.kind == "null":
        return None
    raise ValueError("must be 0 (control plane), 1 (management plane), 2 (user access) or null (nobody says)")


class OfferedEntry(FileShape, title="a permission of an API"):
    """One permission that an API offers."""

    value: Name = Field(description="the name of the permission")
    id: Guid = Field(description="the id of the permission")
    type: PermissionType = Field(strict=False, description="the type")
    display_name: Text = Field(description="the title of the permission")
    admin_consent_required: Annotated[bool | None, BeforeValidator(_or_nothing)] = Field(
        None, description="whether only an administrator may consent; null where nobody says"
    )
    enabled: bool = Field(True, description="whether the permission is switched on")


class ApiFile(FileShape, title="a list of an API's permissions"):
    """An API that Lockstep ships no list of, as `lockstep catalogue api` writes it."""

    key: Key = Field(description="the key of the API")
    name: Text = Field(description="the name of the API")
    app_id: Guid = Field(description="the app id of the API")
    snapshot: Text = Field(description="when and how the list was read")
    permissions: Some[OfferedEntry] = Field(description="the permissions of an API")
    also_called: Some[Annotated[Text, Field(description="a name")]] | None = Field(None, description="its other names")
    sources: Some[Annotated[Text, Field(description="a source")]] | None = Field(None, description="where it is from")


class MeaningsFile(FileShape, title="a file of sentences"):
    """What permissions let their holder do, for those that Lockstep has no sentence of."""

    meanings: dict[str, Annotated[Text, Field(description="a sentence")]] = Field(
        description="the sentences by API key/type/name"
    )
    about: Text | None = Field(None, description="what the file is for")


class RiskEntry(FileShape, title="a tier"):
    """How much a permission weighs."""

    api: Key = Field(description="the key of the API, or of an app that exposes a scope")
    type: PermissionType = Field(strict=False, description="the type")
    name: Name = Field(description="the name of the permission")
    id: Guid = Field(description="the id of the permission")
    tier: Annotated[int | None, BeforeValidator(_tier)] = Field(description="the tier")
    reason: Text = Field(description="why, in our own words")
    source: Text = Field(description="who says so, and where")
    level: Text | None = Field(None, description="the level of the Enterprise Access Model")
    service: Text | None = Field(None, description="the service that it is about")


class RisksFile(FileShape, title="a file of tiers"):
    """How much permissions weigh that Lockstep has no tier of."""

    tiers: Some[RiskEntry] = Field(description="the tiers")
    about: Text | None = Field(None, description="what the file is for")
