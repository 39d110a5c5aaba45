"""The metadata document of the cloud. Knows no state."""

from __future__ import annotations

from typing import Any


def endpoints(base: str) -> dict[str, Any]:
    """Return the document by which the azuread provider and others find every door: all of them are this one."""
    return {
        "activeDirectoryDataLake": base,
        "authentication": {
            "audiences": [base],
            "identityProvider": "AAD",
            "loginEndpoint": f"{base}/",
            "tenant": "common",
        },
        "batch": base,
        "gallery": base,
        "graph": base,
        "graphAudience": base,
        "media": base,
        "microsoftGraphResourceId": f"{base}/",
        "name": "AzureCloud",
        "portal": base,
        "resourceManager": base,
        "sqlManagement": base,
        "vmImageAliasDoc": base,
        "suffixes": {"acrLoginServer": "azurecr.local", "keyVaultDns": "vault.local", "storage": "core.local"},
    }
