"""The fixed names and ids of the local tenant."""

from __future__ import annotations

TENANT_ID = "11111111-1111-4111-8111-111111111111"
TENANT_DOMAIN = "local.test"
TENANT_NAME = "Local Test"
DEPLOYER_CLIENT_ID = "22222222-2222-4222-8222-222222222222"
DEPLOYER_SECRET = "local-only"  # noqa: S105 - the whole point: a secret that opens nothing but this emulator
USER_PASSWORD = "local-only"  # noqa: S105 - every user of a profile has it
TEST_ISSUER = "https://issuer.local.test"
"""An OpenID issuer whose assertions the emulator signs, for federated credentials."""
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
PORT = 8443

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
SHAREPOINT_APP_ID = "00000003-0000-0ff1-ce00-000000000000"
SPFX_APP_ID = "08e18876-6177-487e-b8b5-cf950c1e598c"
FORMS_APP_ID = "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87"
CONNECTOR_APP_ID = "56c1da01-2129-48f7-9355-af6d59d42766"

AZURE_CLI_APP_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""Microsoft's own public client, which signs people in in every tenant without a service principal there."""

MICROSOFT_TENANT_ID = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
VENDOR_TENANT_ID = "a7e7a000-0000-4000-8000-000000000001"

EPOCH = "2025-01-15T09:00:00Z"
"""When everything in a profile was made: profiles never read the clock."""
