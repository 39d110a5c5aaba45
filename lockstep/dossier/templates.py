"""What every template of a dossier can name, whatever it writes; and the values that each is rendered with."""

from __future__ import annotations

from typing import Any

import lockstep.dossier.wording as wording
from lockstep.catalogue import PermissionType, apis, risk_source
from lockstep.dossier.model import Dossier, Presence
from lockstep.dossier.summary import summary


def names() -> dict[str, Any]:
    """Return the names that hold for every dossier."""
    return {
        "words": wording,
        "not_stated": wording.NOT_STATED,
        "admin_consent": wording.admin_consent,
        "cost": wording.cost,
        "moment": wording.moment,
        "presence": wording.presence,
        "tier": wording.tier,
        "types": list(PermissionType),
        "presences": list(Presence),
        "snapshots": list(apis().values()),
        "risk_source": risk_source(),
    }


def values(dossier: Dossier) -> dict[str, Any]:
    """Return what one dossier is rendered with."""
    return {
        "dossier": dossier,
        "titles": " and ".join(part.edition.vendor.capitalize() for part in dossier.parts),
        "summary": summary(dossier),
        "comparisons": [comparison for part in dossier.parts for comparison in part.comparisons],
    }
