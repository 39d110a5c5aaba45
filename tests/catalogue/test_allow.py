"""The allowlist of an edition: what policy and provider judge by."""

from __future__ import annotations

import pytest

from lockstep.catalogue import GRAPH, SHAREPOINT, Permission, PermissionType, allowlist, load
from lockstep.errors import CatalogueError

APPLICATION, DELEGATED = PermissionType.APPLICATION, PermissionType.DELEGATED
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
ATLAS = allowlist(load().edition("atlas", "2025-03-01"))
ATERA = allowlist(load().edition("atera", "2026-11-22"))


@pytest.mark.parametrize(
    ("app", "permission", "allowed"),
    [
        ("workspaces-sync", Permission(GRAPH, APPLICATION, USER_READ_ALL), True),
        ("workspaces-sync", Permission(SHAREPOINT, APPLICATION, USER_READ_ALL), True),
        ("provisioning", Permission(GRAPH, APPLICATION, USER_READ_ALL), True),
        ("provisioning", Permission(SHAREPOINT, APPLICATION, USER_READ_ALL), False),
        ("workspaces-sync", Permission(GRAPH, DELEGATED, USER_READ_ALL), False),
        ("api-client", Permission(GRAPH, APPLICATION, USER_READ_ALL), False),
    ],
)
def test_allows_by_app_api_type_and_id(app: str, permission: Permission, allowed: bool) -> None:
    assert ATLAS.allows(app, permission) is allowed


def test_twins_are_tolerated_and_not_allowed() -> None:
    twins = ATERA.tolerated("atera")
    assert (len(ATERA.permissions("atera")), len(twins)) == (27, 14)
    assert not twins & ATERA.permissions("atera")
    assert not any(ATERA.allows("atera", twin) for twin in twins)
    assert all(ATERA.allows("atera", twin, tolerated=True) for twin in twins)


def test_own_api_is_allowed_before_it_has_an_app_id() -> None:
    (scope,) = ATLAS.edition.app("connex-api").exposes
    permission = Permission("app:connex-api", DELEGATED, scope.stable_id)
    assert ATLAS.allows("spfx", permission)
    assert not ATLAS.allows("provisioning", permission)


def test_unknown_app_is_an_error_not_an_empty_list() -> None:
    with pytest.raises(CatalogueError, match=r"has no app 'spfxx'; .*did you mean 'spfx'"):
        ATLAS.permissions("spfxx")
