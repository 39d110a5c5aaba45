"""Settings: what each key takes, what it refuses, and what it says then."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import Catalogue, load
from lockstep.catalogue.api import DATA
from lockstep.errors import CatalogueError, SettingError
from lockstep.settings.model import AdoptedSetting, AppSetting, FederatedSetting, ScopeSetting, WithheldSetting
from lockstep.settings.reading import names, read_settings
from lockstep.settings.stack_app import stack_apps
from lockstep.settings.target import LOCAL_TENANT
from tests.settings.reading import APPS, ATERA, FILE, REAL_TENANT, apps, config, read, refusal

GUID = "12345678-1234-4234-8234-123456789abc"
CREDENTIAL = {"name": "github", "issuer": "https://issuer.example", "subject": "repo:a/b"}
WITHHELD = {"permission": "Mail.Send", "reason": "not needed", "by": "CISO"}
EDITIONS = json.dumps({"atlas": "2025-03-01", "atera": "2026-11-22"})
REAL = {"target": REAL_TENANT, "editions": EDITIONS}
VENDORS = ", ".join(load().vendors)
CURRENT = ", ".join(f'{vendor}: "current"' for vendor in load().vendors)
PEM_SAYS = "is not the public part of one certificate"


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


ALLOWED: list[tuple[str, Any, str, Any]] = [
    ("target", "local", "target", "local"),
    ("vendors", ["atera"], "vendors", ("atera",)),
    ("editions", {"atlas": "current"}, "editions", {"atlas": "current"}),
    (
        "editions",
        {"atlas": "2025-02-28", "atera": "2026-11-22"},
        "editions",
        {"atlas": "2025-02-28", "atera": "2026-11-22"},
    ),
    ("editions", {}, "editions", {}),
    ("owners", [GUID.upper()], "owners", (GUID,)),
    ("nameSuffix", "Test 2", "name_suffix", "Test 2"),
    ("nameSuffix", "", "name_suffix", None),
    ("protect", "true", "protect", "true"),
    ("apps", {"atera": {"clientId": GUID.upper()}}, "apps", {"atera": AppSetting(client_id=GUID)}),
]


@pytest.mark.parametrize(("key", "value", "field", "expected"), ALLOWED)
def test_settings_take(key: str, value: Any, field: str, expected: Any) -> None:
    assert getattr(read(**{key: as_text(value)}), field) == expected


OF_APP: list[tuple[str, dict[str, Any], AppSetting]] = [
    ("pnp", {"deploy": True}, AppSetting(deploy=True)),
    ("pnp", {"deploy": False}, AppSetting(deploy=False)),
    ("atlas/pnp", {"deploy": True}, AppSetting(deploy=True)),
    ("atera/atera", {"clientId": GUID}, AppSetting(client_id=GUID)),
    ("atera", {"possible": "refuse"}, AppSetting(possible="refuse")),
    ("atera", {"removals": "report"}, AppSetting(removals="report")),
    ("atera", {"features": {"robin": False}}, AppSetting(features={"robin": False})),
    ("spfx", {"withhold": [WITHHELD]}, AppSetting(withhold=(WithheldSetting(**WITHHELD),))),
    ("connex-api", {"consents": "by-admin"}, AppSetting(consents="by-admin")),
    ("connex-api", {"certificates": []}, AppSetting(certificates=())),
    (
        "connex-api",
        {"federatedCredentials": [CREDENTIAL]},
        AppSetting(
            federated_credentials=(
                FederatedSetting(name="github", issuer="https://issuer.example", subject="repo:a/b"),
            )
        ),
    ),
    ("atera", {"directoryRoles": ["User Administrator"]}, AppSetting(directory_roles=("User Administrator",))),
    ("spfx", {"principals": "later"}, AppSetting(principals="later")),
    ("spfx", {"claim": True}, AppSetting(claim=True)),
    ("spfx", {"principals": "new", "withdraw": True}, AppSetting(principals="new", withdraw=True)),
    (
        "connex-api",
        {"adopted": {"displayName": "x", "clientId": GUID, "scopes": [{"id": GUID, "value": "theirs"}]}},
        AppSetting(
            adopted=AdoptedSetting(display_name="x", client_id=GUID, scopes=(ScopeSetting(id=GUID, value="theirs"),))
        ),
    ),
]


@pytest.mark.parametrize(("key", "entry", "expected"), OF_APP)
def test_an_app_takes(key: str, entry: dict[str, Any], expected: AppSetting) -> None:
    base = {} if "clientId" in entry else APPS
    setting = read(apps=apps({key: entry}, base)).apps[key]
    assert setting.model_dump(exclude_unset=True, exclude={"client_id"} if base and key == "atera" else set()) == (
        expected.model_dump(exclude_unset=True)
    )


def test_every_setting_of_an_app_has_a_case_that_is_allowed_and_one_that_is_refused() -> None:
    fields = {field.alias for field in AppSetting.model_fields.values()}
    assert {name for _, entry, _ in OF_APP for name in entry} == fields
    assert {name for _, entry, _ in REFUSED_OF_APP for name in entry} >= fields


REFUSED: list[tuple[str, Any, str]] = [
    ("target", "Local", "lockstep:target is neither 'local' nor a tenant id"),
    ("target", "contoso.onmicrosoft.com", "lockstep:target is neither 'local' nor a tenant id"),
    (
        "vendors",
        ["atlas", "atrea"],
        f"which is not a vendor of the catalogue; allowed are {VENDORS}; did you mean 'atera'?",
    ),
    ("vendors", ["atlas", "atlas"], "lockstep:vendors names atlas more than once"),
    ("vendors", [], "lockstep:vendors is empty"),
    ("vendors", "", f"lockstep:vendors is missing; name at least one of {VENDORS}"),
    ("vendors", "atlas", "lockstep:vendors must be a list"),
    ("vendors", [1], "lockstep:vendors[0] must be text"),
    ("editions", {"atlas": "latest"}, "lockstep:editions.atlas is neither 'current' nor a date"),
    ("editions", {"atlas": "2025-03-02"}, "it has 2025-02-28, 2025-03-01; did you mean '2025-03-01'?"),
    ("editions", {"atera": "2020-01-01"}, "atera has no edition '2020-01-01'; it has 2026-11-22"),
    ("editions", {"atlsa": "2025-03-01"}, "did you mean 'atlas'?"),
    (
        "editions",
        {"atlas": "2025-03-01 00:00:00 +0000 UTC"},
        'lockstep:editions.atlas is a date without quotation marks; write "2025-03-01"',
    ),
    ("editions", {"atlas": "2025-03-01T00:00:00Z"}, 'write "2025-03-01"'),
    ("editions", "2025-03-01", "lockstep:editions must be an object"),
    ("owners", ["me@contoso.com"], "lockstep:owners[0] is not a GUID"),
    ("owners", [GUID, GUID.upper()], f"lockstep:owners names {GUID} more than once"),
    ("nameSuffix", "<b>", "lockstep:nameSuffix must be 1 to 30"),
    ("protect", "no", "must be one of 'auto', 'true' or 'false'"),
    ("apps", [], "lockstep:apps must be an object"),
    ("apps", {"atera": {"clientId": "\ud800"}}, "lockstep:apps holds half a character"),
    ("apps", {"conex-api": {}}, "'conex-api', which is not an app; allowed are"),
    ("apps", {"conex-api": {}}, "did you mean 'connex-api'?"),
    ("apps", {"pnp": {"deploy": True}, "atlas/pnp": {"deploy": True}}, "apps.atlas/pnp stands twice, also as apps.pnp"),
]
REFUSED_OF_APP: list[tuple[str, dict[str, Any], str]] = [
    (
        "provisioning",
        {"deploy": True},
        "apps.provisioning.deploy is not for Atlas.ConneX Provisioning, which is",
    ),
    ("pnp", {"deploy": "yes"}, "apps.pnp.deploy must be true or false"),
    ("pnp", {"consents": "by-admin"}, "apps.pnp is about an optional app that this stack does not deploy; add deploy"),
    ("atera", {"clientId": "not-a-guid"}, "lockstep:apps.atera.clientId is not a GUID"),
    ("connex-api", {"clientId": GUID}, "apps.connex-api.clientId is not for Atlas.ConneX API, a registration; allowed"),
    ("atera", {"possible": "tolerated"}, "must be one of 'tolerate', 'require' or 'refuse'"),
    ("connex-api", {"possible": "refuse"}, "none of whose permissions is possible only"),
    ("atera", {"removals": "keep"}, "must be one of 'apply' or 'report'"),
    ("connex-api", {"removals": "apply"}, "apps.connex-api.removals is not for Atlas.ConneX API, a registration"),
    ("atera", {"features": {"robin": "off"}}, "lockstep:apps.atera.features.robin must be true or false"),
    ("atera", {"features": {"robinn": False}}, "not a feature of Atera; allowed are robin; did you mean 'robin'?"),
    ("connex-api", {"features": {"robin": False}}, "not a feature of Atlas.ConneX API; there are none"),
    ("connex-api", {"consents": "manual"}, "must be one of 'managed' or 'by-admin'"),
    ("connex-api", {"certificates": "x"}, f"lockstep:apps.connex-api.certificates[0] {PEM_SAYS}"),
    ("connex-api", {"certificates": 3}, "lockstep:apps.connex-api.certificates must be a list"),
    ("spfx", {"certificates": []}, "apps.spfx.certificates is not for SharePoint Online"),
    (
        "atera",
        {"directoryRoles": ["User Administrators"]},
        "is not a documented directory role of Atera; allowed are User Administrator; did you mean",
    ),
    ("atera", {"directoryRoles": ["User Administrator"] * 2}, "names User Administrator more than once"),
    (
        "connex-api",
        {"directoryRoles": ["User Administrator"]},
        "is not a documented directory role of Atlas.ConneX API",
    ),
    ("spfx", {"directoryRoles": []}, "apps.spfx.directoryRoles is not for"),
    ("atera", {"federatedCredentials": [CREDENTIAL]}, "apps.atera.federatedCredentials is not for Atera, a"),
    ("connex-api", {"federatedCredentials": [CREDENTIAL, CREDENTIAL]}, "has the name 'github' twice"),
    ("connex-api", {"federatedCredentials": [{**CREDENTIAL, "issuer": "http://x"}]}, "[0].issuer must be an https://"),
    ("connex-api", {"federatedCredentials": [{**CREDENTIAL, "name": "a b"}]}, "[0].name must be 3 to 120"),
    (
        "connex-api",
        {"federatedCredentials": [{**CREDENTIAL, "subjct": "x"}]},
        "subjct is unknown; allowed are name, issuer, subject, audiences; did you mean 'subject'?",
    ),
    ("connex-api", {"federatedCredentials": [CREDENTIAL] * 21}, "more than 20 entries"),
    (
        "atera",
        {"withhold": [{**WITHHELD, "permission": "Mail.Sendd"}]},
        "apps.atera.withhold[0] names 'Mail.Sendd', but atera has no such documented permission; did you mean 'Mail",
    ),
    ("atera", {"withhold": [WITHHELD, WITHHELD]}, "apps.atera.withhold[1] withholds 'Mail.Send' of atera twice"),
    (
        "atera",
        {"withhold": [WITHHELD], "features": {"robin": False}},
        "twice: features: {robin: false} withholds it already",
    ),
    ("atera", {"withhold": [{**WITHHELD, "reason": " "}]}, "lockstep:apps.atera.withhold[0].reason is empty"),
    ("atera", {"withhold": [{"permision": "Mail.Send", "reason": "r", "by": "b"}]}, "did you mean 'permission'?"),
    ("spfx", {"principals": "news"}, "must be one of 'auto', 'new', 'old', 'both' or 'later'"),
    ("spfx", {"claim": "yes"}, "lockstep:apps.spfx.claim must be true or false"),
    ("atera", {"claim": True}, "apps.atera.claim is not for Atera"),
    (
        "spfx",
        {"withdraw": True},
        "apps.spfx.withdraw takes scopes off the old SharePoint principal and needs prin",
    ),
    ("connex-api", {"adopted": {"displayname": "x"}}, "displayname is unknown; allowed are displayName"),
    (
        "connex-api",
        {"adopted": {"displayName": "x", "scopeIds": {"Workspace.Full": GUID}}},
        "not a scope that connex-api exposes",
    ),
    ("atera", {"clientid": GUID}, "lockstep:apps.atera.clientid is unknown; allowed are deploy, clientId"),
]


@pytest.mark.parametrize(("key", "entry", "says"), REFUSED_OF_APP)
def test_an_app_refuses(key: str, entry: dict[str, Any], says: str) -> None:
    message = refusal(config(apps=apps({key: entry})))
    assert says in message
    assert message.startswith(f"{FILE}: lockstep:apps")
    assert "\n" not in message


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


def test_current_edition_is_for_local_targets_only() -> None:
    newest = json.dumps({"atlas": "current", "atera": "2026-11-22"})
    assert read(editions=newest).is_local
    assert "lockstep:editions.atlas is 'current', which only target: local may have" in refusal(
        config(**{**REAL, "editions": newest})
    )


def test_real_target_needs_an_edition_of_each_vendor() -> None:
    assert "lockstep:editions.atera is missing; atera has 2026-11-22" in refusal(
        config(target=REAL_TENANT, editions='{"atlas": "2025-03-01"}')
    )
    assert not read(**REAL).is_local


def test_what_is_said_of_a_vendor_that_is_not_deployed_waits_until_it_is() -> None:
    settings = read(vendors='["atlas"]', editions=EDITIONS, apps=apps({"atera": {"removals": "report"}}))
    assert {app.vendor for app in stack_apps(settings)} == {"atlas"}
    assert "did you mean 'atera'" in refusal(config(vendors='["atlas"]', apps='{"atrea": {}}'))


def test_an_enterprise_app_needs_its_client_id_only_where_it_is_deployed() -> None:
    assert read(apps="{}", vendors='["atlas"]').apps == {}


@pytest.mark.parametrize(
    ("given", "protected"),
    [({}, False), ({"protect": "true"}, True), (REAL, True), ({**REAL, "protect": "false"}, False)],
)
def test_protection_is_on_but_for_local_targets(given: dict[str, str], protected: bool) -> None:
    assert read(**given).protected is protected


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("lockstep:edtions", "lockstep:edtions is not a setting; allowed are target, vendors"),
        ("lockstep:edtions", "did you mean 'editions'?"),
        ("lokstep:apps", "has a namespace that nothing reads; did you mean 'lockstep'?"),
        ("azuredad:tenantId", "did you mean 'azuread'?"),
        ("entraconsent:tenant", "is not a setting of entraconsent; allowed is tenantId"),
    ],
)
def test_misspelt_key_is_refused_with_the_nearest_name(key: str, says: str) -> None:
    assert says in refusal({**config(), key: "x"})


@pytest.mark.parametrize("key", ["aws:region", "azuread:environment", "pulumi:tags"])
def test_keys_of_others_are_left_alone(key: str) -> None:
    assert read_settings({**config(), key: "x"}, where=FILE).is_local


def test_settings_are_read_under_the_name_of_the_project() -> None:
    given = {key.replace("lockstep:", "contoso:"): value for key, value in config().items()}
    assert read_settings(given, where=FILE, namespace="contoso").apps["atera"].client_id == ATERA
    with pytest.raises(Exception, match=r"lockstep:owners is not read: the settings of this project are contoso:"):
        read_settings({**given, "lockstep:owners": "[]"}, where=FILE, namespace="contoso")


@pytest.mark.parametrize("provider", ["azuread", "entraconsent"])
@pytest.mark.parametrize("target", ["local", REAL_TENANT])
@pytest.mark.parametrize("found", ["", "88888888-8888-4888-8888-888888888888"])
def test_provider_of_another_tenant_is_refused_with_the_command_that_helps(
    provider: str, target: str, found: str
) -> None:
    tenant = LOCAL_TENANT if target == "local" else target
    given = {**config(target=target, editions=EDITIONS), f"{provider}:tenantId": found}
    command = f"`pulumi config set {provider}:tenantId {tenant} --stack test`"
    assert refusal(given) == (
        f"{FILE}: {provider}:tenantId {f'is {found}' if found else 'is not set'}, "
        f"but the target's tenant is {tenant}; to fix: write {provider}:tenantId: {tenant} there, or {command}"
    )


def test_tenant_ids_are_the_same_in_any_case() -> None:
    tenant = "ABCDEF00-0000-4000-8000-00000000000A"
    assert read(target=tenant, editions=EDITIONS).tenant_id == tenant.lower()


def test_certificate_may_stand_alone_or_in_a_list(certificate: str) -> None:
    for value in (certificate, [certificate]):
        assert read(apps=apps({"connex-api": {"certificates": value}})).apps["connex-api"].certificates == (
            certificate,
        )


def test_private_key_is_refused_and_not_repeated(certificate: str, private_key: str) -> None:
    message = refusal(config(apps=apps({"connex-api": {"certificates": certificate + private_key}})))
    assert "lockstep:apps.connex-api.certificates[0] holds a private key" in message
    assert not [line for line in private_key.splitlines()[1:-1] if line in message]


# The names in this one are the catalogue's; they are repeated to find the nearest.
@pytest.mark.parametrize("key", sorted(set(names()) - {"vendors"}))
def test_no_refusal_repeats_what_could_be_a_secret(key: str) -> None:
    secret = "MIIEvQIBADANBgkqhkiG9w0-secret"
    if key == "nameSuffix":
        secret = f"<{secret}>"
    assert secret not in refusal(config(**{key: secret}))


FORMER = [
    ({"edition": "2026-11-22"}, 'write instead editions: {atera: "2026-11-22", atlas: "2025-03-01"}'),
    ({"edition": "current"}, f"write instead editions: {{{CURRENT}}}"),
    ({"atlasEdition": "2025-02-28"}, 'write instead editions: {atlas: "2025-02-28"}'),
    ({"ateraClientId": GUID}, f'write instead apps: {{atera: {{clientId: "{GUID}"}}}}'),
    ({"ateraTwins": "refuse", "ateraRemovals": "report"}, 'apps: {atera: {possible: "refuse", removals: "report"}}'),
    ({"ateraRobin": "false"}, "apps: {atera: {features: {robin: false}}}"),
    ({"optionalApps": '["pnp"]'}, "apps: {pnp: {deploy: true}}"),
    ({"sharepoint": "new", "withdraw": "true"}, 'apps: {spfx: {principals: "new", withdraw: true}}'),
    ({"claim": "true"}, "apps: {spfx: {claim: true}}"),
    ({"consents": '{"pnp": "by-admin"}'}, 'apps: {pnp: {consents: "by-admin"}}'),
    (
        {"withhold": '[{"app": "atera", "permission": "Mail.Send", "reason": "r", "by": "b"}]'},
        'apps: {atera: {withhold: [{permission: "Mail.Send", reason: "…", by: "…"}]}}',
    ),
    ({"certificates": '{"provisioning": "-----BEGIN"}'}, 'apps: {provisioning: {certificates: "…"}}'),
    ({"adopted": '{"pnp": {"displayName": "P"}}'}, 'apps: {pnp: {adopted: {displayName: "…"}}}'),
    ({"federatedCredentials": "{}"}, "write instead nothing"),
    ({"ateraClientId": "S3cr3t~value"}, 'apps: {atera: {clientId: "…"}}'),
    (
        {"withhold": '[{"app": "atera", "permission": "Microsoft Graph/delegated/User.Read", "by": "b"}]'},
        '{permission: "Microsoft Graph · delegated · User.Read"',
    ),
]


@pytest.mark.parametrize(("former", "says"), FORMER)
def test_former_settings_are_refused_with_the_line_to_write_instead(former: dict[str, str], says: str) -> None:
    message = refusal(config(**former))
    assert f"lockstep:{next(iter(former))} is no setting any more" in message
    assert says in message
    for name in list(former)[1:]:
        assert name in message


def test_what_is_encrypted_is_refused_and_named() -> None:
    with pytest.raises(SettingError, match=r"lockstep:apps is encrypted, but no setting is a secret"):
        read_settings(config(), where=FILE, secrets=["azuread:clientSecret", "lockstep:apps"])
    assert read_settings(config(), where=FILE, secrets=["azuread:clientSecret"]).is_local


def test_a_client_id_that_no_vendor_publishes_has_to_be_given(tmp_path: Path) -> None:
    shutil.copytree(DATA / "editions" / "atera", tmp_path / "atera")
    file = tmp_path / "atera" / "2026-11-22.yaml"
    published = "    client_id:\n      id: 90657e27-59e1-4bfa-86c3-03f59b731666\n      source: password-resets\n"
    only_atera = {"vendors": '["atera"]', "editions": '{"atera": "current"}'}
    given = {key: text for key, text in config(**only_atera).items() if key != "lockstep:apps"}
    apps_of = stack_apps(read_settings(given, where=FILE, catalogue=Catalogue(tmp_path)), Catalogue(tmp_path))
    assert [app.client_id for app in apps_of] == ["90657e27-59e1-4bfa-86c3-03f59b731666"]
    file.write_text(file.read_text("utf-8").replace(published, ""), "utf-8")
    with pytest.raises(SettingError, match=r"apps\.atera\.clientId is missing: take it from the Application ID"):
        read_settings(given, where=FILE, catalogue=Catalogue(tmp_path))


def test_the_edition_of_a_vendor_that_is_not_deployed_is_read_only_to_say_what_a_name_means(tmp_path: Path) -> None:
    shutil.copytree(DATA / "editions" / "atera", tmp_path / "atera")
    (tmp_path / "atlas").mkdir()
    (tmp_path / "atlas" / "2025-03-01.yaml").write_text("no edition", encoding="utf-8")
    only_atera = config(vendors='["atera"]')
    assert read_settings(only_atera, where=FILE, catalogue=Catalogue(tmp_path)).vendors == ("atera",)
    for asks_for_it in ({"lockstep:apps": apps({"spfx": {"claim": True}})}, {"lockstep:claim": "true"}):
        with pytest.raises(CatalogueError, match="2025-03-01"):
            read_settings({**only_atera, **asks_for_it}, where=FILE, catalogue=Catalogue(tmp_path))
