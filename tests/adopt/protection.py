"""What of an adopted stack's state is protected and retained, for the states of both engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

APPLICATION, PRINCIPAL = "azuread:index/application:Application", "azuread:index/servicePrincipal:ServicePrincipal"
CONSENT = "entraconsent:index:AdminConsent"
ADOPTED = {"Atlas.ConneX API", "Atlas.ConneX Provisioning", "Atlas.ConneX Workspaces Sync"}
_OURS = ("lockstep:", "azuread:index", "entraconsent:")


def ours(resources: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the resources of apps, without the stack's own and the providers', by type and name."""
    return {(str(each["type"]), str(each["urn"]).rpartition("::")[2]): each for each in resources
            if str(each["type"]).startswith(_OURS)}  # fmt: skip


def unprotected(resources: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return what may be deleted."""
    return {key for key, each in ours(resources).items() if not each.get("protect")}


def retained(resources: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return what leaving the stack leaves in the tenant."""
    return {key for key, each in ours(resources).items() if each.get("retainOnDelete")}


ADOPTED_OBJECTS = {(kind, name) for kind in (APPLICATION, PRINCIPAL) for name in ADOPTED}
"""What is protected and retained: the objects that were there before us, and never their consents."""
