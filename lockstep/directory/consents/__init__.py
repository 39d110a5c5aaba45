"""The tenant-wide consents of one client through Graph: read, and brought to a plan.

Knows nothing of Pulumi and of what is documented.
"""

from lockstep.directory.consents.reading import (
    SURE,
    Assignment,
    ClientGoneError,
    GrantRecord,
    InForce,
    all_pages,
    look,
    read,
    role_consent,
    scope_consents,
)
from lockstep.directory.consents.writing import Reached, UnfinishedError, reach

__all__ = [
    "SURE",
    "Assignment",
    "ClientGoneError",
    "GrantRecord",
    "InForce",
    "Reached",
    "UnfinishedError",
    "all_pages",
    "look",
    "reach",
    "read",
    "role_consent",
    "scope_consents",
]
