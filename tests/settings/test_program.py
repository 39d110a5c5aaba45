"""The program: guards before anything else, then the estate and its exports."""

from __future__ import annotations

import pulumi
import pytest

from lockstep.errors import SettingError, SignInError, WrongTenantError
from lockstep.program import build, run
from tests.components.running import APPLICATION, CONSENT, Run, Tenant
from tests.components.running import run as run_program
from tests.settings.reading import OPTIONAL, REAL_TENANT, apps, config

LOCAL_ENVIRONMENT = {"ARM_METADATA_HOSTNAME": "localhost:8443"}
GRAPH_CALLER = "azuread:index/getClientConfig:getClientConfig"
OUR_CALLER = "entraconsent:index:getCaller"
OFFERS = "entraconsent:index:getNotOffered"


def build_all(given: dict[str, str] | None = None, tenant: Tenant | None = None) -> Run:
    def program() -> None:
        for name, value in build(LOCAL_ENVIRONMENT).outputs().items():
            pulumi.export(name, value)

    return run_program(program, tenant=tenant, config=given or config(apps=apps(OPTIONAL)))


def test_exports_name_target_editions_and_the_ids_of_each_app() -> None:
    outputs = build_all().outputs
    assert outputs["target"] == "local"
    assert outputs["editions"] == {"atlas": "2025-03-01", "atera": "2026-11-22"}
    keys = {"connex-api", "provisioning", "workspaces-sync", "api-client", "pnp", "atera"}
    assert set(outputs) == {*keys, "spfx", "target", "editions"}
    ids = {"clientId", "objectId", "servicePrincipalId", "scopeIds"}
    assert {key for app in keys for key in outputs[app]} == ids
    assert set(outputs["connex-api"]["scopeIds"]) == {"Workspaces.FullControl.All"}
    assert set(outputs["spfx"]) == {"new", "old"}
    assert {key for principal in outputs["spfx"].values() for key in principal} == {*ids, "state"}


def test_optional_apps_are_left_out_unless_they_are_named() -> None:
    assert build_all(config()).names(APPLICATION) == {
        *("Atlas.ConneX API", "Atlas.ConneX Provisioning", "Atlas.ConneX Workspaces Sync"),
    }


@pytest.mark.parametrize(("vendor", "consents"), [("atlas", 5), ("atera", 1)])
def test_a_vendor_can_be_deployed_alone(vendor: str, consents: int) -> None:
    of_apps = "{}" if vendor == "atlas" else apps({})
    found = build_all(config(vendors=f'["{vendor}"]', apps=of_apps))
    assert {each.inputs["vendor"] for each in found.all(CONSENT)} == {vendor}
    assert len(found.all(CONSENT)) == consents


@pytest.mark.parametrize(
    ("tenant", "error"),
    [
        (Tenant(azuread={"tenantId": REAL_TENANT}), WrongTenantError),
        (Tenant(entraconsent={"tenantId": REAL_TENANT}), WrongTenantError),
        (Tenant(entraconsent={"objectId": "another"}), SignInError),
    ],
    ids=["azuread elsewhere", "entraconsent elsewhere", "two callers"],
)
def test_wrong_caller_registers_nothing(tenant: Tenant, error: type[Exception]) -> None:
    found: list[Run] = []

    def program() -> None:
        with pytest.raises(error):
            build(LOCAL_ENVIRONMENT)

    found.append(run_program(program, tenant=tenant, config=config()))
    assert found[0].registrations == []


@pytest.mark.parametrize(
    ("environment", "given"),
    [({}, config()), (LOCAL_ENVIRONMENT, {**config(), "azuread:metadataHost": "login.microsoftonline.com"})],
    ids=["no host", "another host in the stack file"],
)
def test_local_target_without_this_machine_asks_nobody(environment: dict[str, str], given: dict[str, str]) -> None:
    def program() -> None:
        with pytest.raises(SettingError):
            build(environment)

    found = run_program(program, config=given)
    assert (found.invokes, found.registrations) == ([], [])


def test_both_providers_are_asked_who_they_are_and_ours_first() -> None:
    """The engine starts one provider after the other: ours signs in while azuread's starts."""
    asked = build_all().invokes
    assert asked[0] == OUR_CALLER
    assert sorted(asked) == sorted([GRAPH_CALLER, OUR_CALLER, OFFERS])


@pytest.mark.parametrize(
    ("token", "provider"), [(GRAPH_CALLER, "azuread"), (OUR_CALLER, "entraconsent")], ids=["azuread", "entraconsent"]
)
def test_provider_that_cannot_sign_in_gives_one_line(token: str, provider: str) -> None:
    caught: list[str] = []

    def program() -> None:
        with pytest.raises(SignInError) as error:
            build(LOCAL_ENVIRONMENT)
        caught.append(str(error.value))

    found = run_program(program, tenant=Tenant(failures={token: "no secret\n  was given"}), config=config())
    assert caught == [f"{provider} could not sign in: no secret was given; nothing was written"]
    assert found.registrations == []


def test_user_error_ends_the_program_in_one_line_and_keeps_its_cause() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run_program(run, config={**config(), "lockstep:edtion": "x"})
    assert str(caught.value).startswith("Pulumi.test.yaml: lockstep:edtion is not a setting")
    assert isinstance(caught.value.__cause__, SettingError)
