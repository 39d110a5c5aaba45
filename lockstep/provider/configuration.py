"""What the engine asks a provider before any resource: its version, its schema, its configuration.

Loads nothing that a resource needs, so that a plugin can answer while that is still being loaded.
"""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from lockstep import __version__
from lockstep.provider.structs import from_struct

# ruff: noqa: N802  (the methods have the names of the service)


class ConfigurationServicer(provider_pb2_grpc.ResourceProviderServicer):
    """The part of `entraconsent` that is the same for every resource."""

    async def GetPluginInfo(self, request: object, context: Any) -> plugin_pb2.PluginInfo:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    async def GetSchema(self, request: object, context: Any) -> provider_pb2.GetSchemaResponse:
        """Return an empty schema: there is no generated SDK."""
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "entraconsent", "version": "{__version__}"}}')

    async def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Accept `tenantId`; anything else under entraconsent: is a misspelling."""
        news = from_struct(request.news)
        failures = [
            provider_pb2.CheckFailure(property=name, reason=f"entraconsent:{name} is not a setting; allowed: tenantId")
            for name in sorted(news.keys() - {"tenantId", "version"})
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    async def DiffConfig(self, request: object, context: Any) -> provider_pb2.DiffResponse:
        """Say "no changes": another answer makes the engine replace everything, and resources check the tenant."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        """Fix the tenant."""
        args = from_struct(request.args) or dict(request.variables)
        self.configured(str(args.get("tenantId") or request.variables.get("entraconsent:config:tenantId", "")))
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True, acceptResources=False)

    def configured(self, tenant_id: str) -> None:
        """Take the tenant that the provider may touch, and no other."""
        raise NotImplementedError
