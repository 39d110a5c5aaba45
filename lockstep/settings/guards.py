"""The right tenant and no other: what must hold before a program registers anything.

Compares what it is given; asks nothing itself, so that every case can be tried without a tenant.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from lockstep.errors import SettingError, SignInError, WrongTenantError
from lockstep.settings.model import Settings


@dataclass(frozen=True)
class SignedIn:
    """Who a provider is signed in as."""

    tenant_id: str
    client_id: str
    object_id: str


def check_host(settings: Settings, metadata_host: str | None, stack: str = "STACK") -> None:
    """Refuse a local target whose providers would not talk to this machine.

    `metadata_host` is what azuread reads: `azuread:metadataHost`, or ARM_METADATA_HOSTNAME.
    """
    if settings.is_local and not is_loopback(metadata_host or ""):
        state = f"is {metadata_host!r}, which is another machine" if metadata_host else "is not set"
        raise SettingError(
            f"target: local means the emulator on this machine, but ARM_METADATA_HOSTNAME {state}; "
            f'to fix: `lockstep up --stack {stack}` starts it, or `eval "$(lockstep emulator env)"` for this shell'
        )


def check_callers(settings: Settings, azuread: SignedIn, entraconsent: SignedIn) -> None:
    """Refuse a token of another tenant, and two providers that are not the same caller."""
    for provider, caller in (("azuread", azuread), ("entraconsent", entraconsent)):
        if caller.tenant_id.casefold() != settings.tenant_id:
            raise WrongTenantError(
                f"{provider} is signed in to the tenant {caller.tenant_id or '(none)'}, but the target of this stack is"
                f" {settings.tenant_id}; sign in to that tenant (`az login --tenant {settings.tenant_id}"
                " --allow-no-subscriptions`, or ARM_TENANT_ID with the other ARM_ variables); nothing was written"
            )
    # Some ways to sign in give azuread no client id; the object id tells who it is in any case.
    same_client = not azuread.client_id or azuread.client_id.casefold() == entraconsent.client_id.casefold()
    if not same_client or azuread.object_id.casefold() != entraconsent.object_id.casefold():
        raise SignInError(
            f"azuread is signed in as {_name(azuread)} and entraconsent as {_name(entraconsent)}; both must be one"
            " caller: use the ARM_ variables for both, or for neither, and no azuread: sign-in settings in the stack"
            " file; nothing was written"
        )


def is_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name(caller: SignedIn) -> str:
    return f"object {caller.object_id or '(none)'} (client {caller.client_id or '(none)'})"
