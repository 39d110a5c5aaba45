"""An adopted application keeps all that is not about permissions: every writable field of it, one by one.

The tables must name every field that Graph lets one write and every argument that azuread takes: a new one fails here
until somebody has said what becomes of it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

import pulumi_azuread as azuread
import pytest

from lockstep.catalogue import GRAPH, load
from lockstep.components.app_registration import _APPLICATION_KEEPS, _SERVICE_PRINCIPAL_KEEPS
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.emulator.applications.model import WRITABLE as APPLICATION
from lockstep.emulator.serviceprincipals.model import WRITABLE as PRINCIPAL
from tests.adopt.taking import take_over
from tests.provider.harness import Tenant
from tests.scenarios.estate import HOST, NO_OPTIONAL, Estate, of_apps

SCOPE = load().edition("atlas", "2025-03-01").app("connex-api").exposes[0]
GUID = "aaaaaaaa-0000-4000-8000-{:012d}"

_WORDS = {"userConsentDescription": "Du darfst.", "userConsentDisplayName": "Darf"}
_SCOPES = [
    {"id": GUID.format(1), "value": SCOPE.value, "type": "User", "isEnabled": True, "adminConsentDisplayName": "Ours",
     "adminConsentDescription": "In our own words.", **_WORDS},
    {"id": GUID.format(2), "value": "Reports.Read", "type": "Admin", "isEnabled": False,
     "adminConsentDisplayName": "Reports", "adminConsentDescription": "Somebody's.", "userConsentDescription": None,
     "userConsentDisplayName": None},
]  # fmt: skip

BY_HAND: dict[str, Any] = {
    "addIns": [{"id": GUID.format(3), "type": "Custom", "properties": []}],
    "api": {
        "acceptMappedClaims": True,
        "knownClientApplications": [GUID.format(4)],
        "oauth2PermissionScopes": _SCOPES,
        "preAuthorizedApplications": [{"appId": GUID.format(5), "delegatedPermissionIds": [GUID.format(1)]}],
        "requestedAccessTokenVersion": 2,
    },
    "appRoles": [
        {"allowedMemberTypes": ["User"], "description": "Reads.", "displayName": "Reader", "id": GUID.format(6),
         "isEnabled": True, "value": "Reader"}
    ],
    "authenticationBehaviors": {"requireClientServicePrincipal": True},
    "defaultRedirectUri": "https://app.contoso.example/",
    "description": "Set up in 2021.",
    "displayName": "Atlas API of 2021",
    "groupMembershipClaims": "SecurityGroup",
    "identifierUris": [f"api://{TENANT_ID}/our-own"],
    "info": {
        "logoUrl": "https://app.contoso.example/logo.png",
        "marketingUrl": "https://contoso.example/m",
        "privacyStatementUrl": "https://contoso.example/p",
        "supportUrl": "https://contoso.example/s",
        "termsOfServiceUrl": "https://contoso.example/t",
    },
    "isDeviceOnlyAuthSupported": True,
    "isFallbackPublicClient": True,
    "keyCredentials": [{"key": "AAAA", "type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "theirs"}],
    "nativeAuthenticationApisEnabled": "all",
    "notes": "Ask Ada.",
    "oauth2RequirePostResponse": True,
    "optionalClaims": {"idToken": [{"name": "email", "essential": False}], "accessToken": [], "saml2Token": []},
    "parentalControlSettings": {"countriesBlockedForMinors": ["US"], "legalAgeGroupRule": "Allow"},
    "publicClient": {"redirectUris": ["http://localhost"]},
    "requestSignatureVerification": {"isSignedRequestRequired": True},
    "samlMetadataUrl": "https://contoso.example/saml",
    "serviceManagementReference": "CMDB-17",
    "servicePrincipalLockConfiguration": {"isEnabled": True, "allProperties": True},
    "signInAudience": "AzureADMultipleOrgs",
    "spa": {"redirectUris": ["https://app.contoso.example/spa"]},
    "tags": ["theirs"],
    "tokenEncryptionKeyId": GUID.format(7),
    "uniqueName": "contoso-atlas-api",
    "web": {
        "homePageUrl": "https://contoso.example/",
        "implicitGrantSettings": {"enableAccessTokenIssuance": True, "enableIdTokenIssuance": True},
        "logoutUrl": "https://contoso.example/out",
        "redirectUriSettings": [{"uri": "https://contoso.example/in", "index": 1}],
        "redirectUris": ["https://contoso.example/in"],
    },
}  # fmt: skip
"""Every writable property of an application as Graph has it, with a value that nobody here would choose."""

OTHERWISE = {"passwordCredentials", "requiredResourceAccess"}
"""A secret comes by an action of its own (below); the configured permissions are what adoption is about."""

PRINCIPAL_BY_HAND: dict[str, Any] = {
    "accountEnabled": False,
    "addIns": [{"id": GUID.format(8), "type": "Custom", "properties": []}],
    "alternativeNames": ["atlas-2021"],
    "appRoleAssignmentRequired": True,
    "description": "Set up in 2021.",
    "keyCredentials": [{"key": "AAAA", "type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "theirs"}],
    "loginUrl": "https://contoso.example/login",
    "logoutUrl": "https://contoso.example/out",
    "notes": "Ask Ada.",
    "notificationEmailAddresses": ["ada@contoso.example"],
    "preferredSingleSignOnMode": "password",
    "preferredTokenSigningKeyThumbprint": "AB",
    "samlSingleSignOnSettings": {"relayState": "https://contoso.example/relay"},
    "tags": ["HideApp"],
    "tokenEncryptionKeyId": GUID.format(9),
}
FOLLOWS = {"displayName", "homepage", "passwordCredentials", "replyUrls", "servicePrincipalType"}
"""Of a principal: what its application decides, what an action of its own makes, and what Entra sets."""

ARGUMENTS = {
    "managed": {"api", "displayName", "identifierUris", "owners", "requiredResourceAccesses", "tags"},
    "left alone": {*_APPLICATION_KEEPS, "featureTags"},
}
"""azuread's arguments. `managed`: from the stack file, where `lockstep adopt` has written what was there; owners only
where the stack names them."""


@pytest.fixture(scope="module")
def adopted() -> dict[str, dict[str, Any]]:
    """Snapshots of one application and its principal before adoption, after the import and after the first `up`."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", HOST)
    emulator = Emulator.open()
    app, principal = asyncio.run(_set_up(emulator))
    estate = Estate(emulator, settings={"lockstep:vendors": '["atlas"]', **of_apps(NO_OPTIONAL)})
    before = _seen(emulator, app, principal)
    adoption = take_over(estate, chosen={"connex-api": app})
    assert adoption.imported is not None
    assert adoption.imported.exit_code == 0, adoption.imported.errors
    imported = _seen(emulator, app, principal)
    result = estate.up()
    assert result.exit_code == 0, result.errors
    assert not estate.preview(refresh=True).changed
    after = _seen(emulator, app, principal)
    monkeypatch.undo()
    return {"before": before, "imported": imported, "after": after}


async def _set_up(emulator: Emulator) -> tuple[str, str]:
    tenant = Tenant(emulator)
    read = next(
        scope for scope in (await tenant.principal(GRAPH))["oauth2PermissionScopes"] if scope["value"] == "User.Read"
    )
    access = [{"resourceAppId": GRAPH, "resourceAccess": [{"id": read["id"], "type": "Scope"}]}]
    principal = await tenant.register(BY_HAND["displayName"], requiredResourceAccess=access)
    app = (await tenant.call("GET", f"/applications(appId='{principal['appId']}')"))["id"]
    await tenant.call("PATCH", f"/applications/{app}", {"api": {"oauth2PermissionScopes": _SCOPES}})
    for name, value in BY_HAND.items():
        await tenant.call("PATCH", f"/applications/{app}", {name: value})
    await tenant.call("POST", f"/applications/{app}/addPassword", {"passwordCredential": {"displayName": "theirs"}})
    for name, value in PRINCIPAL_BY_HAND.items():
        await tenant.call("PATCH", f"/servicePrincipals/{principal['id']}", {name: value})
    owner = {
        "@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{next(iter(emulator.tenant.store['users'].rows))}"
    }
    for path in (f"/applications/{app}", f"/servicePrincipals/{principal['id']}"):
        await tenant.call("POST", f"{path}/owners/$ref", owner)
    return app, principal["id"]


def _seen(emulator: Emulator, app: str, principal: str) -> dict[str, Any]:
    snapshot = emulator.snapshot()
    (found,) = [each for each in snapshot["applications"] if each["id"] == app]
    (beside,) = [each for each in snapshot["servicePrincipals"] if each["id"] == principal]
    return {"application": found, "principal": beside}


@pytest.mark.parametrize("field", [*sorted(set(APPLICATION) - {"requiredResourceAccess", "tags"}), "owners"])
def test_application_keeps(field: str, adopted: dict[str, dict[str, Any]]) -> None:
    before, after = (adopted[when]["application"][field] for when in ("before", "after"))
    assert before not in (APPLICATION.get(field), [], None), f"the test sets no {field}"
    assert after == before


@pytest.mark.parametrize("field", [*sorted(set(PRINCIPAL) - FOLLOWS - {"tags"}), "owners"])
def test_service_principal_keeps(field: str, adopted: dict[str, dict[str, Any]]) -> None:
    before, after = (adopted[when]["principal"][field] for when in ("before", "after"))
    assert before not in (PRINCIPAL.get(field), [], None), f"the test sets no {field}"
    assert after == before


def test_their_tags_stay_beside_ours(adopted: dict[str, dict[str, Any]]) -> None:
    tags = adopted["after"]["application"]["tags"]
    assert tags[:2] == ["theirs", "lockstep"]
    # Tags that an application is given appear on its principal as well, beside those that this has of its own.
    before, after = (adopted[when]["principal"]["tags"] for when in ("before", "after"))
    assert after == [*before, *tags[1:]]


def test_import_changes_nothing_at_all(adopted: dict[str, dict[str, Any]]) -> None:
    assert adopted["imported"] == adopted["before"]


def test_permissions_are_what_changes(adopted: dict[str, dict[str, Any]]) -> None:
    before, after = (adopted[when]["application"]["requiredResourceAccess"] for when in ("before", "after"))
    assert len(json.dumps(after)) > len(json.dumps(before))


def test_table_has_every_field_that_graph_lets_one_write() -> None:
    assert set(BY_HAND) | OTHERWISE == set(APPLICATION)
    assert set(PRINCIPAL_BY_HAND) | FOLLOWS == set(PRINCIPAL)
    assert set(BY_HAND["api"]) == set(APPLICATION["api"])
    assert set(BY_HAND["web"]) == set(APPLICATION["web"])
    assert set(BY_HAND["info"]) == set(APPLICATION["info"])


def _arguments(args: type) -> set[str]:
    names = list(inspect.signature(args).parameters)
    return {name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:]) for name in names}


def test_every_argument_of_azuread_is_managed_or_left_alone() -> None:
    known = ARGUMENTS["managed"] | ARGUMENTS["left alone"]
    assert {name.casefold() for name in _arguments(azuread.ApplicationArgs)} == {name.casefold() for name in known}
    principal = {"clientId", "owners", "useExisting", "featureTags", "features", "tags", *_SERVICE_PRINCIPAL_KEEPS}
    found = _arguments(azuread.ServicePrincipalArgs)
    assert {name.casefold() for name in found} == {name.casefold() for name in principal}
