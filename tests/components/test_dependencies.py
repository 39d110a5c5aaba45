"""A value can be handed over without the engine's record that the one resource needs the other."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

from lockstep.catalogue import AppKind, load
from lockstep.components.dependencies import without_dependency
from tests.components.building import estate
from tests.components.running import APPLICATION, CONSENT, PRINCIPAL, SERVICE_PRINCIPAL, Registration, Run
from tests.components.test_app_registration import API


class Named(pulumi.Resource):
    """Stands for a resource that a value came from."""

    def __init__(self) -> None:
        """Register nothing."""


def parts(value: str | None, *, known: bool, secret: bool) -> tuple[Any, ...]:
    async def ask() -> tuple[Any, ...]:
        async def given(part: Any) -> Any:
            return part

        origin: Any = pulumi.Output({Named()}, given(value), given(known), given(secret))
        output: Any = without_dependency(origin)
        sources = await origin.resources()
        assert sources
        return (
            await output.resources() == (set() if known else sources),
            await output.future(),
            await output.is_known(),
            await output.is_secret(),
        )

    return asyncio.run(ask())


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("secret", [True, False])
def test_a_value_stays_as_known_and_as_secret_as_it_was_and_a_known_one_comes_from_nothing(
    known: bool, secret: bool
) -> None:
    value = "id" if known else None
    assert parts(value, known=known, secret=secret) == (True, value, known, secret)


def test_a_value_that_never_comes_is_the_same_error() -> None:
    async def ask() -> None:
        async def failed() -> str:
            raise RuntimeError("refused")

        yes: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        yes.set_result(True)
        given: Any = pulumi.Output(set(), failed(), yes)
        output: Any = without_dependency(given)
        with pytest.raises(RuntimeError, match="refused"):
            await output.future()
        pulumi.runtime.settings.SETTINGS.outputs.clear()

    asyncio.run(ask())


def waits(registration: Registration) -> set[str]:
    return {type for type, _ in registration.depends_on}


def test_no_application_waits_in_a_deletion_for_another_application_or_for_a_look_up() -> None:
    found = estate()
    applications = found.all(APPLICATION)
    assert len(applications) == len(
        [a for a in load().edition_as_of("atlas", "current").apps if a.kind is AppKind.REGISTRATION]
    )
    for application in applications:
        assert not waits(application) & {APPLICATION, SERVICE_PRINCIPAL, PRINCIPAL, CONSENT}


def test_the_app_that_exposes_scopes_is_registered_first_and_its_principal_before_consents_on_it() -> None:
    found = estate()
    client = "Atlas.ConneX API Client"
    order = [(each.type, each.name) for each in found.registrations]
    assert order.index((APPLICATION, API)) < order.index((APPLICATION, client))
    assert order.index((SERVICE_PRINCIPAL, API)) < order.index((CONSENT, client))
    assert (SERVICE_PRINCIPAL, API) in found.one(CONSENT, client).depends_on


def plan(found: Run) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what a plan keeps of each registration besides its inputs."""
    return {
        (each.type, each.name): (
            each.parent,
            each.protect,
            each.retain_on_delete,
            each.deleted_with,
            each.ignore_changes,
            sorted(each.depends_on),
        )
        for each in found.registrations
    }


FEDERATED_SETTING = {"name": "pipeline", "issuer": "https://issuer.example", "subject": "repo:x"}
ESTATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "everything": ({}, {}),
    "protected": ({}, {"protect": "true"}),
    "a federated credential": ({"api-client": {"federatedCredentials": [FEDERATED_SETTING]}}, {}),
    "a withdrawal": ({"spfx": {"principals": "new", "withdraw": True}}, {}),
}


@pytest.mark.parametrize(("apps", "given"), ESTATES.values(), ids=ESTATES)
def test_a_deployment_registers_what_its_preview_did_so_that_a_saved_plan_holds(
    apps: dict[str, Any], given: dict[str, Any]
) -> None:
    previewed, deployed = estate(apps, preview=True, **given), estate(apps, **given)
    assert len(plan(deployed)) == len(deployed.registrations)
    assert plan(previewed) == plan(deployed)
