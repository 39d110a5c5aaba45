"""Directory roles that a program gives: exactly those that the stack declares pass, by name and template id."""

from __future__ import annotations

from typing import Any

import pytest

from lockstep.policy.world import World
from lockstep.resource_types import DIRECTORY_ROLES
from tests.policy.service import UNKNOWN, Pack, app, edition_of, make_world
from tests.settings.reading import ATERA as CLIENT
from tests.settings.reading import LOCAL_TENANT

ATERA, SYNC = app("atera", "atera"), app("atlas", "workspaces-sync")
RULE = "only-declared-directory-roles"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
DECLARED = {"User Administrator": USER_ADMINISTRATOR}


def giving(*names: str) -> World:
    """Return the world of a stack that declares these directory roles of Atera's principal."""
    return make_world(None, {"atera": {"clientId": CLIENT, "directoryRoles": list(names)}})


def roles_of(world: World, roles: Any, **changed: Any) -> dict[str, Any]:
    return {
        "vendor": "atera",
        "app": "atera",
        "edition": edition_of(world, "atera"),
        "tenantId": LOCAL_TENANT,
        "client": UNKNOWN,
        "address": CLIENT,
        "roles": roles,
        **changed,
    }


def judged(world: World, roles: Any, **changed: Any) -> list[str]:
    pack = Pack(world)
    parent = pack.component(ATERA, "atera", clientId=CLIENT)
    return pack.judge(DIRECTORY_ROLES, roles_of(world, roles, **changed), parent=parent)


def test_i13_the_declared_role_passes() -> None:
    assert judged(giving("User Administrator"), DECLARED) == []


@pytest.mark.parametrize(
    ("declares", "roles"),
    [
        pytest.param((), DECLARED, id="documented and not declared"),
        pytest.param(("User Administrator",), {"Global Administrator": GLOBAL_ADMINISTRATOR}, id="another role"),
        pytest.param(
            ("User Administrator",), {"User Administrator": GLOBAL_ADMINISTRATOR}, id="another id by the right name"
        ),
        pytest.param(("User Administrator",), {"Helpdesk": USER_ADMINISTRATOR}, id="another name by the right id"),
        pytest.param(
            ("User Administrator",), {**DECLARED, "Global Administrator": GLOBAL_ADMINISTRATOR}, id="one more"
        ),
        pytest.param(("User Administrator",), {"User Administrator": UNKNOWN}, id="an unknown id"),
        pytest.param(("User Administrator",), UNKNOWN, id="all of them unknown"),
        pytest.param(("User Administrator",), None, id="none named"),
    ],
)
def test_i13_what_the_stack_does_not_declare_is_refused(declares: tuple[str, ...], roles: Any) -> None:
    assert judged(giving(*declares), roles) == [RULE]


@pytest.mark.parametrize(
    "changed",
    [
        {"tenantId": "33333333-3333-4333-8333-333333333333"},
        {"address": "33333333-3333-4333-8333-333333333333"},
        {"edition": "2020-01-01"},
        {"app": "connex-api"},
        {"vendor": UNKNOWN},
    ],
)
def test_i13_roles_of_another_app_tenant_edition_or_principal_are_refused(changed: dict[str, Any]) -> None:
    assert "only-declared-apps" in judged(giving("User Administrator"), DECLARED, **changed)


def test_i13_roles_outside_the_component_of_the_app_are_refused() -> None:
    world = giving("User Administrator")
    assert Pack(world).judge(DIRECTORY_ROLES, roles_of(world, DECLARED)) == ["only-declared-apps"]


def test_i13_an_app_without_documented_roles_is_given_none() -> None:
    world = make_world()
    pack = Pack(world)
    props = roles_of(world, DECLARED, vendor="atlas", app=SYNC.key, edition=edition_of(world, "atlas"), address=UNKNOWN)
    assert pack.judge(DIRECTORY_ROLES, props, parent=pack.component(SYNC, "atlas")) == [RULE]
