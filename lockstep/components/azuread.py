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

_OURS = frozenset(
    {
        "_inputs",
        "_utilities",
        "application",
        "application_certificate",
        "application_federated_identity_credential",
        "get_client_config",
        "outputs",
        "service_principal",
    }
)
"""The modules that are imported below, and those that they import in turn."""
_LOADING = RLock()


class _PutOff(ModuleType):
    """A package whose own code runs at the first question, or import, that goes beyond the modules of ours."""

    running = False

    def __getattr__(self, name: str) -> Any:
        # The `import` statement asks the package for a module before it looks for its file.
        if name in _OURS or (name.startswith("__") and name != "__all__"):
            raise AttributeError(name)
        _run(self, name)
        return getattr(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        # Somebody has imported another module. Many are called what they hold, and the package has the latter.
        if isinstance(value, ModuleType) and name not in _OURS and not self.running:
            _run(self, name)


def _run(package: ModuleType, name: str) -> None:
    """Run a package's own code, unless another thread has done so; AttributeError while that code asks for a name."""
    with _LOADING:
        if not isinstance(package, _PutOff):
            return
        loader = package.__spec__.loader if package.__spec__ else None
        if package.running or loader is None:
            raise AttributeError(name)
        package.running = True
        try:
            loader.exec_module(package)
        finally:
            del package.running
        package.__class__ = ModuleType  # type: ignore[assignment]  # from here on a package like any other


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
