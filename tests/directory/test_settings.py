from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.directory.cloud import PUBLIC
from lockstep.directory.settings import read_settings
from lockstep.directory.sign_in import credential_from_environment
from lockstep.errors import SettingError, SignInError, WrongTenantError
from tests.directory.scripted import OTHER_TENANT, TENANT, Server, client

LETTERS = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
APP = {"ARM_CLIENT_ID": "app"}
REQUEST = {"ARM_OIDC_REQUEST_URL": "https://x.test", "ARM_OIDC_REQUEST_TOKEN": "t"}
OIDC = {**APP, "ARM_USE_OIDC": "true"}
ADO = {"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": "c"}
EVERYTHING = {
    **OIDC,
    **REQUEST,
    **ADO,
    "ARM_OIDC_TOKEN": "t",
    "ARM_CLIENT_SECRET": "s",
    "ARM_CLIENT_CERTIFICATE_PATH": "c.pfx",
    "ARM_USE_MSI": "true",
}


def method(env: dict[str, str], tenant_id: str = TENANT) -> str:
    return credential_from_environment(env, PUBLIC, tenant_id, client(Server())).method


def without(*names: str) -> dict[str, str]:
    return {key: value for key, value in EVERYTHING.items() if not any(name in key for name in names)}


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (EVERYTHING, "certificate"),
        (without("CERTIFICATE"), "client secret"),
        (without("CERTIFICATE", "SECRET"), "OIDC token"),
        (without("CERTIFICATE", "SECRET", "ARM_OIDC_TOKEN"), "Azure Pipelines"),
        (without("CERTIFICATE", "SECRET", "ARM_OIDC_TOKEN", "ADO"), "GitHub Actions"),
        (without("CERTIFICATE", "SECRET", "OIDC"), "managed identity"),
        (without("CERTIFICATE", "SECRET", "USE_"), "Azure CLI"),
        (without("CLIENT_ID"), "managed identity"),
        ({}, "Azure CLI"),
        ({**APP, "ARM_OIDC_TOKEN": "t"}, "Azure CLI"),
        (
            {**OIDC, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"},
            "GitHub Actions",
        ),
        (
            {
                **OIDC,
                "SYSTEM_OIDCREQUESTURI": "https://x",
                "SYSTEM_ACCESSTOKEN": "t",
                "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID": "c",
            },
            "Azure Pipelines",
        ),
        ({**APP, "ARM_USE_AKS_WORKLOAD_IDENTITY": "1", "ARM_OIDC_TOKEN_FILE_PATH": "f"}, "OIDC token"),
    ],
)
def test_method_is_chosen_in_the_order_of_the_azuread_provider(env: dict[str, str], expected: str) -> None:
    assert method(env) == expected


def test_method_none_says_what_to_set() -> None:
    with pytest.raises(SignInError, match="no way to sign in is configured; to fix: set ARM_CLIENT_ID"):
        method({"ARM_USE_CLI": "false"})


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("1", True), ("t", True), ("false", False), ("0", False), ("", False)],
)
def test_flags_are_read_as_go_reads_them(text: str, value: bool) -> None:
    assert read_settings({"ARM_USE_MSI": text}).use_msi is value


def test_flag_of_another_word_is_refused() -> None:
    with pytest.raises(SettingError, match="ARM_USE_OIDC is 'yes'; allowed: true or false"):
        read_settings({"ARM_USE_OIDC": "yes"})


def test_value_from_a_file_must_agree_with_the_variable(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file\n")
    env = {"ARM_CLIENT_SECRET_FILE_PATH": str(tmp_path / "secret")}
    assert read_settings(env).secret == "from file"
    with pytest.raises(SignInError, match="give different values") as caught:
        read_settings({**env, "ARM_CLIENT_SECRET": "other"})
    assert "from file" not in str(caught.value)
    with pytest.raises(SignInError, match=r"cannot be read.*to fix"):
        read_settings({"ARM_CLIENT_ID_FILE_PATH": str(tmp_path / "none")})


def test_settings_and_credential_show_no_secret() -> None:
    env = {
        **EVERYTHING,
        "ARM_CLIENT_SECRET": "hidden-1",
        "ARM_OIDC_TOKEN": "hidden-2",
        "ARM_CLIENT_CERTIFICATE_PASSWORD": "hidden-3",
    }
    assert "hidden" not in repr(read_settings(env))
    assert "hidden" not in repr(credential_from_environment(env, PUBLIC, TENANT, client(Server())))


@pytest.mark.parametrize("named", ["", LETTERS, LETTERS.upper(), "contoso.example"])
def test_tenant_of_the_environment_may_be_the_target(named: str) -> None:
    assert method({"ARM_TENANT_ID": named}, LETTERS) == "Azure CLI"


def test_tenant_of_the_environment_that_is_another_is_refused() -> None:
    with pytest.raises(WrongTenantError, match=f"ARM_TENANT_ID is {OTHER_TENANT}, but the stack's target is {TENANT}"):
        method({"ARM_TENANT_ID": OTHER_TENANT})


def test_target_that_is_no_guid_is_refused() -> None:
    with pytest.raises(SettingError, match="'contoso'; allowed: a tenant ID"):
        method({}, "contoso")
