"""The target of a stack and the tenant that stands for it, and what the provider settings must say about it.

Pure text; asks no tenant anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lockstep.errors import SettingError

LOCAL = "local"
LOCAL_TENANT = "11111111-1111-4111-8111-111111111111"
"""The tenant of the local Entra emulator."""

PROVIDERS = ("azuread", "entraconsent")


def tenant_of(target: str) -> str:
    """Return the tenant id that a target means."""
    return LOCAL_TENANT if target == LOCAL else target


def check_providers(config: Mapping[str, str], target: str, where: str) -> None:
    """Refuse a stack whose two providers are not both bound to the target's tenant.

    azuread otherwise mixes configuration and environment, and asks two tenants for tokens.
    """
    tenant = tenant_of(target)
    for provider in PROVIDERS:
        key = f"{provider}:tenantId"
        tenant_id = config.get(key, "").strip()
        if tenant_id.casefold() != tenant:
            state = f"is {tenant_id}" if tenant_id else "is not set"
            raise SettingError(
                f"{where}: {key} {state}, but the target's tenant is {tenant}; "
                f"to fix: write {key}: {tenant} there, or `pulumi config set {key} {tenant}{_stack_option(where)}`"
            )


def _stack_option(where: str) -> str:
    match = re.search(r"Pulumi\.(?P<stack>[^/\\]+)\.(?:yaml|json)$", where)
    return f" --stack {match['stack']}" if match else ""
