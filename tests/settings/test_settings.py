"""Settings: what each key takes, what it refuses, and what it says then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockstep.settings.model import Settings, names
from lockstep.settings.shapes import AdoptedSetting, ScopeSetting
from lockstep.settings.target import LOCAL_TENANT
from tests.settings.reading import ATERA, FILE, REAL_TENANT, config, read, refusal

GUID = "12345678-1234-4234-8234-123456789abc"
CREDENTIAL = {"name": "github", "issuer": "https://issuer.example", "subject": "repo:a/b"}
WITHHELD = {"app": "atera", "permission": "Mail.Send", "reason": "not needed", "by": "CISO"}
REAL = {"target": REAL_TENANT, "edition": "2026-11-22"}
PEM_SAYS = "is not the public part of one certificate"


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


ALLOWED: list[tuple[str, Any, str, Any]] = [
    ("target", "local", "target", "local"),
    ("vendors", ["atlas"], "vendors", ("atlas",)),
    ("edition", "current", "edition", "current"),
    ("edition", "2026-11-22", "edition", "2026-11-22"),
    ("edition", "2026-11-22 00:00:00 +0000 UTC", "edition", "2026-11-22"),
    ("edition", "2026-11-22T00:00:00Z", "edition", "2026-11-22"),
    ("atlasEdition", "2025-02-28", "atlas_edition", "2025-02-28"),
    ("ateraEdition", "2026-11-22", "atera_edition", "2026-11-22"),
    ("optionalApps", ["pnp"], "optional_apps", ("pnp",)),
    ("optionalApps", [], "optional_apps", ()),
    ("sharepoint", "later", "sharepoint", "later"),
    ("claim", "true", "claim", True),
    ("withdraw", "false", "withdraw", False),
    ("ateraClientId", GUID.upper(), "atera_client_id", GUID),
    ("ateraTwins", "refuse", "atera_twins", "refuse"),
    ("ateraRemovals", "report", "atera_removals", "report"),
    ("ateraRobin", "false", "atera_robin", False),
    ("ateraRobin", "true", "atera_robin", True),
    ("consents", {"connex-api": "by-admin"}, "consents", {"connex-api": "by-admin"}),
    ("consents", {}, "consents", {}),
    ("owners", [GUID.upper()], "owners", (GUID,)),
    ("nameSuffix", "Test 2", "name_suffix", "Test 2"),
    ("nameSuffix", "", "name_suffix", None),
    ("certificates", {}, "certificates", {}),
    ("federatedCredentials", {}, "federated_credentials", {}),
    ("withhold", [], "withhold", ()),
    ("adopted", {}, "adopted", {}),
    (
        "adopted",
        {"connex-api": {"displayName": "x", "clientId": GUID, "scopes": [{"id": GUID, "value": "theirs"}]}},
        "adopted",
        {
            "connex-api": AdoptedSetting.model_validate(
                {"displayName": "x", "clientId": GUID, "scopes": (ScopeSetting(id=GUID, value="theirs"),)}
            )
        },
    ),
    ("protect", "true", "protect", "true"),
]


@pytest.mark.parametrize(("key", "value", "field", "expected"), ALLOWED)
def test_settings_take(key: str, value: Any, field: str, expected: Any) -> None:
    assert getattr(read(**{key: as_text(value)}), field) == expected


REFUSED: list[tuple[str, Any, str]] = [
    ("target", "Local", "lockstep:target is neither 'local' nor a tenant id"),
    ("target", "contoso.onmicrosoft.com", "lockstep:target is neither 'local' nor a tenant id"),
    (
        "vendors",
        ["atlas", "atrea"],
        "which is not a vendor of the catalogue; allowed are atera, atlas; did you mean 'atera'?",
    ),
    ("vendors", ["atlas", "atlas"], "lockstep:vendors names atlas more than once"),
    ("vendors", [], "lockstep:vendors is empty"),
    ("vendors", "atlas", "lockstep:vendors must be a list"),
    ("vendors", [1], "lockstep:vendors[0] must be text"),
    ("edition", "latest", "lockstep:edition is neither 'current' nor a date"),
    ("edition", "2025-13-01", "lockstep:edition is not usable: '2025-13-01' is neither"),
    (
        "edition",
        "2025-03-01",
        "no edition of atera was in force on 2025-03-01; the oldest is 2026-11-22; ateraEdition pins",
    ),
    ("edition", "2099-01-01", "is later than the newest edition of these vendors"),
    ("atlasEdition", "2025-03-02", "it has 2025-02-28, 2025-03-01; did you mean '2025-03-01'?"),
    ("ateraEdition", "2020-01-01", "atera has no edition '2020-01-01'; it has 2026-11-22"),
    ("optionalApps", ["pnpp"], "allowed are api-client, pnp; did you mean 'pnp'?"),
    ("optionalApps", ["provisioning"], "not an optional app of these vendors"),
    ("sharepoint", "news", "must be one of 'auto', 'new', 'old', 'both' or 'later'"),
    ("claim", "yes", "lockstep:claim must be true or false"),
    ("withdraw", "1", "lockstep:withdraw must be true or false"),
    ("withdraw", "true", "needs sharepoint: new"),
    ("ateraClientId", "not-a-guid", "lockstep:ateraClientId is not a GUID"),
    ("ateraClientId", "", "lockstep:ateraClientId is missing: Atera does not publish"),
    ("ateraTwins", "tolerated", "must be one of 'tolerate', 'require' or 'refuse'"),
    ("ateraRemovals", "keep", "must be one of 'apply' or 'report'"),
    ("ateraRobin", "off", "lockstep:ateraRobin must be true or false"),
    ("consents", {"connex-api": "manual"}, "must be one of 'managed' or 'by-admin'"),
    ("consents", {"conex-api": "by-admin"}, "did you mean 'connex-api'?"),
    ("consents", {"pnp": "by-admin"}, "'pnp', which is not an app of this stack"),
    ("owners", ["me@contoso.com"], "lockstep:owners[0] is not a GUID"),
    ("owners", [GUID, GUID.upper()], f"lockstep:owners names {GUID} more than once"),
    ("nameSuffix", "<b>", "lockstep:nameSuffix must be 1 to 30"),
    ("certificates", {"connex-api": "x"}, f"lockstep:certificates.connex-api[0] {PEM_SAYS}"),
    ("certificates", {"connex-api": 3}, "lockstep:certificates.connex-api must be a list"),
    ("certificates", {"spfx": []}, "'spfx', which is not an app that this stack registers"),
    ("certificates", "[]x", "lockstep:certificates must be an object"),
    ("federatedCredentials", {"conex-api": [CREDENTIAL]}, "did you mean 'connex-api'?"),
    ("federatedCredentials", {"atera": [CREDENTIAL]}, "'atera', which is not an app that this stack registers"),
    ("federatedCredentials", {"pnp": [CREDENTIAL]}, "'pnp', which is not an app that this stack registers"),
    ("federatedCredentials", {"connex-api": [CREDENTIAL, CREDENTIAL]}, "has the name 'github' twice"),
    ("federatedCredentials", {"connex-api": [{**CREDENTIAL, "issuer": "http://x"}]}, "[0].issuer must be an https://"),
    ("federatedCredentials", {"connex-api": [{**CREDENTIAL, "name": "a b"}]}, "[0].name must be 3 to 120"),
    (
        "federatedCredentials",
        {"connex-api": [{**CREDENTIAL, "subjct": "x"}]},
        "subjct is unknown; allowed are name, issuer",
    ),
    ("federatedCredentials", {"connex-api": [CREDENTIAL] * 21}, "more than 20 entries"),
    (
        "withhold",
        [{**WITHHELD, "permission": "Mail.Sendd"}],
        "no documented permission 'Mail.Sendd'; did you mean 'Mail.Send'?",
    ),
    ("withhold", [WITHHELD, WITHHELD], "'Mail.Send' of atera is withheld twice"),
    ("withhold", [{**WITHHELD, "app": "pnp"}], "'pnp', which is not an app of this stack"),
    ("withhold", [{**WITHHELD, "reason": " "}], "lockstep:withhold[0].reason is empty"),
    ("withhold", [{"app": "atera", "permision": "Mail.Send", "reason": "r", "by": "b"}], "did you mean 'permission'?"),
    ("adopted", {"connex-api": {"displayname": "x"}}, "displayname is unknown"),
    (
        "adopted",
        {"connex-api": {"displayName": "x", "scopeIds": {"Workspace.Full": GUID}}},
        "not a scope that connex-api exposes",
    ),
    ("protect", "no", "must be one of 'auto', 'true' or 'false'"),
]


@pytest.mark.parametrize(("key", "value", "says"), REFUSED)
def test_settings_refuse(key: str, value: Any, says: str) -> None:
    message = refusal(config(**{key: as_text(value)}))
    assert says in message
    assert message.startswith(f"{FILE}: lockstep:")
    assert "\n" not in message


def test_every_setting_has_a_case_that_is_allowed_and_one_that_is_refused() -> None:
    assert {key for key, *_ in ALLOWED} == set(names())
    assert {key for key, *_ in REFUSED} == set(names())


def test_missing_target_says_what_to_set() -> None:
    given = config()
    del given["lockstep:target"]
    assert "lockstep:target is missing; set it to 'local' or to the id of the tenant" in refusal(given)


@pytest.mark.parametrize("key", ["edition", "atlasEdition", "ateraEdition"])
def test_current_edition_is_for_local_targets_only(key: str) -> None:
    assert read(**{key: "current"}).is_local
    assert f"lockstep:{key} is 'current', which only target: local may have" in refusal(
        config(**{**REAL, key: "current"})
    )


def test_real_target_needs_an_edition_of_each_vendor() -> None:
    assert "lockstep:edition is missing" in refusal(config(target=REAL_TENANT))
    assert read(target=REAL_TENANT, atlasEdition="2025-03-01", ateraEdition="2026-11-22").edition is None


def test_atera_needs_its_client_id_only_where_it_is_deployed() -> None:
    assert read(ateraClientId="", vendors='["atlas"]').atera_client_id is None


@pytest.mark.parametrize(
    ("given", "protected"),
    [({}, False), ({"protect": "true"}, True), (REAL, True), ({**REAL, "protect": "false"}, False)],
)
def test_protection_is_on_but_for_local_targets(given: dict[str, str], protected: bool) -> None:
    assert read(**given).protected is protected


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("lockstep:edtion", "lockstep:edtion is not a setting; allowed are target, vendors"),
        ("lockstep:edtion", "did you mean 'edition'?"),
        ("lokstep:edition", "has a namespace that nothing reads; did you mean 'lockstep'?"),
        ("azuredad:tenantId", "did you mean 'azuread'?"),
        ("entraconsent:tenant", "is not a setting of entraconsent; allowed is tenantId"),
    ],
)
def test_misspelt_key_is_refused_with_the_nearest_name(key: str, says: str) -> None:
    assert says in refusal({**config(), key: "x"})


@pytest.mark.parametrize("key", ["aws:region", "azuread:environment", "pulumi:tags"])
def test_keys_of_others_are_left_alone(key: str) -> None:
    assert Settings.read({**config(), key: "x"}, where=FILE).is_local


def test_settings_are_read_under_the_name_of_the_project() -> None:
    given = {key.replace("lockstep:", "contoso:"): value for key, value in config().items()}
    assert Settings.read(given, where=FILE, namespace="contoso").atera_client_id == ATERA
    with pytest.raises(Exception, match=r"lockstep:edition is not read: the settings of this project are contoso:"):
        Settings.read({**given, "lockstep:edition": "current"}, where=FILE, namespace="contoso")


@pytest.mark.parametrize("provider", ["azuread", "entraconsent"])
@pytest.mark.parametrize("target", ["local", REAL_TENANT])
@pytest.mark.parametrize("found", ["", "88888888-8888-4888-8888-888888888888"])
def test_provider_of_another_tenant_is_refused_with_the_command_that_helps(
    provider: str, target: str, found: str
) -> None:
    tenant = LOCAL_TENANT if target == "local" else target
    given = {**config(target=target, edition="2026-11-22"), f"{provider}:tenantId": found}
    command = f"`pulumi config set {provider}:tenantId {tenant} --stack test`"
    assert refusal(given) == (
        f"{FILE}: {provider}:tenantId {f'is {found}' if found else 'is not set'}, "
        f"but the target's tenant is {tenant}; run {command}"
    )


def test_tenant_ids_are_the_same_in_any_case() -> None:
    tenant = "ABCDEF00-0000-4000-8000-00000000000A"
    assert read(target=tenant, edition="2026-11-22").tenant_id == tenant.lower()


def test_certificate_may_stand_alone_or_in_a_list(certificate: str) -> None:
    for value in (certificate, [certificate]):
        assert read(certificates=json.dumps({"connex-api": value})).certificates == {"connex-api": (certificate,)}


def test_private_key_is_refused_and_not_repeated(certificate: str, private_key: str) -> None:
    message = refusal(config(certificates=json.dumps({"connex-api": certificate + private_key})))
    assert "lockstep:certificates.connex-api[0] holds a private key" in message
    assert not [line for line in private_key.splitlines()[1:-1] if line in message]


# The names in these two are the catalogue's; they are repeated to find the nearest.
@pytest.mark.parametrize("key", sorted(set(names()) - {"vendors", "optionalApps"}))
def test_no_refusal_repeats_what_could_be_a_secret(key: str) -> None:
    secret = "MIIEvQIBADANBgkqhkiG9w0-secret"
    if key == "nameSuffix":
        secret = f"<{secret}>"
    assert secret not in refusal(config(**{key: secret}))
