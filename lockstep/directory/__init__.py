"""An async client of the directory: which cloud, who signs in, and Microsoft Graph with retries and batches.

Knows no Pulumi. azure-identity is imported only when a token is asked for.
"""

from lockstep.directory.batch import BatchAnswer, BatchItem
from lockstep.directory.cloud import Cloud, cloud_from_environment
from lockstep.directory.credential import AccessToken, CachedCredential, Credential, Identity
from lockstep.directory.graph import Graph, address, literal
from lockstep.directory.opening import open_graph, tls_context
from lockstep.directory.retry import OutcomeUnknownError
from lockstep.directory.sign_in import credential_from_environment

__all__ = [
    "AccessToken",
    "BatchAnswer",
    "BatchItem",
    "CachedCredential",
    "Cloud",
    "Credential",
    "Graph",
    "Identity",
    "OutcomeUnknownError",
    "address",
    "cloud_from_environment",
    "credential_from_environment",
    "literal",
    "open_graph",
    "tls_context",
]
