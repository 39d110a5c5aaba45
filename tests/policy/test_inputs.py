"""Every input of every type that a stack may have is judged: what the components set passes, and nothing besides."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pulumi_azuread as azuread
import pytest
from pulumi_azuread import _inputs as nested

from lockstep.policy.closed_world import ALLOWED, azuread_types
from lockstep.policy.inputs import INPUTS, unjudged
from lockstep.provider.resources import AdminConsent, DirectoryRoles, Principal
from lockstep.resource_types import ADMIN_CONSENT, CERTIFICATE, DIRECTORY_ROLES, FEDERATED, PRINCIPAL
from lockstep.settings.certificate import Certificate
from lockstep.settings.traits import SETTABLE
from tests.components.certificates import _pair
from tests.policy.service import (
    APPLICATION,
    CONSENT,
    SERVICE_PRINCIPAL,
    UNKNOWN,
    Pack,
    app,
    application,
    consent,
    make_world,
)
from tests.settings.reading import LOCAL_TENANT

SYNC, API, SPFX = app("atlas", "workspaces-sync"), app("atlas", "connex-api"), app("atlas", "spfx")
RULE = "only-declared-inputs"
SOMEBODY, CALLER = "0badc0de-0000-4000-8000-00000000000a", "22222222-0000-4000-8000-00000000000a"
CLASSES = {
    APPLICATION: azuread.Application,
    SERVICE_PRINCIPAL: azuread.ServicePrincipal,
    CERTIFICATE: azuread.ApplicationCertificate,
    FEDERATED: azuread.ApplicationFederatedIdentityCredential,
    ADMIN_CONSENT: AdminConsent,
    DIRECTORY_ROLES: DirectoryRoles,
    PRINCIPAL: Principal,
}
# Judged as one value: what is inside them is compared as a whole, or by a rule of its own.
WHOLE = {
    *("appRoles", "featureTags", "features", "password", "requiredResourceAccesses", "api.oauth2PermissionScopes"),
    *("optionalClaims.accessTokens", "optionalClaims.idTokens", "optionalClaims.saml2Tokens"),
}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _inputs(class_: Any, above: str = "") -> Iterator[str]:
    """Yield the inputs that a class of a provider's SDK takes, those of nested objects by their whole names."""
    own = getattr(class_, "_internal_init", class_.__init__)
    for name, parameter in inspect.signature(own).parameters.items():
        if name in ("self", "__self__", "resource_name", "opts", "__props__"):
            continue
        inside = next(
            (
                getattr(nested, each)
                for each in dir(nested)
                if each.endswith("Args") and f"'{each}'" in str(parameter.annotation) and hasattr(nested, each)
            ),
            None,
        )
        whole = f"{above}{_camel(name)}"
        if inside is None or whole in WHOLE:
            yield whole
        else:
            yield from _inputs(inside, f"{whole}.")


def _installed() -> dict[str, frozenset[str]]:
    return {type_: frozenset(_inputs(class_)) for type_, class_ in CLASSES.items()}


def test_c1_every_input_of_the_installed_providers_is_judged() -> None:
    installed = _installed()
    assert "web.implicitGrant.idTokenIssuanceEnabled" in installed[APPLICATION]
    assert unjudged(installed) == ""


def test_c1_an_input_of_a_later_version_fails_until_somebody_decides() -> None:
    installed = _installed()
    later = {**installed, APPLICATION: installed[APPLICATION] | {"web.brandNew"}}
    assert unjudged(later) == f"{APPLICATION}: nobody has decided on web.brandNew"
    assert _refused(APPLICATION, {"web": {"brandNew": True}}) == [RULE]
    assert _refused(APPLICATION, {"brandNew": True}) == [RULE]


def test_c1_every_type_that_the_pack_admits_has_its_inputs_judged() -> None:
    allowed = {type_ for type_, verdict in azuread_types().items() if verdict.verdict == ALLOWED}
    assert allowed | {ADMIN_CONSENT, DIRECTORY_ROLES, PRINCIPAL} == set(INPUTS)


def _pack(**changed: Any) -> Pack:
    return Pack(make_world(None, {"workspaces-sync": changed} if changed else None))


def _refused(type_: str, changed: dict[str, Any], pack: Pack | None = None) -> list[str]:
    pack = pack or _pack()
    base = application(SYNC, {}) if type_ == APPLICATION else {"clientId": UNKNOWN}
    adopted = pack.world.apps["atlas", SYNC.key].adopted
    if type_ == APPLICATION and adopted:
        base["displayName"] = adopted.display_name
    return pack.judge(type_, {**base, **changed}, parent=pack.component(SYNC, "atlas"))


ROLE = {
    "id": SOMEBODY,
    "value": "Reader",
    "displayName": "R",
    "description": "R",
    "allowedMemberTypes": ["User"],
    "enabled": True,
}
SCOPE = {"id": SOMEBODY, "value": "Extra.Read", "type": "User", "enabled": True}
POWERS: dict[str, Any] = {
    "web": {"redirectUris": ["https://contoso.example/in"]},
    "web ": {"logoutUrl": "https://contoso.example/out"},
    "web  ": {"homepageUrl": "https://contoso.example/"},
    "web   ": {"implicitGrant": {"accessTokenIssuanceEnabled": True}},
    "web    ": {"implicitGrant": {"idTokenIssuanceEnabled": True}},
    "singlePageApplication": {"redirectUris": ["https://contoso.example/spa"]},
    "publicClient": {"redirectUris": ["https://contoso.example/native"]},
    "fallbackPublicClientEnabled": True,
    "deviceOnlyAuthEnabled": True,
    "oauth2PostResponseRequired": True,
    "api": {"knownClientApplications": [SOMEBODY]},
    "api ": {"requestedAccessTokenVersion": 2},
    "api  ": {"mappedClaimsEnabled": True},
    "api   ": {"oauth2PermissionScopes": [SCOPE]},
    "appRoles": [ROLE],
    "optionalClaims": {"idTokens": [{"name": "email"}]},
    "optionalClaims ": {"accessTokens": [{"name": "groups", "essential": True}]},
    "optionalClaims  ": {"saml2Tokens": [{"name": "upn"}]},
    "groupMembershipClaims": ["SecurityGroup"],
    "identifierUris": ["api://somebody-elses"],
    "owners": [CALLER, SOMEBODY],
    "tags": ["HideApp"],
    "featureTags": [{"hide": True}],
    "templateId": SOMEBODY,
    "notes": "a word",
    "description": "a word",
    "logoImage": "AAAA",
    "marketingUrl": "https://contoso.example/m",
    "privacyStatementUrl": "https://contoso.example/p",
    "supportUrl": "https://contoso.example/s",
    "termsOfServiceUrl": "https://contoso.example/t",
    "serviceManagementReference": "CMDB-17",
}


@pytest.mark.parametrize("name", POWERS)
def test_c1_what_no_component_sets_is_refused(name: str) -> None:
    assert _refused(APPLICATION, {name.strip(): POWERS[name]}) == [RULE]


@pytest.mark.parametrize("name", sorted({each.strip() for each in POWERS} - {"identifierUris"}))
def test_c1_what_is_not_known_before_the_run_is_refused(name: str) -> None:
    places = ["https-redirects-only"] if name in ("web", "singlePageApplication", "publicClient") else []
    assert _refused(APPLICATION, {name: UNKNOWN}) == [RULE, *places]


@pytest.mark.parametrize("part", ["redirectUris", "logoutUrl", "homepageUrl", "implicitGrant"])
def test_c1_an_unknown_inside_is_refused_too(part: str) -> None:
    assert RULE in _refused(APPLICATION, {"web": {part: UNKNOWN}})
    assert RULE in _refused(APPLICATION, {"web": {part: [UNKNOWN]}})


def test_c1_values_that_give_nothing_pass() -> None:
    nothing = {
        "web": {"__defaults": [], "redirectUris": [], "implicitGrant": {"idTokenIssuanceEnabled": False}},
        "api": {"knownClientApplications": [], "requestedAccessTokenVersion": 1, "mappedClaimsEnabled": False},
        "fallbackPublicClientEnabled": False,
        "appRoles": [],
        "notes": "",
        "featureTags": [{"hide": False, "gallery": False}],
        "owners": [CALLER],
        "tags": ["lockstep", f"lockstep-claim/2:new:{SOMEBODY}:+Mail.Send"],
    }
    assert _refused(APPLICATION, nothing) == []
    assert _refused(SERVICE_PRINCIPAL, {"accountEnabled": True, "owners": [CALLER], "tags": []}) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"loginUrl": "https://contoso.example/login"},
        {"preferredSingleSignOnMode": "saml"},
        {"samlSingleSignOn": {"relayState": "https://contoso.example/"}},
        {"alternativeNames": ["isExplicit=True"]},
        {"owners": [CALLER, SOMEBODY]},
        {"tags": ["WindowsAzureActiveDirectoryCustomSingleSignOnApplication"]},
        {"featureTags": [{"customSingleSignOn": True}]},
        {"features": [{"visibleToUsers": True}]},
        {"accountEnabled": False},
        {"accountEnabled": UNKNOWN},
        {"appRoleAssignmentRequired": True},
        {"notes": "a word"},
        {"brandNew": "a word"},
    ],
)
def test_c1_a_service_principal_has_what_its_component_sets(changed: dict[str, Any]) -> None:
    assert _refused(SERVICE_PRINCIPAL, changed) == [RULE]


def test_c1_owners_are_those_that_the_stack_names() -> None:
    pack = Pack(make_world(owners=json.dumps([CALLER])))
    assert _refused(APPLICATION, {"owners": [CALLER]}, pack) == []
    assert _refused(APPLICATION, {"owners": [SOMEBODY]}, pack) == [RULE]
    assert _refused(SERVICE_PRINCIPAL, {"owners": [CALLER, SOMEBODY]}, pack) == [RULE]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"adminConsentDescription": "Does no harm."},
        {"userConsentDisplayName": "Nothing"},
        {"type": None},
        {"id": SOMEBODY},
        {"enabled": False},
        {"value": UNKNOWN},
    ],
)
def test_c1_an_exposed_scope_is_as_documented_to_the_word(changed: dict[str, Any]) -> None:
    pack = _pack()
    (scope,) = pack.world.apps["atlas", "connex-api"].exposed
    assert scope.type == "Admin"  # without a type, azuread makes it one that users consent to
    api = {"oauth2PermissionScopes": [{**scope.model_dump(by_alias=True), **changed}]}
    found = pack.judge(APPLICATION, application(API, {}, api=api), parent=pack.component(API, "atlas"))
    assert found == ([RULE] if changed else [])


def test_c1_no_message_repeats_a_value_that_could_be_a_secret() -> None:
    pack, word = _pack(), "hunter2"
    parent = pack.component(SYNC, "atlas")
    places = {name: {"redirectUris": [word]} for name in ("web", "singlePageApplication", "publicClient")}
    lists = {name: [word] for name in ("identifierUris", "owners", "tags", "groupMembershipClaims")}
    texts = dict.fromkeys(("notes", "description", "templateId", "brandNew", "displayName"), word)
    scope = {"oauth2PermissionScopes": [{**SCOPE, "id": word, "value": word}], "knownClientApplications": [word]}
    inputs = {**places, **lists, **texts, "api": scope, "appRoles": [{**ROLE, "value": word}]}
    said = pack.ask(APPLICATION, SYNC.name, application(SYNC, {}, **inputs), parent=parent)
    said += pack.ask(CERTIFICATE, "it", {"value": word, "keyId": word}, parent=parent)
    said += pack.ask(FEDERATED, "it", {"subject": word, "issuer": word, "description": word}, parent=parent)
    assert len(said) > 15
    assert not [each for each in said if word in each.message]


KEPT = {
    "web.redirectUris": ["https://contoso.example/in"],
    "appRoles": [f"Reader ({SOMEBODY}) for User"],
    "servicePrincipal.loginUrl": ["https://contoso.example/login"],
}


@pytest.mark.parametrize(
    ("type_", "changed", "refused"),
    [
        (APPLICATION, {"web": {"redirectUris": ["https://contoso.example/in"]}}, False),
        (APPLICATION, {"web": {"redirectUris": ["https://contoso.example/in", "https://contoso.example/2"]}}, True),
        (APPLICATION, {"singlePageApplication": {"redirectUris": ["https://contoso.example/in"]}}, True),
        (APPLICATION, {"appRoles": [ROLE]}, False),
        (APPLICATION, {"appRoles": [{**ROLE, "allowedMemberTypes": ["Application", "User"]}]}, True),
        (APPLICATION, {"appRoles": [ROLE, {**ROLE, "id": CALLER}]}, True),
        (APPLICATION, {"notes": "Ask Ada.", "logoImage": "AAAA"}, False),
        (APPLICATION, {"fallbackPublicClientEnabled": True}, True),
        (SERVICE_PRINCIPAL, {"loginUrl": "https://contoso.example/login"}, False),
        (SERVICE_PRINCIPAL, {"loginUrl": "https://contoso.example/other"}, True),
    ],
)
def test_c1_an_adopted_app_has_what_the_stack_file_keeps_and_no_more(
    type_: str, changed: dict[str, Any], refused: bool
) -> None:
    pack = _pack(adopted={"displayName": "Old sync", "keeps": KEPT})
    assert _refused(type_, changed, pack) == ([RULE] if refused else [])


def test_c1_a_certificate_is_one_that_the_stack_names() -> None:
    pem = _pair()[0]
    right = {
        "applicationId": UNKNOWN,
        "type": "AsymmetricX509Cert",
        "encoding": "pem",
        "value": pem,
        "endDate": Certificate.read(pem).end_date,
    }
    pack = _pack(certificates=[pem])
    parent = pack.component(SYNC, "atlas")
    assert pack.judge(CERTIFICATE, right, parent=parent) == []
    for changed in ({"value": UNKNOWN}, {"value": "other"}, {"endDate": "2099-01-01T00:00:00Z"}, {"startDate": "x"}):
        assert pack.judge(CERTIFICATE, {**right, **changed}, parent=parent) == [RULE]
    other = _pack()
    assert other.judge(CERTIFICATE, right, parent=other.component(SYNC, "atlas")) == [RULE]


def test_c1_a_federated_credential_is_one_that_the_stack_names() -> None:
    named = {"name": "prod", "issuer": "https://issuer.example", "subject": "one"}
    right = {
        "applicationId": UNKNOWN,
        "displayName": "prod",
        "issuer": "https://issuer.example",
        "subject": "one",
        "audiences": ["api://AzureADTokenExchange"],
    }
    pack = _pack(federatedCredentials=[named])
    parent = pack.component(SYNC, "atlas")
    assert pack.judge(FEDERATED, right, parent=parent) == []
    for changed in ({"subject": "two"}, {"issuer": "https://other.example"}, {"audiences": ["api://x"]}):
        assert pack.judge(FEDERATED, {**right, **changed}, parent=parent) == [RULE]


@pytest.mark.parametrize("changed", [{"removals": "report"}, {"claim": True}, {"brandNew": 1}])
def test_c1_a_consent_is_held_as_the_stack_declares(changed: dict[str, Any]) -> None:
    pack = _pack()
    props = consent(SPFX, "atlas", pack.world, {}, **changed)
    assert pack.judge(CONSENT, props, parent=pack.component(SPFX, "atlas")) == [RULE]
    principal = {"vendor": "atlas", "app": "spfx", "tenantId": LOCAL_TENANT, "brandNew": 1}
    address = "08e18876-6177-487e-b8b5-cf950c1e598c"
    found = pack.judge(PRINCIPAL, {**principal, "appId": address}, parent=pack.component(SPFX, "atlas"))
    assert found == [RULE]


def test_c1_the_names_that_adopted_keeps_takes_are_those_of_the_table() -> None:
    names = {f"servicePrincipal.{name}" for name in INPUTS[SERVICE_PRINCIPAL]} | set(INPUTS[APPLICATION])
    # What Graph shows and azuread has no input for.
    credentials = {"passwordCredentials", "keyCredentials", "federatedIdentityCredentials"}
    of_principals = {f"servicePrincipal.{name}" for name in ("passwordCredentials", "keyCredentials")}
    assert SETTABLE - names == {"api.preAuthorizedApplications"} | credentials | of_principals
