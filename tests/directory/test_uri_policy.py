"""What a tenant's policy says of identifier URIs: the same as the emulator, and Entra by its pages, then does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lockstep.directory import open_graph
from lockstep.directory.records import ApplicationRecord
from lockstep.directory.uri_policy import UriPolicy, read_uri_policy
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.local.door import process_door
from tests.audit.test_tenant import caller

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
APP = ApplicationRecord("1", "5d9c0a5e-1b2c-4f3d-8a6b-7c8d9e0f1a2b", "Hub", "2026-01-01T00:00:00Z")
DEFAULT, UNIQUE = "nonDefaultUriAddition", "uriAdditionWithoutUniqueTenantIdentifier"


def read(emulator: Emulator, who: dict[str, str] | None = None) -> UriPolicy | None:
    door = process_door(emulator)
    env = {**door.env, "ARM_TENANT_ID": TENANT_ID}
    if who:
        env |= {"ARM_CLIENT_ID": who["client"], "ARM_CLIENT_SECRET": who["secret"]}

    async def ask() -> UriPolicy | None:
        async with await open_graph(env, TENANT_ID, transport=door.transport()) as graph:
            return await read_uri_policy(graph)

    return asyncio.run(ask())


def policy(**restrictions: dict[str, Any]) -> UriPolicy:
    """Return the policy as it is read from a tenant with these restrictions."""
    with Emulator.open() as emulator:
        emulator.tenant.app_management.update({"applicationRestrictions": {"identifierUris": restrictions}})
        found = read(emulator)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("uri", "refused"),
    [
        (f"api://{TENANT_ID}/hub", DEFAULT),
        ("api://hub", UNIQUE),
        ("https://hub.contoso.com", DEFAULT),  # may be a domain of the tenant: only the other restriction is certain
        (f"api://{APP.app_id}", None),
        (f"API://{TENANT_ID}/{APP.app_id}", None),
    ],
)
def test_a5_the_uris_that_each_restriction_allows(uri: str, refused: str | None) -> None:
    refusing = policy(**{DEFAULT: {"state": "enabled"}}).refusing(uri, APP, NOW)
    assert (refusing.name if refusing else None) == refused


def test_a5_who_is_free_of_the_restriction() -> None:
    strict = policy(**{DEFAULT: {"state": "enabled"}})
    uri = f"api://{TENANT_ID}/hub"
    assert strict.refusing(uri, None, NOW) is not None
    assert strict.refusing(uri, replace(APP, identifier_uris=(uri,)), NOW) is None
    assert strict.refusing(uri, replace(APP, token_version=2), NOW) is None
    later = policy(**{DEFAULT: {"state": "enabled", "restrictForAppsCreatedAfterDateTime": "2026-06-01T00:00:00Z"}})
    assert later.refusing(uri, APP, NOW) is None
    assert later.refusing(uri, None, NOW) is not None


def test_a5_a_caller_who_may_not_read_the_policy_learns_nothing_and_is_not_stopped() -> None:
    with caller("fresh", "Directory.Read.All") as (emulator, who):
        assert read(emulator, who) is None
    with caller("fresh", "Policy.Read.All") as (emulator, who):
        found = read(emulator, who)
    assert found is not None
    assert [each.name for each in found.restrictions] == [UNIQUE]
