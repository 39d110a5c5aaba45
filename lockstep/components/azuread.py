"""What our programs use of azuread's SDK, imported without the rest of it.

The SDK's package imports all its resource types at once, which takes a program longer than all that is ours. So it is
put off: only the modules that are named below run now, and the package's own code as soon as anybody asks the package
for anything else. A program that imports `pulumi_azuread` itself has all of it, with the same types.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType
from typing import Any

# The SDK's modules ask the package for these before they import them, as the `import` statement does.
_MODULES = ("_utilities", "outputs")
_LOADING = RLock()


class _PutOff(ModuleType):
    """A package whose own code runs at the first question that its modules cannot answer."""

    running = False

    def __getattr__(self, name: str) -> Any:
        if name in _MODULES or (name.startswith("__") and name != "__all__"):
            raise AttributeError(name)
        with _LOADING:
            if isinstance(self, _PutOff):
                self._run(name)
        return getattr(self, name)

    def _run(self, name: str) -> None:
        loader = self.__spec__.loader if self.__spec__ else None
        if self.running or loader is None:
            raise AttributeError(name)
        self.running = True
        loader.exec_module(self)
        del self.running
        self.__class__ = ModuleType  # type: ignore[assignment]  # from here on a package like any other


def _put_off(name: str) -> None:
    """Put a package off, unless somebody has imported it already."""
    spec = find_spec(name) if name not in sys.modules else None
    if spec is not None:
        package = module_from_spec(spec)
        package.__class__ = _PutOff
        sys.modules[name] = package


_put_off("pulumi_azuread")

# ruff: noqa: E402
import pulumi_azuread
from pulumi_azuread._inputs import (
    ApplicationApiArgs,
    ApplicationApiOauth2PermissionScopeArgs,
    ApplicationRequiredResourceAccessArgs,
    ApplicationRequiredResourceAccessResourceAccessArgs,
)
from pulumi_azuread.application import Application
from pulumi_azuread.application_certificate import ApplicationCertificate
from pulumi_azuread.application_federated_identity_credential import ApplicationFederatedIdentityCredential
from pulumi_azuread.get_client_config import get_client_config
from pulumi_azuread.service_principal import ServicePrincipal

# The one of these modules that is called what it holds: in the package the name is the function's.
pulumi_azuread.get_client_config = get_client_config

__all__ = [
    "Application",
    "ApplicationApiArgs",
    "ApplicationApiOauth2PermissionScopeArgs",
    "ApplicationCertificate",
    "ApplicationFederatedIdentityCredential",
    "ApplicationRequiredResourceAccessArgs",
    "ApplicationRequiredResourceAccessResourceAccessArgs",
    "ServicePrincipal",
    "get_client_config",
]
