"""What was seen in a tenant: the consents in force on each app. Values only, handed in by whoever read them.

Every text may come from a tenant and is hostile until a writer has escaped it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.catalogue import PermissionType
from lockstep.dossier.model import Presence


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission that is in force, configured or missing, and what that makes of it.

    `api` is the API's app id, `api_name` and `name` what the tenant calls the two. `consented`: it is in force.
    """

    api: str
    api_name: str
    type: PermissionType
    name: str
    id: str
    presence: Presence
    consented: bool = True


@dataclass(frozen=True, slots=True)
class ObservedApp:
    """One app, or one of the principals behind a shared one, as it was found.

    `principal` is the key of that principal, or nothing. `state` is one word: present, absent, disabled.
    """

    vendor: str
    app: str
    display_name: str
    state: str
    grants: tuple[Grant, ...]
    principal: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one reading of a tenant found."""

    tenant_id: str
    tenant_name: str
    read: str
    how: str
    apps: tuple[ObservedApp, ...]
