"""The Pulumi provider `entraconsent`: resources AdminConsent and Principal.

Imports no Pulumi itself, since `lockstep adopt` reads claims too: a program takes the resources from
`lockstep.provider.resources`, and `lockstep.provider.plugin.main` starts the plugin.
"""

from lockstep.provider.claims import MARKER, Claim, claim_tags, read_claims

__all__ = [
    "MARKER",
    "Claim",
    "claim_tags",
    "read_claims",
]
