"""Chooses how to sign in, in the azuread provider's order and from its variables.

Certificate, secret, OpenID Connect (a given token, Azure Pipelines, GitHub), managed identity, Azure CLI: the
first that is configured is used, and its failure is final, so that the two providers of one run never sign in
as two identities. Knows nothing of Graph's paths.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import httpx

from lockstep.directory.cloud import Cloud
from lockstep.directory.credential import AccessToken, CachedCredential
from lockstep.directory.methods import (
    Door,
    by_ado_pipeline,
    by_azure_cli,
    by_certificate,
    by_github,
    by_managed_identity,
    by_oidc_token,
    by_secret,
)
from lockstep.directory.retry import Waiting
from lockstep.directory.settings import SignInSettings, read_settings, require_target
from lockstep.errors import SignInError

Method = Callable[[SignInSettings, Door], Awaitable[AccessToken]]


def credential_from_environment(
    env: Mapping[str, str], cloud: Cloud, tenant_id: str, http: httpx.AsyncClient, *, waiting: Waiting | None = None
) -> CachedCredential:
    """Return the credential that the environment asks for. Nothing is sent before the first token is wanted."""
    require_target(env, tenant_id)
    settings = read_settings(env)
    name, method = _choose(settings)
    door = Door(http, cloud, tenant_id, waiting or Waiting())
    return CachedCredential(lambda: method(settings, door), method=name)


def _choose(settings: SignInSettings) -> tuple[str, Method]:
    request = settings.oidc_request_url and settings.oidc_request_token
    oidc = settings.client_id and settings.use_oidc
    table: tuple[tuple[object, str, Method], ...] = (
        (
            settings.client_id and (settings.certificate or settings.certificate_path),
            "certificate",
            by_certificate,
        ),
        (settings.client_id and settings.secret, "client secret", by_secret),
        (oidc and (settings.oidc_token or settings.oidc_token_path), "OIDC token", by_oidc_token),
        (oidc and request and settings.ado_connection, "Azure Pipelines", by_ado_pipeline),
        (oidc and request, "GitHub Actions", by_github),
        (settings.use_msi, "managed identity", by_managed_identity),
        (settings.use_cli, "Azure CLI", by_azure_cli),
    )
    for configured, name, method in table:
        if configured:
            return name, method
    raise SignInError(
        "no way to sign in is configured; to fix: set ARM_CLIENT_ID with ARM_CLIENT_CERTIFICATE_PATH, "
        "ARM_CLIENT_SECRET or ARM_USE_OIDC=true and its token, or ARM_USE_MSI=true, "
        "or leave ARM_USE_CLI on and run az login"
    )
