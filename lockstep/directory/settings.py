"""The ARM_* variables of the azuread provider, read once and checked.

Same names, same fallbacks and same order of methods, so that both providers of a run sign in alike. Knows
nothing of how a method works.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from lockstep.errors import SettingError, SignInError, UsageError, WrongTenantError
from lockstep.text_file import decoded

_TRUE = ("1", "t", "true")
_FALSE = ("0", "f", "false")


@dataclass(frozen=True)
class SignInSettings:
    """What the environment says about signing in. No secret is in its repr."""

    client_id: str
    certificate: str = field(repr=False)  # base64 of a PKCS#12 file
    certificate_path: str
    certificate_password: str = field(repr=False)
    secret: str = field(repr=False)
    oidc_token: str = field(repr=False)
    oidc_token_path: str
    oidc_request_url: str
    oidc_request_token: str = field(repr=False)
    ado_connection: str
    msi_endpoint: str
    use_oidc: bool
    use_msi: bool
    use_cli: bool

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that no message may show."""
        return (self.certificate, self.certificate_password, self.secret, self.oidc_token, self.oidc_request_token)


def read_settings(env: Mapping[str, str]) -> SignInSettings:
    """Return the sign-in settings of an environment."""
    return SignInSettings(
        client_id=_value_or_file(env, "ARM_CLIENT_ID"),
        certificate=_first(env, "ARM_CLIENT_CERTIFICATE"),
        certificate_path=_first(env, "ARM_CLIENT_CERTIFICATE_PATH"),
        certificate_password=env.get("ARM_CLIENT_CERTIFICATE_PASSWORD", ""),
        secret=_value_or_file(env, "ARM_CLIENT_SECRET"),
        oidc_token=_first(env, "ARM_OIDC_TOKEN"),
        oidc_token_path=_first(env, "ARM_OIDC_TOKEN_FILE_PATH"),
        oidc_request_url=_first(env, "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"),
        oidc_request_token=_first(
            env, "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"
        ),
        ado_connection=_first(env, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"),
        msi_endpoint=_first(env, "ARM_MSI_ENDPOINT"),
        use_oidc=_flag(env, "ARM_USE_OIDC", default=False)
        or _flag(env, "ARM_USE_AKS_WORKLOAD_IDENTITY", default=False),
        use_msi=_flag(env, "ARM_USE_MSI", default=False),
        use_cli=_flag(env, "ARM_USE_CLI", default=True),
    )


def require_target(env: Mapping[str, str], tenant_id: str) -> None:
    """Refuse an ARM_TENANT_ID that is another tenant than the target: the two providers would part ways."""
    try:
        UUID(tenant_id)
    except ValueError:
        raise SettingError(
            f"the tenant is {tenant_id!r}; allowed: a tenant ID (a GUID); to fix: az account show --query tenantId"
        ) from None
    named = env.get("ARM_TENANT_ID", "").strip()
    try:
        UUID(named)
    except ValueError:
        return  # unset, or a domain name: the token's own tenant is checked later in any case
    if named.casefold() != tenant_id.casefold():
        raise WrongTenantError(
            f"ARM_TENANT_ID is {named}, but the stack's target is {tenant_id}; nothing was read or written; "
            f"to fix: set ARM_TENANT_ID={tenant_id}, or correct the stack's tenant"
        )


def read_secret_file(variable: str, path: str) -> str:
    """Return a file's stripped text; SignInError, without the text, when it cannot be read."""
    try:
        text = decoded(Path(path).read_bytes(), path).strip()
    except (OSError, UsageError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SignInError(
            f"{variable} names {path}, which cannot be read ({reason}); to fix: correct {variable}"
        ) from None
    if not text:
        raise SignInError(
            f"{variable} names {path}, which is empty; to fix: write the value into it, or unset {variable}"
        )
    return text


def _first(env: Mapping[str, str], *names: str) -> str:
    return next((env[name].strip() for name in names if env.get(name, "").strip()), "")


def _value_or_file(env: Mapping[str, str], name: str) -> str:
    value, path_name = _first(env, name), f"{name}_FILE_PATH"
    path = _first(env, path_name)
    if not path:
        return value
    from_file = read_secret_file(path_name, path)
    if value and value != from_file:
        raise SignInError(f"{name} and {path_name} give different values; to fix: unset one of them")
    return from_file


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name, "").strip()
    if not text:
        return default
    if text.casefold() in _TRUE + _FALSE:
        return text.casefold() in _TRUE
    raise SettingError(f"{name} is {text!r}; allowed: true or false; to fix: set one of these, or unset it")
