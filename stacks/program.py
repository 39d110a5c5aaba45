"""The Pulumi program: settings, guards, estate, exports. A `__main__.py` calls `run` and does nothing else.

The only module of `stacks` that reads Pulumi's config and the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_azuread as azuread
from pulumi.runtime import config as pulumi_config

from lockstep.errors import LockstepError, SignInError
from lockstep.provider.resources import get_caller
from stacks.estate import Estate, deploy
from stacks.guards import SignedIn, check_callers, check_host
from stacks.settings import Settings


def run() -> None:
    """Deploy the stack. What a user can put right becomes one line, not a traceback."""
    try:
        estate = build()
    except LockstepError as error:
        # The cause stays on it: a caller in the same process finds the exit code there.
        raise pulumi.RunError(str(error)) from error
    for name, value in estate.outputs().items():
        pulumi.export(name, value)


def build(environ: Mapping[str, str] | None = None) -> Estate:
    """Check settings and callers, then register the estate; LockstepError comes before anything is registered."""
    settings = read_settings()
    environ = os.environ if environ is None else environ
    check_host(settings, all_config().get("azuread:metadataHost") or environ.get("ARM_METADATA_HOSTNAME"))
    caller = _signed_in("azuread", azuread.get_client_config)
    check_callers(settings, caller, _signed_in("entraconsent", get_caller))
    return deploy(settings, caller=caller.object_id)


def _signed_in(provider: str, ask: Callable[[], Any]) -> SignedIn:
    try:
        found = ask()
    except pulumi.RunError:
        raise
    except Exception as error:
        # The SDK raises bare exceptions for whatever a provider refuses: the last part is what the provider said.
        said = re.sub(r"^(?:invoke of \S+ failed: |invocation of \S+ returned an error: )+", "", str(error))
        raise SignInError(f"{provider} could not sign in: {' '.join(said.split())}; nothing was written") from error
    return SignedIn(found.tenant_id, found.client_id, found.object_id)


def read_settings() -> Settings:
    """Return the settings of the running stack, from the config of its project's name."""
    return Settings.read(all_config(), where=f"Pulumi.{pulumi.get_stack()}.yaml", namespace=pulumi.get_project())


def all_config() -> dict[str, str]:
    """Return the whole config of the running stack.

    `pulumi.Config` can only be asked for known keys; finding a misspelt one takes all of them, from where Config looks.
    """
    return {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
