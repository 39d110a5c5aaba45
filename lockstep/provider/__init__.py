"""The Pulumi provider `entraconsent`: resources AdminConsent and Principal.

This door is the program's side and stays light; `lockstep.provider.plugin.main` starts the plugin.
"""

from lockstep.provider.claims import MARKER, Claim, claim_tags, read_claims
from lockstep.provider.resources import AdminConsent, Caller, PermissionMap, Principal, get_caller

__all__ = [
    "MARKER",
    "AdminConsent",
    "Caller",
    "Claim",
    "PermissionMap",
    "Principal",
    "claim_tags",
    "get_caller",
    "read_claims",
]
