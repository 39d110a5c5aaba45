"""What a failed sign-in means and how to fix it, from the AADSTS code that Entra gives.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes lists the codes. Shows no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lockstep.directory.settings import SignInSettings
from lockstep.directory.wording import one_line
from lockstep.errors import SignInError

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
