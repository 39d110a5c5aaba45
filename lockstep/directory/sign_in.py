"""Signs in: chooses how, in the azuread provider's order and from its variables, gets the token, and explains failures.

Certificate, secret, OpenID Connect (a given token, Azure Pipelines, GitHub), managed identity, Azure CLI: the
first that is configured is used, and its failure is final, so that the two providers of one run never sign in
as two identities. azure-identity does the protocols; it is imported when the first token is asked for, not before.

What a failed sign-in means and how to fix it follows from the AADSTS code that Entra gives;
https://learn.microsoft.com/entra/identity-platform/reference-error-codes lists the codes. Shows no secret, and knows
nothing of Graph.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx

from lockstep.directory.cloud import Cloud
from lockstep.directory.credential import AccessToken, CachedCredential, TokenSource
from lockstep.directory.retry import Waiting, exchange
from lockstep.directory.settings import SignInSettings, read_secret_file, read_settings, require_target
from lockstep.directory.wording import one_line
from lockstep.errors import LockstepError, SignInError

if TYPE_CHECKING:
    from azure.core.credentials import SupportsTokenInfo

AUDIENCE = "api://AzureADTokenExchange"
MSI_ENDPOINT = "http://169.254.169.254/metadata/identity/oauth2/token"  # the machine's own link-local address
FIXES: Mapping[str, str] = {
    "AADSTS50173": "run az login again: the sign-in was revoked",
    "AADSTS50076": "run az login --tenant {tenant} again: the tenant asks for multi-factor authentication",
    "AADSTS53003": "ask the tenant's administrator: Conditional Access refuses this sign-in",
    "AADSTS70021": "add a federated credential with exactly this issuer, subject and audience to application {client}",
    "AADSTS700016": "check ARM_CLIENT_ID and the tenant: tenant {tenant} knows no application {client}",
    "AADSTS700024": "get a new ID token: the one that was given has expired, or this machine's clock is wrong",
    "AADSTS700027": "upload this certificate's public part to application {client}",
    "AADSTS700082": "run az login --tenant {tenant} again: the sign-in has expired",
    "AADSTS700211": "add a federated credential with exactly this issuer to application {client}",
    "AADSTS700212": "add a federated credential with exactly this audience to application {client}",
    "AADSTS700213": "add a federated credential with exactly this subject to application {client}",
    "AADSTS7000215": "set ARM_CLIENT_SECRET to the value (not the ID) of a client secret of application {client}",
    "AADSTS7000222": "create a new client secret for application {client}, or use a certificate: this one has expired",
    "AADSTS7000112": "enable the service principal of application {client} in tenant {tenant}",
    "AADSTS900023": "check the tenant: {tenant} is not the ID of one",
    "AADSTS90002": "check the tenant and the cloud: {tenant} was not found at this sign-in address",
}
_CODE = re.compile(r"AADSTS\d+")
_TAIL = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp|To mitigate this issue|Visit https).*", re.DOTALL)
_LEAD = re.compile(r"^(Authentication failed:|[A-Za-z]+Credential:)\s*")


@dataclass(frozen=True)
class SignIn:
    """Where, over what and by which settings to sign in; each way to do it is a method."""

    settings: SignInSettings
    http: httpx.AsyncClient
    cloud: Cloud
    tenant_id: str
    waiting: Waiting

    async def by_certificate(self) -> AccessToken:
        """Sign in with the application's certificate (PKCS#12 in base64, or a PKCS#12 or PEM file)."""
        secrets = {
            "certificate_data": _certificate_data(self.settings),
            "password": self.settings.certificate_password or None,
        }
        return await self._ask(
            lambda azure, options: azure.CertificateCredential(
                self.tenant_id, self.settings.client_id, **secrets, **options
            )
        )

    async def by_secret(self) -> AccessToken:
        """Sign in with the application's client secret."""
        ids = self.tenant_id, self.settings.client_id
        return await self._ask(
            lambda azure, options: azure.ClientSecretCredential(*ids, self.settings.secret, **options)
        )

    async def by_oidc_token(self) -> AccessToken:
        """Sign in with an ID token that was given, in a variable or a file (read each time: it is short-lived)."""
        token = self.settings.oidc_token
        if self.settings.oidc_token_path:
            from_file = read_secret_file("ARM_OIDC_TOKEN_FILE_PATH", self.settings.oidc_token_path)
            if token and token != from_file:
                raise SignInError(
                    "ARM_OIDC_TOKEN and ARM_OIDC_TOKEN_FILE_PATH give different tokens; to fix: unset one of them"
                )
            token = from_file
        return await self._by_assertion(token)

    async def by_ado_pipeline(self) -> AccessToken:
        """Sign in with an ID token that Azure Pipelines gives for a service connection."""
        extra = {"api-version": "7.1", "serviceConnectionId": self.settings.ado_connection, "audience": AUDIENCE}
        return await self._by_assertion(await self._id_token("POST", extra, "oidcToken"))

    async def by_github(self) -> AccessToken:
        """Sign in with an ID token that GitHub Actions gives for the job."""
        return await self._by_assertion(await self._id_token("GET", {"audience": AUDIENCE}, "value"))

    async def by_managed_identity(self) -> AccessToken:
        """Sign in as the machine, through its instance metadata endpoint, as the azuread provider does."""
        query = {"api-version": "2018-02-01", "resource": self.cloud.graph}
        if self.settings.client_id:
            query["client_id"] = self.settings.client_id
        url = self.settings.msi_endpoint or MSI_ENDPOINT
        answer = await self._json("GET", url, query, {"Metadata": "true"}, "the managed identity endpoint")
        try:
            return AccessToken(str(answer["access_token"]), time.time() + float(answer["expires_in"]))
        except (KeyError, TypeError, ValueError):
            raise SignInError(
                f"the managed identity endpoint {url} answered without a token; to fix: check ARM_MSI_ENDPOINT"
            ) from None

    async def by_azure_cli(self) -> AccessToken:
        """Sign in as whoever is signed in to the Azure CLI in the target tenant."""
        return await self._ask(lambda azure, _: azure.AzureCliCredential(tenant_id=self.tenant_id, process_timeout=60))

    async def _by_assertion(self, assertion: str) -> AccessToken:
        ids = self.tenant_id, self.settings.client_id
        return await self._ask(
            lambda azure, options: azure.ClientAssertionCredential(*ids, lambda: assertion, **options), assertion
        )

    async def _ask(self, build: Callable[[Any, dict[str, Any]], SupportsTokenInfo], *more_secrets: str) -> AccessToken:
        """Run azure-identity in a thread; its errors become one line with how to fix them.

        `build` makes the credential from the module `azure.identity` and the options that its credentials take.
        """
        loop = asyncio.get_running_loop()

        def work() -> AccessToken:
            import azure.identity

            from lockstep.directory.azure_transport import LoopTransport

            transport = LoopTransport(self.http, loop, self.waiting)
            options = {
                "authority": self.cloud.login,
                "disable_instance_discovery": self.cloud.metadata_host is not None,
                "transport": transport,
                "retry_total": 0,  # the transport retries, by our own rule
            }
            try:
                info = build(azure.identity, options).get_token_info(self.cloud.scope)
            except Exception as error:
                if transport.failure is not None:
                    raise transport.failure from None
                raise sign_in_error(error, self.settings, self.tenant_id, more_secrets) from None
            return AccessToken(info.token, info.expires_on)

        return await asyncio.to_thread(work)

    async def _id_token(self, method: str, extra: Mapping[str, str], key: str) -> str:
        headers = {"Authorization": f"Bearer {self.settings.oidc_request_token}", "Accept": "application/json"}
        if not self.settings.oidc_request_url.startswith("https://"):
            raise SignInError("the OIDC request URL is not https; to fix: correct ARM_OIDC_REQUEST_URL")
        answer = await self._json(method, self.settings.oidc_request_url, extra, headers, "the OIDC provider")
        token = answer.get(key)
        if not isinstance(token, str) or not token:
            raise SignInError(
                "the OIDC provider answered without an ID token; to fix: give the job the permission to request one"
            )
        return token

    async def _json(
        self, method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str], who: str
    ) -> dict[str, Any]:
        # What the address already says stays: the pipeline's own URL carries parameters.
        parts = urlsplit(url)
        merged = {**query, **dict(parse_qsl(parts.query))}
        bare = urlunsplit(parts._replace(query=""))

        def send() -> Awaitable[httpx.Response]:
            return self.http.request(method, bare, params=merged, headers=dict(headers))

        response = await exchange(send, bare, safe=True, patience=self.waiting.start("sign-in"))
        try:
            answer = response.json() if response.status_code == 200 else None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise sign_in_error(
                LockstepError(f"{who} {bare} answered {response.status_code}"), self.settings, self.tenant_id, ()
            )
        return answer


def _certificate_data(settings: SignInSettings) -> bytes:
    if settings.certificate:
        try:
            return base64.b64decode(settings.certificate, validate=True)
        except (binascii.Error, ValueError):
            raise SignInError(
                "ARM_CLIENT_CERTIFICATE is not base64; allowed: a PKCS#12 file in base64; to fix: base64 -w0 FILE.pfx"
            ) from None
    try:
        return Path(settings.certificate_path).read_bytes()
    except OSError as error:
        raise SignInError(
            f"ARM_CLIENT_CERTIFICATE_PATH names {settings.certificate_path}, which cannot be read ({error.strerror}); "
            "to fix: correct the path"
        ) from None


def sign_in_error(
    error: BaseException, settings: SignInSettings, tenant_id: str, more_secrets: Iterable[str]
) -> SignInError:
    """Return the one-line error for whatever azure-identity raised."""
    text = _TAIL.sub("", _LEAD.sub("", str(error)))
    text = one_line(text, (*settings.secrets, *more_secrets)) or type(error).__name__
    code = _CODE.search(text)
    fix = FIXES.get(code.group(), "") if code else ""
    fix = fix.format(client=settings.client_id or "of the signed-in account", tenant=tenant_id)
    if not fix and ("az login" in text or "Azure CLI" in text):
        login = f"az login --tenant {tenant_id} --allow-no-subscriptions"
        fix = f"install the Azure CLI and run {login}, or set the ARM_* variables"
    fix = fix or "check the ARM_* variables against the application in tenant " + tenant_id
    return SignInError(f"sign-in failed: {text.rstrip('.')}; to fix: {fix}")


def credential_from_environment(
    env: Mapping[str, str], cloud: Cloud, tenant_id: str, http: httpx.AsyncClient, *, waiting: Waiting | None = None
) -> CachedCredential:
    """Return the credential that the environment asks for. Nothing is sent before the first token is wanted."""
    require_target(env, tenant_id)
    name, source = _choose(SignIn(read_settings(env), http, cloud, tenant_id, waiting or Waiting()))
    return CachedCredential(source, method=name)


def _choose(sign_in: SignIn) -> tuple[str, TokenSource]:
    settings = sign_in.settings
    request = settings.oidc_request_url and settings.oidc_request_token
    oidc = settings.client_id and settings.use_oidc
    table: tuple[tuple[object, str, TokenSource], ...] = (
        (
            settings.client_id and (settings.certificate or settings.certificate_path),
            "certificate",
            sign_in.by_certificate,
        ),
        (settings.client_id and settings.secret, "client secret", sign_in.by_secret),
        (oidc and (settings.oidc_token or settings.oidc_token_path), "OIDC token", sign_in.by_oidc_token),
        (oidc and request and settings.ado_connection, "Azure Pipelines", sign_in.by_ado_pipeline),
        (oidc and request, "GitHub Actions", sign_in.by_github),
        (settings.use_msi, "managed identity", sign_in.by_managed_identity),
        (settings.use_cli, "Azure CLI", sign_in.by_azure_cli),
    )
    for configured, name, source in table:
        if configured:
            return name, source
    raise SignInError(
        "no way to sign in is configured; to fix: set ARM_CLIENT_ID with ARM_CLIENT_CERTIFICATE_PATH, "
        "ARM_CLIENT_SECRET or ARM_USE_OIDC=true and its token, or ARM_USE_MSI=true, "
        "or leave ARM_USE_CLI on and run az login"
    )
