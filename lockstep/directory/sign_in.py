"""Signs in: chooses how, in the azuread provider's order and from its variables, gets the token, and explains failures.

Certificate, secret, OpenID Connect (a given token, Azure Pipelines, GitHub), managed identity, Azure CLI: the
first that is configured is used, and its failure is final, so that the two providers of one run never sign in
as two identities. azure-identity does the protocols; it is imported when the first token is asked for, not before.

What a failed sign-in means and how to fix it follows from the code that Entra gives (`error_codes`), in whichever way
it was signed in; without a code, from the step that failed. Shows no secret, and knows nothing of Graph.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx

from lockstep.directory.challenge import Challenge
from lockstep.directory.cloud import Cloud
from lockstep.directory.credential import AccessToken, CachedCredential, TokenSource
from lockstep.directory.error_codes import fix_of, sign_in_codes
from lockstep.directory.retry import Waiting, exchange
from lockstep.directory.settings import SignInSettings, read_secret_file, read_settings, require_target
from lockstep.directory.wording import IN_BETWEEN, json_object, not_from, one_line, origin
from lockstep.errors import SignInError
from lockstep.text_file import decoded, mark_of

if TYPE_CHECKING:
    from azure.core.credentials import SupportsTokenInfo, TokenRequestOptions

AUDIENCE = "api://AzureADTokenExchange"
MSI_ENDPOINT = "http://169.254.169.254/metadata/identity/oauth2/token"  # the machine's own link-local address
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
    challenge: Challenge | None = None
    """What Graph demands of the token."""

    async def by_certificate(self) -> AccessToken:
        """Sign in with the application's certificate (PKCS#12 in base64, or a PKCS#12 or PEM file)."""
        secrets = {
            "certificate_data": _certificate_data(self.settings),
            "password": self.settings.certificate_password or None,
        }
        return await self._ask(
            lambda azure, options: azure.CertificateCredential(
                self.tenant_id, self.settings.client_id, **secrets, **options
            ),
            advice="check ARM_CLIENT_CERTIFICATE or ARM_CLIENT_CERTIFICATE_PATH (a PKCS#12 or PEM file with the "
            "private key), and ARM_CLIENT_CERTIFICATE_PASSWORD",
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
        advice = (
            "check that this machine has a managed identity, ARM_CLIENT_ID where it has several, and ARM_MSI_ENDPOINT; "
            f"or {IN_BETWEEN}"
        )
        who = "the managed identity endpoint"
        answer = await self._json("GET", "ARM_MSI_ENDPOINT", url, query, {"Metadata": "true"}, who, advice)
        try:
            return AccessToken(str(answer["access_token"]), time.time() + float(answer["expires_in"]))
        except (KeyError, TypeError, ValueError):
            raise SignInError(
                f"the managed identity endpoint {one_line(url)} answered without a token; to fix: {advice}"
            ) from None

    async def by_azure_cli(self) -> AccessToken:
        """Sign in as whoever is signed in to the Azure CLI in the target tenant."""
        login = f"az login --tenant {self.tenant_id} --allow-no-subscriptions"
        if self.challenge is not None:
            # The CLI gives the token that it holds; only a new sign-in can satisfy a challenge.
            raise SignInError(
                f"Microsoft Graph refused the token of the Azure CLI: {self.challenge.words}; to fix: run `{login} "
                f"--claims-challenge {self.challenge.encoded}` (Azure CLI 2.76 or later), from an address that the "
                "tenant's policies allow"
            )
        advice = f"install the Azure CLI and run {login}, or set the ARM_* variables"
        if any(map(shutil.which, ("az", "az.cmd"))):
            command = f"az account get-access-token --tenant {self.tenant_id} --resource {self.cloud.graph}"
            advice = f"run `{login}`; if you have done so, see what `{command}` says, or set the ARM_* variables"
        return await self._ask(
            lambda azure, _: azure.AzureCliCredential(tenant_id=self.tenant_id, process_timeout=60), advice=advice
        )

    async def _by_assertion(self, assertion: str) -> AccessToken:
        ids = self.tenant_id, self.settings.client_id
        return await self._ask(
            lambda azure, options: azure.ClientAssertionCredential(*ids, lambda: assertion, **options), assertion
        )

    async def _ask(
        self, build: Callable[[Any, dict[str, Any]], SupportsTokenInfo], *more_secrets: str, advice: str = ""
    ) -> AccessToken:
        """Run azure-identity in a thread; its errors become one line with how to fix them.

        `build` makes the credential from the module `azure.identity` and the options that its credentials take.
        `advice` is the fix of what fails on this machine, and not at Entra.
        """
        loop = asyncio.get_running_loop()
        challenge = self.challenge

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
                # A token that answers a challenge may be challenged again, which only a client that says so is told.
                token_options: TokenRequestOptions = (
                    {"claims": challenge.claims, "enable_cae": True} if challenge else {}
                )
                info = build(azure.identity, options).get_token_info(self.cloud.scope, options=token_options)
            except Exception as error:
                if transport.failure is not None:
                    raise transport.failure from None
                refusal = transport.refusal
                text = str(refusal.get("error_description") or refusal["error"]) if refusal else str(error)
                raise self._refused(text or type(error).__name__, refusal, more_secrets, advice=advice) from None
            return AccessToken(str(info.token), info.expires_on)

        return await asyncio.to_thread(work)

    async def _id_token(self, method: str, extra: Mapping[str, str], key: str) -> str:
        url, token = self.settings.oidc_request_url, self.settings.oidc_request_token
        if not url.startswith("https://"):
            raise SignInError("the OIDC request URL is not https; to fix: correct ARM_OIDC_REQUEST_URL")
        if not (token.isascii() and token.isprintable()):
            raise SignInError(
                "ARM_OIDC_REQUEST_TOKEN holds a character that no token has; to fix: set it to what the pipeline gives"
            )
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        advice = f"give the job the permission to request an ID token (on GitHub: id-token: write); or {IN_BETWEEN}"
        answer = await self._json(method, "ARM_OIDC_REQUEST_URL", url, extra, headers, "the OIDC provider", advice)
        encoded = answer.get(key)
        if not isinstance(encoded, str) or not encoded:
            raise SignInError(f"the OIDC provider answered without an ID token; to fix: {advice}")
        return encoded

    async def _json(
        self,
        method: str,
        variable: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        who: str,
        advice: str,
    ) -> dict[str, Any]:
        """Return the JSON object that an address gives, which a variable names; `advice` is for a refusal."""
        try:
            # What the address already says stays: the pipeline's own URL carries parameters.
            parts = urlsplit(url)
            merged = {**query, **dict(parse_qsl(parts.query))}
            bare = urlunsplit(parts._replace(query=""))
            if parts.scheme not in ("http", "https") or not origin(url):
                raise ValueError
        except (ValueError, httpx.InvalidURL):
            raise SignInError(
                f"{variable} is {one_line(url.partition('?')[0])!r}; allowed: an address such as https://HOST/PATH; "
                f"to fix: correct {variable}"
            ) from None

        def send() -> Awaitable[httpx.Response]:
            return self.http.request(method, bare, params=merged, headers=dict(headers))

        response = await exchange(send, bare, safe=True, patience=self.waiting.start("sign-in"))
        answer = json_object(response)
        if answer is None:
            raise SignInError(f"sign-in failed: {not_from(who, f'{method} {bare}', response)}")
        if response.status_code != 200:
            text = f"{who} {bare} answered {response.status_code}"
            reason = answer.get("error_description") or answer.get("message") or answer.get("error")
            raise self._refused(f"{text}: {reason}" if isinstance(reason, str) else text, None, (), advice=advice)
        return answer

    def _refused(
        self, text: str, answer: Mapping[str, Any] | None, more_secrets: Iterable[str], *, advice: str
    ) -> SignInError:
        """Return the one-line error for a refusal: its code decides the fix, and `advice` where there is none.

        `answer` is the body in which Entra refused, if it was Entra.
        """
        codes = sign_in_codes(text, answer)
        if answer and not codes:
            codes = [str(answer["error"])]
        fix = fix_of(codes, text, tenant=self.tenant_id, client=self.settings.client_id)
        fix = fix or advice or f"check the ARM_* variables against the application in tenant {self.tenant_id}"
        shown = one_line(_TAIL.sub("", _LEAD.sub("", text)), (*self.settings.secrets, *more_secrets))
        if codes and codes[0] not in shown:
            shown = f"{codes[0]}: {shown}"
        return SignInError(f"sign-in failed: {shown.rstrip('.')}; to fix: {fix}")


def _certificate_data(settings: SignInSettings) -> bytes:
    if settings.certificate:
        try:
            return base64.b64decode(settings.certificate, validate=True)
        except (binascii.Error, ValueError):
            raise SignInError(
                "ARM_CLIENT_CERTIFICATE is not base64; allowed: a PKCS#12 file in base64; to fix: base64 -w0 FILE.pfx"
            ) from None
    try:
        content = Path(settings.certificate_path).read_bytes()
    except OSError as error:
        raise SignInError(
            f"ARM_CLIENT_CERTIFICATE_PATH names {settings.certificate_path}, which cannot be read ({error.strerror}); "
            "to fix: correct the path"
        ) from None
    # The PEM form may have been saved with a mark, or as UTF-16; PKCS#12 begins with no mark.
    return decoded(content, settings.certificate_path).encode() if mark_of(content)[0] else content


def credential_from_environment(
    env: Mapping[str, str], cloud: Cloud, tenant_id: str, http: httpx.AsyncClient, *, waiting: Waiting | None = None
) -> CachedCredential:
    """Return the credential that the environment asks for. Nothing is sent before the first token is wanted."""
    require_target(env, tenant_id)
    sign_in = SignIn(read_settings(env), http, cloud, tenant_id, waiting or Waiting())
    name, source = _choose(sign_in)

    async def challenged(challenge: Challenge) -> AccessToken:
        return await _choose(replace(sign_in, challenge=challenge))[1]()

    return CachedCredential(source, method=name, challenged=challenged)


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
