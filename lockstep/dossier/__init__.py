"""The reviewer's dossier: what each app asks for, why, how dangerous it is and what a tenant really grants.

Made from the catalogue, a stack's choices and what was seen in a tenant; the last two are handed in. Knows nothing of
Pulumi, Graph or stack files.
"""

from __future__ import annotations

from lockstep.dossier.build import build
from lockstep.dossier.document import document
from lockstep.dossier.model import (
    Choices,
    Dossier,
    Observed,
    ObservedApp,
    ObservedRole,
    Presence,
    TenantGrant,
    Treatment,
)
from lockstep.dossier.pages import html, markdown
from lockstep.dossier.reading import observed, read_audit

__all__ = [
    "Choices",
    "Dossier",
    "Observed",
    "ObservedApp",
    "ObservedRole",
    "Presence",
    "TenantGrant",
    "Treatment",
    "build",
    "document",
    "html",
    "markdown",
    "observed",
    "read_audit",
]
