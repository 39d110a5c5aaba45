"""What a caller lacks, told from its token, and that the emulator, which enforces permissions, agrees."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from lockstep.directory.credential import Identity, identity_of
from lockstep.directory.rights import (
    APPLICATION_ADMINISTRATOR,
    CLOUD_APPLICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    TASKS,
    creates_foreign_principals,
    lacking,
)
from lockstep.emulator.roles.model import BuiltInRole
from tests.directory.scripted import CLIENT, OBJECT, TENANT

UP = ("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.OwnedBy", "DelegatedPermissionGrant.ReadWrite.All")


def app(*permissions: str) -> Identity:
    return Identity("tenant", "client", "object", frozenset(permissions), frozenset())


def user(*roles: str) -> Identity:
    return Identity("tenant", "client", "object", frozenset({"Directory.AccessAsUser.All"}), frozenset(roles), True)


@pytest.mark.parametrize(
    ("permissions", "task", "lacks"),
    [
        (("Directory.Read.All",), "preview", 0),
        (("Directory.Read.All",), "audit", 0),
        (("Directory.Read.All",), "up", 3),
        (("Application.Read.All",), "audit", 1),
        ((), "audit", 2),
        (UP, "up", 0),
        (UP, "audit", 0),
        (UP[:2], "up", 1),
        (("Application.ReadWrite.All", *UP[::2]), "up", 0),
        (("Directory.ReadWrite.All",), "up", 3),
    ],
)
def test_an_applications_permissions(permissions: tuple[str, ...], task: str, lacks: int) -> None:
    assert len(lacking(app(*permissions), task) or ()) == lacks


@pytest.mark.parametrize(
    ("roles", "lacks"),
    [
        ((GLOBAL_ADMINISTRATOR,), 0),
        ((PRIVILEGED_ROLE_ADMINISTRATOR, APPLICATION_ADMINISTRATOR), 0),
        ((PRIVILEGED_ROLE_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR), 0),
        ((APPLICATION_ADMINISTRATOR,), 1),
        ((PRIVILEGED_ROLE_ADMINISTRATOR,), 1),
        ((), 2),
    ],
)
def test_a_users_directory_roles(roles: tuple[str, ...], lacks: int) -> None:
    assert len(lacking(user(*roles), "up") or ()) == lacks


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (app(*UP), False),
        (app(*UP, "Application.Read.All"), False),
        (app("Application.ReadWrite.All"), True),
        (app("Directory.ReadWrite.All"), True),
        (replace(app(*UP), roles=frozenset({CLOUD_APPLICATION_ADMINISTRATOR})), True),
        (user(CLOUD_APPLICATION_ADMINISTRATOR), True),
        (user(PRIVILEGED_ROLE_ADMINISTRATOR), False),
        (replace(user(), roles=None), None),
    ],
)
def test_b2_who_may_add_an_application_of_another_tenant(who: Identity, may: bool | None) -> None:
    assert creates_foreign_principals(who) is may


def test_a_token_without_roles_tells_nothing_of_a_user() -> None:
    unknown = Identity("tenant", "client", "object", frozenset({"Directory.AccessAsUser.All"}), None, True)
    assert {lacking(unknown, task) for task in TASKS} == {None}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"roles": ["A"], "app_displayname": "Deployer"}, (frozenset({"A"}), None, False, "Deployer")),
        ({"scp": "A B", "wids": [GLOBAL_ADMINISTRATOR.upper()], "upn": "ada@x"},
         (frozenset({"A", "B"}), frozenset({GLOBAL_ADMINISTRATOR}), True, "ada@x")),
        ({"roles": ["A"], "scp": "B", "wids": []}, (frozenset({"B"}), frozenset(), True, "")),
        ({}, (frozenset(), None, False, "")),
    ],
)  # fmt: skip
def test_what_a_token_says(claims: dict[str, object], expected: tuple[object, ...]) -> None:
    body = json.dumps({"tid": TENANT, "appid": CLIENT, "oid": OBJECT, **claims}).encode()
    found = identity_of(f"e30.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.c2ln")
    assert (found.permissions, found.roles, found.is_user, found.name) == expected
    assert (found.tenant_id, found.client_id, found.object_id) == (TENANT, CLIENT, OBJECT)


def test_every_task_says_what_for() -> None:
    nobody = app()
    for task in TASKS:
        assert all(" (to " in each for each in lacking(nobody, task) or ())


def test_the_roles_are_microsofts() -> None:
    assert BuiltInRole.GLOBAL_ADMINISTRATOR == GLOBAL_ADMINISTRATOR
    assert BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR == PRIVILEGED_ROLE_ADMINISTRATOR
    assert BuiltInRole.APPLICATION_ADMINISTRATOR == APPLICATION_ADMINISTRATOR
    assert BuiltInRole.CLOUD_APPLICATION_ADMINISTRATOR == CLOUD_APPLICATION_ADMINISTRATOR
