"""Directory roles that a stack gives: what create, diff, read, update and delete do, and what they leave alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import grpc
import pytest

from lockstep.emulator import Emulator
from lockstep.resource_types import DIRECTORY_ROLES
from tests.provider.harness import ATERA_CLIENT_ID, TENANT_ID, Json, Provider, RefusedByProviderError, Tenant

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
ATERAS = "00000000-0000-4000-8000-000000000a7e"
Scenario = Callable[[Provider, Tenant, Json], Coroutine[Any, Any, None]]


def play(scenario: Scenario, profile: str = "brownfield") -> None:
    """Run a scenario over a tenant in which Atera's principal holds no role yet."""
    emulator = Emulator.open(profile=profile)
    principal = dict(emulator.tenant.principals.get(ATERA_CLIENT_ID, "appId"))
    for row in list(emulator.tenant.roles.table.by("principalId", principal["id"])):
        emulator.tenant.roles.delete(row)
    asyncio.run(scenario(Provider(emulator), Tenant(emulator), principal))


def inputs(principal: Json, **more: Any) -> Json:
    return {
        "tenantId": TENANT_ID,
        "vendor": "atera",
        "app": "atera",
        "edition": "2026-11-22",
        "client": principal["id"],
        "address": ATERA_CLIENT_ID,
        "roles": {"User Administrator": USER_ADMINISTRATOR},
        **more,
    }


def held(provider: Provider, principal: Json) -> set[str]:
    rows = provider.emulator.tenant.roles.table.by("principalId", principal["id"])
    return {row["roleDefinitionId"] for row in rows}


def test_i13_a_role_is_given_and_taken_away_again() -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        previewed = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal), preview=True)
        assert held(provider, principal) == set()
        assert any("+ directory role User Administrator" in line for line in provider.lines)
        roles = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal))
        assert held(provider, principal) == {USER_ADMINISTRATOR}
        assert (roles.id, roles.outputs["held"], roles.outputs["given"]) == (
            principal["id"],
            [USER_ADMINISTRATOR],
            [USER_ADMINISTRATOR],
        )
        assert previewed.outputs == roles.outputs
        assert await provider.diff(roles, inputs(principal)) == {}
        await provider.delete(roles)
        assert held(provider, principal) == set()

    play(scenario)


def test_i13_a_role_that_was_there_before_stays_when_the_stack_ends() -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        provider.emulator.tenant.roles.assign(principal["id"], USER_ADMINISTRATOR)
        provider.emulator.tenant.roles.assign(principal["id"], GLOBAL_READER)
        writes = len(tenant.writes())
        roles = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal))
        assert (roles.outputs["held"], roles.outputs["given"]) == ([USER_ADMINISTRATOR], [])
        await provider.delete(roles)
        assert held(provider, principal) == {USER_ADMINISTRATOR, GLOBAL_READER}
        assert len(tenant.writes()) == writes

    play(scenario)


def test_i13_a_role_that_the_stack_does_not_want_any_more_goes_if_the_stack_gave_it() -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        roles = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal))
        provider.emulator.tenant.roles.assign(principal["id"], GLOBAL_READER)
        fewer = inputs(principal, roles={})
        assert await provider.diff(roles, fewer) == {'roles["User Administrator"]': "DELETE"}
        roles = await provider.update(roles, fewer)
        assert held(provider, principal) == {GLOBAL_READER}
        assert (roles.outputs["held"], roles.outputs["given"]) == ([], [])

    play(scenario)


def test_i13_what_somebody_took_away_is_seen_by_a_refresh_and_given_again() -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        roles = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal))
        for row in list(provider.emulator.tenant.roles.table.by("principalId", principal["id"])):
            provider.emulator.tenant.roles.delete(row)
        read = await provider.read(roles)
        assert read is not None
        assert (read.outputs["held"], read.outputs["given"]) == ([], [])
        assert await provider.diff(read, inputs(principal)) == {'roles["User Administrator"]': "ADD"}
        again = await provider.update(read, inputs(principal))
        assert again.outputs["given"] == [USER_ADMINISTRATOR]
        assert held(provider, principal) == {USER_ADMINISTRATOR}

    play(scenario)


def test_i13_a_principal_that_is_gone_is_gone_for_its_roles_too() -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        roles = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal))
        await tenant.call("DELETE", f"/servicePrincipals/{principal['id']}")
        assert await provider.read(roles) is None
        await provider.delete(roles)

    play(scenario)


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ({"Global Reader": GLOBAL_READER}, "atera 2026-11-22 does not document it"),
        ({"User Administrator": GLOBAL_READER}, "atera 2026-11-22 does not document it"),
        ({"Users Administrator": USER_ADMINISTRATOR}, "did you mean 'User Administrator'?"),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_i13_a_role_that_is_not_documented_is_refused_before_anything_is_written(
    roles: dict[str, str], says: str, preview: bool
) -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        writes = tenant.writes()
        with pytest.raises(RefusedByProviderError, match="refused") as refused:
            await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal, roles=roles), preview=preview)
        assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
        assert says in str(refused.value)
        assert tenant.writes() == writes

    play(scenario)


def test_i13_another_principal_than_that_of_the_app_is_given_nothing() -> None:
    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        other = await tenant.register("Helper")
        with pytest.raises(RefusedByProviderError, match="is not Atera"):
            await provider.create(DIRECTORY_ROLES, "Atera", inputs(other))
        assert held(provider, other) == set()

    play(scenario)


@pytest.mark.parametrize("after", [False, True])
def test_i13_a_failure_half_way_is_recorded_and_the_next_run_goes_on(after: bool) -> None:
    """`after` tells that the role was given, and only the answer was lost."""

    async def scenario(provider: Provider, tenant: Tenant, principal: Json) -> None:
        provider.emulator.faults.add(
            method="POST", path="/v1.0/roleManagement", status=403, code="Authorization_RequestDenied", after=after
        )
        with pytest.raises(RefusedByProviderError) as refused:
            await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal))
        unfinished = refused.value.unfinished
        assert unfinished is not None
        assert unfinished["id"] == principal["id"]
        assert unfinished["outputs"]["given"] == [USER_ADMINISTRATOR]
        assert "RoleManagement.ReadWrite.Directory" in unfinished["reasons"][0]
        provider.emulator.faults.clear()
        roles = await provider.create(DIRECTORY_ROLES, "Atera", inputs(principal), preview=True)
        roles.outputs = unfinished["outputs"]
        roles = await provider.update(roles, inputs(principal))
        assert roles.outputs["given"] == [USER_ADMINISTRATOR]
        await provider.delete(roles)
        assert held(provider, principal) == set()

    play(scenario)


@pytest.mark.parametrize(
    "changed",
    [{"roles": None}, {"roles": {"User Administrator": 7}}, {"client": 7}, {"roles": ["User Administrator"]}],
)
def test_i13_check_refuses_what_has_no_form(changed: dict[str, Any]) -> None:
    provider = Provider(Emulator.open(profile="fresh"))
    failures = asyncio.run(provider.check(DIRECTORY_ROLES, inputs({"id": ATERAS}, **changed)))
    assert [name for name, _ in failures] == [next(iter(changed))]
    assert asyncio.run(provider.check(DIRECTORY_ROLES, inputs({"id": ATERAS}))) == []
