"""What an app that the stack registers consists of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockstep.catalogue import App, AppKind, load
from tests.components.building import REAL, estate
from tests.components.running import (
    APPLICATION,
    CALLER,
    CERTIFICATE,
    CONSENT,
    FEDERATED,
    SERVICE_PRINCIPAL,
    TENANT,
    UNKNOWN,
    Registration,
)

OWNER = "77777777-7777-4777-8777-777777777777"
API = "Atlas.ConneX API"
COMPONENT = "lockstep:entra:AppRegistration"
REGISTERED = [app for app in load().edition_as_of("atlas", "current").apps if app.kind is AppKind.REGISTRATION]
BY_NAME = pytest.mark.parametrize("app", REGISTERED, ids=lambda app: app.key)


def configured(application: Registration) -> set[tuple[str, str, str]]:
    return {
        (api["resourceAppId"], access["type"], access["id"])
        for api in application.inputs["requiredResourceAccesses"]
        for access in api["resourceAccesses"]
    }


def documented(app: App, api: str = f"client of {API}") -> set[tuple[str, str, str]]:
    own = {"app:connex-api": api}
    return {(own.get(e.permission.api, e.permission.api), e.type.entra, e.id) for e in app.permissions}


@BY_NAME
def test_configured_are_exactly_the_documented_permissions(app: App) -> None:
    assert configured(estate().one(APPLICATION, app.name)) == documented(app)


@BY_NAME
def test_configured_are_sorted_and_without_doubles(app: App) -> None:
    apis = estate().one(APPLICATION, app.name).inputs["requiredResourceAccesses"]
    public = [api["resourceAppId"] for api in apis if api["resourceAppId"].startswith("0000")]
    assert public == sorted(set(public))
    assert [api["resourceAppId"] for api in apis][: len(public)] == public
    for api in apis:
        entries = [(access["id"], access["type"]) for access in api["resourceAccesses"]]
        assert entries == sorted(set(entries))


@BY_NAME
def test_consented_are_exactly_the_documented_permissions(app: App) -> None:
    consent = estate().one(CONSENT, app.name)
    found = {
        (consent.inputs["apis"][api], {"delegated": "Scope", "application": "Role"}[type], id)
        for api, types in consent.inputs["permissions"].items()
        for type, entries in types.items()
        for id in entries.values()
    }
    assert found == documented(app)
    assert consent.inputs["mode"] == "exact"
    assert (consent.inputs["vendor"], consent.inputs["app"], consent.inputs["edition"]) == (
        *("atlas", app.key),
        "2025-03-01",
    )


@BY_NAME
def test_children_have_the_documented_name_and_hang_under_the_component(app: App) -> None:
    found = estate()
    assert found.one(COMPONENT, app.name).inputs == {"vendor": "atlas", "app": app.key, "edition": "2025-03-01"}
    for type in (APPLICATION, SERVICE_PRINCIPAL, CONSENT):
        assert found.one(type, app.name).parent == app.name


@BY_NAME
def test_type_and_id_are_literal_in_a_first_preview(app: App) -> None:
    application = estate(preview=True).one(APPLICATION, app.name)
    assert configured(application) == documented(app, api=UNKNOWN)


def test_application_is_for_one_tenant_and_refuses_a_second_of_its_name() -> None:
    inputs = estate().one(APPLICATION, API).inputs
    assert (inputs["displayName"], inputs["signInAudience"]) == (API, "AzureADMyOrg")
    assert inputs["preventDuplicateNames"] is True


def test_exposed_scope_has_the_catalogues_id_and_a_uri_that_is_known_before_creation() -> None:
    found = estate(preview=True).one(APPLICATION, API).inputs
    (scope,) = found["api"]["oauth2PermissionScopes"]
    (documented_scope,) = REGISTERED[0].exposes
    assert (scope["id"], scope["value"]) == (documented_scope.stable_id, "Workspaces.FullControl.All")
    assert found["identifierUris"] == [f"api://{TENANT}/atlas-connex-api"]


def test_app_without_a_scope_has_neither_uri_nor_api() -> None:
    inputs = estate().one(APPLICATION, "Atlas.PnP App").inputs
    assert "api" not in inputs
    assert inputs.get("identifierUris", []) == []


def test_name_suffix_reaches_name_and_uri_and_no_logical_name() -> None:
    inputs = estate(nameSuffix="Test 2").one(APPLICATION, API).inputs
    assert inputs["displayName"] == "Atlas.ConneX API Test 2"
    assert inputs["identifierUris"] == [f"api://{TENANT}/atlas-connex-api-test-2"]


def test_no_principal_is_ever_taken_over() -> None:
    assert all("useExisting" not in each.inputs for each in estate().all(SERVICE_PRINCIPAL))


def test_consent_waits_for_the_principal_that_offers_the_scope() -> None:
    assert (SERVICE_PRINCIPAL, API) in estate().one(CONSENT, "Atlas.ConneX API Client").depends_on


@pytest.mark.parametrize("type", [APPLICATION, SERVICE_PRINCIPAL])
def test_owner_is_the_caller_and_another_caller_changes_nothing(type: str) -> None:
    found = estate().one(type, API)
    assert found.inputs["owners"] == [CALLER]
    assert found.ignore_changes == ("owners",)


@pytest.mark.parametrize("type", [APPLICATION, SERVICE_PRINCIPAL])
def test_owners_given_are_exactly_those_and_held(type: str) -> None:
    found = estate(owners=json.dumps([OWNER])).one(type, API)
    assert found.inputs["owners"] == [OWNER]
    assert found.ignore_changes == ()


def test_owners_without_the_caller_warn_once() -> None:
    (line,) = [line for line in estate(owners=json.dumps([OWNER])).warnings if "owners" in line]
    assert CALLER in line
    assert not [line for line in estate(owners=json.dumps([OWNER, CALLER])).warnings if "owners" in line]


def test_sharepoint_roles_without_a_credential_warn_with_the_reason() -> None:
    warned = [line for line in estate().warnings if "accepts no client secrets" in line]
    assert [line.split(" has ")[0] for line in sorted(warned)] == [
        "Atlas.ConneX API",
        "Atlas.ConneX Provisioning",
        "Atlas.ConneX Workspaces Sync",
    ]


def test_federated_credential_belongs_to_the_app_and_ends_the_warning() -> None:
    credential = {"name": "github", "issuer": "https://token.actions.githubusercontent.com", "subject": "repo:a/b"}
    found = estate({"connex-api": {"federatedCredentials": [credential]}})
    made = found.one(FEDERATED, f"{API} github")
    assert made.inputs == {
        "applicationId": f"id of {API}",
        "displayName": "github",
        "issuer": credential["issuer"],
        "subject": "repo:a/b",
        "audiences": ["api://AzureADTokenExchange"],
    }
    assert not [line for line in found.warnings if line.startswith(f"{API} has")]


def test_certificate_is_given_with_its_own_end_and_named_by_its_thumbprint(certificate: str) -> None:
    (made,) = estate({"provisioning": {"certificates": certificate}}).all(CERTIFICATE)
    assert made.inputs["value"]["value"] == certificate  # azuread marks it as a secret
    assert (made.inputs["encoding"], made.inputs["type"]) == ("pem", "AsymmetricX509Cert")
    assert made.inputs["endDate"] == "2035-01-01T00:00:00Z"
    assert made.name.startswith("Atlas.ConneX Provisioning ")


@pytest.mark.parametrize(
    ("given", "protected"),
    [
        ({}, False),
        ({"protect": "true"}, True),
        (REAL, True),
        ({**REAL, "protect": "false"}, False),
    ],
    ids=["local", "local, asked for", "real", "real, lifted"],
)
def test_protection_holds_everything_but_credentials(given: dict[str, Any], protected: bool, certificate: str) -> None:
    found = estate({"connex-api": {"certificates": certificate}}, **given)
    credentials = {each.name for each in found.all(CERTIFICATE)}
    assert {each.protect for each in found.registrations if each.name not in credentials} == {protected}
    assert {each.protect for each in found.all(CERTIFICATE)} == {False}


ADOPTED: dict[str, dict[str, Any]] = {
    "connex-api": {
        "adopted": {
            "displayName": "Atlas API (old)",
            "identifierUris": ["api://old"],
            "tags": ["theirs"],
            "scopeIds": {"Workspaces.FullControl.All": "12345678-1234-4234-8234-123456789012"},
        }
    },
    "pnp": {"adopted": {"displayName": "PnP"}},
}


def test_adopted_app_keeps_its_name_uri_tags_and_scope_id() -> None:
    inputs = estate(ADOPTED).one(APPLICATION, API).inputs
    assert (inputs["displayName"], inputs["identifierUris"]) == ("Atlas API (old)", ["api://old"])
    assert inputs["tags"][:2] == ["theirs", "lockstep"]
    assert inputs["api"]["oauth2PermissionScopes"][0]["id"] == "12345678-1234-4234-8234-123456789012"


def test_adopted_apps_own_scope_id_is_what_others_ask_for() -> None:
    found = estate(ADOPTED)
    wanted = (f"client of {API}", "Scope", "12345678-1234-4234-8234-123456789012")
    assert wanted in configured(found.one(APPLICATION, "Atlas.ConneX API Client"))
    consent = found.one(CONSENT, "Atlas.ConneX API Client").inputs
    assert consent["permissions"][API] == {"delegated": {"Workspaces.FullControl.All": wanted[2]}}


def test_adopted_app_and_principal_outlive_the_stack_and_their_consent_does_not() -> None:
    found = estate(ADOPTED)
    kept = {(each.type, each.name) for each in found.registrations if each.retain_on_delete}
    assert kept == {(type, name) for type in (APPLICATION, SERVICE_PRINCIPAL) for name in (API, "Atlas.PnP App")}


def test_principal_and_credentials_go_with_their_application_unless_adopted_and_consents_go_by_themselves(
    certificate: str,
) -> None:
    subject = {"name": "github", "issuer": "https://token.actions.githubusercontent.com", "subject": "repo:a/b"}
    signing_in: dict[str, Any] = {"certificates": certificate, "federatedCredentials": [subject]}
    found = estate({**ADOPTED, "pnp": {**ADOPTED["pnp"], **signing_in}, "provisioning": signing_in})
    gone_with = {(each.type, each.name) for each in found.registrations if each.deleted_with}
    new = {each.name for each in found.registrations if each.type == SERVICE_PRINCIPAL} - {API, "Atlas.PnP App"}
    credentials = {(each.type, each.name) for each in found.registrations if each.type in (CERTIFICATE, FEDERATED)}
    assert len(credentials) == 4
    of_new = {entry for entry in credentials if entry[1].startswith("Atlas.ConneX Provisioning ")}
    assert len(of_new) == 2
    assert gone_with == {(SERVICE_PRINCIPAL, name) for name in new} | of_new


def test_adopted_app_keeps_what_is_not_about_permissions() -> None:
    found = estate(ADOPTED)
    api, pnp = (set(found.one(APPLICATION, name).ignore_changes) for name in (API, "Atlas.PnP App"))
    assert {"web", "notes", "logoImage", "preventDuplicateNames", "owners"} <= api & pnp
    assert "api.requestedAccessTokenVersion" in api
    assert "api" in pnp
    assert not {"tags", "featureTags"} & (api | pnp)
    assert not {"api", "displayName", "identifierUris", "requiredResourceAccesses"} & api
    assert "accountEnabled" in found.one(SERVICE_PRINCIPAL, API).ignore_changes


def test_withheld_permission_is_neither_configured_nor_consented() -> None:
    entry = {"reason": "no support scripts", "by": "CISO"}
    app = next(app for app in REGISTERED if app.key == "pnp")
    name = next(entry.title for entry in app.permissions if entry.name == "User.Read.All")
    found = estate({"pnp": {"withhold": [{**entry, "permission": name}]}})
    (missing,) = documented(app) - configured(found.one(APPLICATION, app.name))
    consented = json.dumps(
        found.one(CONSENT, app.name).inputs["permissions"][name.split(" · ")[0]][name.split(" · ")[1]]
    )
    assert missing[2] not in consented
