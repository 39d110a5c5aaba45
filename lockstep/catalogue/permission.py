"""The identity of a permission: the triple (API app id, type, id).

A GUID alone is ambiguous (`df021288-…` is User.Read.All on Graph and on SharePoint), and so is a name.
Knows nothing of Pulumi or Graph clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

GRAPH = "00000003-0000-0000-c000-000000000000"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"


OWN_API = "app:"
"""What an API of a vendor's own app begins with, before the app's key, while its app id is not known."""

ClientId = TypeVar("ClientId")


class PermissionType(StrEnum):
    """Delegated (with a signed-in user) or application (without one)."""

    DELEGATED = "delegated"
    APPLICATION = "application"

    @property
    def entra(self) -> str:
        """The word of the Entra manifest: `Scope` or `Role`."""
        return "Scope" if self is PermissionType.DELEGATED else "Role"

    @classmethod
    def from_entra(cls, word: str) -> PermissionType:
        """Return the type for the manifest's `Scope` or `Role`; ValueError for any other word."""
        if word == "Scope":
            return cls.DELEGATED
        if word == "Role":
            return cls.APPLICATION
        raise ValueError(f"{word!r} is neither 'Scope' nor 'Role'")


@dataclass(frozen=True, order=True)
class Permission:
    """One permission of one API.

    `api` is the API's app id in lower case, or `app:<key>` while the API is a vendor's own app that is not
    created yet. `id` is the permission's GUID in lower case.
    """

    api: str
    type: PermissionType
    id: str


@dataclass(frozen=True)
class OwnApi(Generic[ClientId]):
    """A vendor's own app as an API, in one tenant: its app id, and the ids of the scopes that it exposes by name.

    The app id is an output while the app is made in the same run. The scopes of an adopted app keep the ids that they
    were made with, so the catalogue's ids are no more than the default.
    """

    client_id: ClientId
    scope_ids: Mapping[str, str]


def permission_title(api: str, type: str, name: str) -> str:
    """Return a permission for a person, from the name of its API, its type and its own name (or its id)."""
    return f"{api} · {type} · {name}"
