"""Providers, sign-in and credentials: what is allowed, and beside it what is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.service import (
    APPLICATION,
    CONSENT,
    STACK_URN,
    UNKNOWN,
    Pack,
    app,
    application,
    consent,
    make_urn,
    refusing,
)

INPUTS = "only-declared-inputs"
FEDERATED = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
SYNC = app("atlas", "workspaces-sync")
GITHUB = "https://token.actions.githubusercontent.com"


def _in_registration(type_: str, props: dict[str, Any], **options: Any) -> list[str]:
    pack = Pack()
    return pack.judge(type_, props, parent=pack.component(SYNC, "atlas"), **options)


@pytest.mark.parametrize(
    ("name", "has_parent", "props", "refused"),
    [
        ("default", False, {}, False),
        ("default_6_11_1", False, {"version": "6.11.1"}, False),
        ("default_6_11_1_alpha_2", False, {}, False),
        ("default_6_11_1", True, {}, True),
        ("other", False, {}, True),
        ("other", True, {}, True),
        ("defaults", False, {}, True),
        ("default_6_11_1_https___example_com", False, {}, True),
        ("default_6_11_1", False, {"pluginDownloadURL": "https://example.com"}, True),
        ("default_6_11_1", False, {"pluginDownloadURL": UNKNOWN}, True),
    ],
)
def test_providers(name: str, has_parent: bool, props: dict[str, Any], refused: bool) -> None:
    said = Pack().ask("pulumi:providers:azuread", name, props, parent=STACK_URN if has_parent else "")
    assert refusing(said) == (["only-default-providers"] if refused else [])


@pytest.mark.parametrize(("package", "refused"), [("entraconsent", False), ("pulumi", False), ("command", True)])
def test_the_functions_of_a_package_come_with_its_provider(package: str, refused: bool) -> None:
    said = Pack().ask(f"pulumi:providers:{package}", "default_1_0_0", {}, parent="")
    assert refusing(said) == (["only-default-providers"] if refused else [])


def test_a_resource_of_an_explicit_provider_is_refused() -> None:
    assert _in_registration(APPLICATION, application(SYNC, {}), provider="default_6_11_1") == []
    assert _in_registration(APPLICATION, application(SYNC, {}), provider="other") == ["only-default-providers"]


@pytest.mark.parametrize(
    ("audience", "refused"),
    [
        ("AzureADMyOrg", False),
        (None, False),
        ("AzureADMultipleOrgs", True),
        ("AzureADandPersonalMicrosoftAccount", True),
        ("PersonalMicrosoftAccount", True),
        ("azureadmyorg", True),
        (UNKNOWN, True),
    ],
)
def test_single_tenant(audience: str | None, refused: bool) -> None:
    found = _in_registration(APPLICATION, application(SYNC, {}, signInAudience=audience))
    assert found == (["single-tenant-only"] if refused else [])


@pytest.mark.parametrize(
    ("uri", "refused"),
    [
        ("https://example.com/signin", False),
        ("https://example.com:8443/signin?x=1", False),
        ("http://example.com/signin", True),
        ("http://localhost:5000", True),
        ("HTTP://example.com", True),
        ("https://*.example.com/signin", True),
        ("https://user@example.com/", True),
        ("https://:word@example.com/", True),
        ("https://example.com/#fragment", True),
        ("https:///signin", True),
        ("https://exa mple.com/", True),
        pytest.param("https://[::1", True, id="an address that is not closed"),
        ("myapp://callback", True),
        ("urn:ietf:wg:oauth:2.0:oob", True),
        ("", True),
        (UNKNOWN, True),
        (7, True),
    ],
)
@pytest.mark.parametrize("place", ["web", "singlePageApplication", "publicClient"])
def test_redirect_uris(place: str, uri: Any, refused: bool) -> None:
    props = application(SYNC, {}, **{place: {"__defaults": [], "redirectUris": ["https://good.example/", uri]}})
    # No redirect URI is declared: that alone is refused, and here the rule on their form is tried.
    assert _in_registration(APPLICATION, props) == [INPUTS, *(["https-redirects-only"] if refused else [])]


@pytest.mark.parametrize(
    ("web", "refused"),
    [({"__defaults": []}, False), ({"redirectUris": []}, False), ({"redirectUris": UNKNOWN}, True), (UNKNOWN, True)],
)
def test_redirect_uris_that_are_not_known_are_refused(web: Any, refused: bool) -> None:
    assert _in_registration(APPLICATION, application(SYNC, {}, web=web)) == (
        [INPUTS, "https-redirects-only"] if refused else []
    )


@pytest.mark.parametrize("password", [{"displayName": "secret"}, UNKNOWN])
def test_a_password_inside_an_application_is_refused(password: Any) -> None:
    assert _in_registration(APPLICATION, application(SYNC, {}, password=password)) == ["no-passwords"]


@pytest.mark.parametrize(
    ("end", "refused"),
    [
        ("2027-05-23T23:59:59Z", False),
        ("2027-05-23T23:59:59.999999Z", False),
        ("2027-05-24T00:00:00Z", True),
        ("2026-11-25T00:00:00Z", False),
        ("2027-05-23", False),
        ("2027-05-24", True),
        ("2027-05-24T00:00:00+14:00", False),
        ("2099-01-01T00:00:00Z", True),
        ("next year", True),
        (None, True),
        (UNKNOWN, True),
        (4320.0, True),
    ],
)
def test_a_password_ends_within_180_days(end: Any, refused: bool) -> None:
    assert _in_registration(PASSWORD, {"applicationId": UNKNOWN, "endDate": end}) == [
        "no-passwords",
        *(["passwords-end-within-180-days"] if refused else []),
    ]


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, False),
        ({"issuer": GITHUB, "subject": "repo:contoso/entra:environment:production"}, False),
        ({"issuer": GITHUB, "subject": "repo:contoso/entra:pull_request"}, True),
        ({"issuer": f"{GITHUB}/", "subject": "repo:contoso/entra:pull_request"}, True),
        ({"issuer": f"{GITHUB}X", "subject": "repo:contoso/entra:pull_request"}, False),
        ({"subject": "repo:contoso/*"}, True),
        ({"subject": "repo:contoso/entr?"}, True),
        ({"subject": "two words"}, True),
        ({"subject": ""}, True),
        ({"subject": None}, True),
        ({"subject": UNKNOWN}, True),
        ({"issuer": UNKNOWN}, True),
        ({"issuer": "http://issuer.example"}, True),
        ({"issuer": "https://*.example"}, True),
        ({"audiences": UNKNOWN}, True),
        ({"audiences": [UNKNOWN]}, True),
        ({"audiences": ["*"]}, True),
        ({"audiences": "api://AzureADTokenExchange"}, True),
    ],
)
def test_federated_subjects(changed: dict[str, Any], refused: bool) -> None:
    good = {
        "applicationId": UNKNOWN,
        "displayName": "ci",
        "issuer": "https://issuer.example",
        "subject": "system:serviceaccount:a:b",
        "audiences": ["api://AzureADTokenExchange"],
    }
    # The stack declares no such credential: that alone is refused, and here the rule on subjects is tried.
    assert _in_registration(FEDERATED, {**good, **changed}) == [
        INPUTS,
        *(["exact-federated-subjects"] if refused else []),
    ]


def test_tier_0_is_named_and_refuses_nothing() -> None:
    pack = Pack()
    parent = pack.component(SYNC, "atlas")
    group = next(each for each in SYNC.permissions if each.name == "Group.ReadWrite.All")
    props = consent(SYNC, "atlas", pack.world, {group.api_name: {"application": {group.name: group.id}}})
    said = pack.ask(CONSENT, SYNC.name, props, parent=parent)
    assert [(each.rule, each.level, each.urn) for each in said] == [
        ("tier-0-is-named", "advisory", make_urn(CONSENT, SYNC.name, parent))
    ]
    assert "Microsoft Graph · application · Group.ReadWrite.All" in said[0].message
    other = next(each for each in SYNC.permissions if each.name == "Sites.Read.All")
    props = consent(SYNC, "atlas", pack.world, {other.api_name: {"application": {other.name: other.id}}})
    assert pack.ask(CONSENT, SYNC.name, props, parent=parent) == []
