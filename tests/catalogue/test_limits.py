"""Entra's limits on one app, each at its edge."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.catalogue import MAX_APIS, MAX_PERMISSIONS, MAX_SCOPE_STRING, PermissionType, apis, stable_scope_id
from lockstep.errors import CatalogueError

from .sample import HEAD, HUB, edition, permission

ROLES = [entry for entry in apis()["graph"].permissions if entry.type is PermissionType.APPLICATION]
LONG = "Scope" + "x" * 1000


def many_permissions(count: int) -> str:
    asked = [permission("graph", "application", entry.name, entry.id) for entry in ROLES[:count]]
    return HEAD + HUB + "".join(asked)


def many_apis(count: int) -> str:
    """Return an edition with `count` APIs of its own, all asked for by one app."""
    apps, asked, labels = [], [], []
    for number in range(count):
        key, id = f"api-{number}", stable_scope_id("acme", f"api-{number}", "Use")
        app = HUB.replace("key: hub", f"key: {key}").replace("Hub.Use", "Use")
        own = stable_scope_id("acme", "hub", "Hub.Use")
        apps.append(app.replace(own, id) + permission("graph", "application", ROLES[0].name, ROLES[0].id))
        asked.append(permission(key, "delegated", "Use", id))
        labels.append(f"  {key}: Label\n")
    head = HEAD.replace("footnotes:", "".join(labels) + "footnotes:")
    return head + "".join(apps) + HUB + "".join(asked)


def long_scopes(length: int) -> str:
    """Return an edition where one app asks for scopes of one API that are `length` characters together."""
    names = [f"{LONG}{number}" for number in range(3)]
    names.append("x" * (length - len(" ".join(names)) - 1))
    scope = HUB[HUB.index("      - value") : HUB.index("    permissions")]
    asked, exposed = [], []
    for name in names:
        id = stable_scope_id("acme", "hub", name)
        own = stable_scope_id("acme", "hub", "Hub.Use")
        exposed.append(scope.replace("Hub.Use", name).replace(own, id))
        asked.append(permission("hub", "delegated", name, id))
    return HEAD + HUB.replace(scope, "".join(exposed)) + "".join(asked)


def test_as_many_as_entra_takes(tmp_path: Path) -> None:
    assert len(edition(tmp_path, many_permissions(MAX_PERMISSIONS)).app("hub").permissions) == MAX_PERMISSIONS
    assert len(edition(tmp_path, many_apis(MAX_APIS)).app("hub").permissions) == MAX_APIS
    hub = edition(tmp_path, long_scopes(MAX_SCOPE_STRING)).app("hub")
    assert len(" ".join(entry.name for entry in hub.permissions)) == MAX_SCOPE_STRING


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (many_permissions(MAX_PERMISSIONS + 1), "401 permissions; Entra takes at most 400 an app"),
        (many_apis(MAX_APIS + 1), "51 APIs; Entra takes at most 50 an app"),
        (long_scopes(MAX_SCOPE_STRING + 1), "a scope string of 3851 characters for Acme Hub; Graph takes at most 3850"),
    ],
    ids=["permissions", "APIs", "scope string"],
)
def test_one_more_than_entra_takes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        edition(tmp_path, text)
    assert f"Acme Hub asks for {message}" in str(refused.value)
