"""What a vendor's principal holds in a tenant, as rows for the draft of an edition. Only reads the tenant.

It is what somebody granted there, and not what the vendor documents: the draft says so, and no stack can deploy it
until a person names the vendor's text.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from lockstep.audit.run import TenantSource
from lockstep.catalogue.draft_files import write_draft
from lockstep.catalogue.first_draft import Origin, row_by_id, row_by_name
from lockstep.catalogue.model import EditionBasis
from lockstep.catalogue.page_rows import PageRow
from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent
from lockstep.directory.consents import read
from lockstep.directory.principals import Apis, find_by_app_id
from lockstep.errors import FindingError
from lockstep.report.screen import Screen


def draft_observed(source: TenantSource, app: str, vendor: str, out: Path | None, as_json: bool) -> int:
    """Draft an edition from what the principal of the client id `app` holds for everybody; return the exit code."""
    screen = Screen(as_json=as_json)

    async def held() -> tuple[str, list[Consent]]:
        async with source.graph(lambda text: screen.progress(f"  {text}")) as graph:
            principal = await find_by_app_id(graph, app)
            if principal is None:
                raise FindingError(
                    f"tenant {source.tenant} has no service principal of the client id {app}; to fix: check it"
                    " (Microsoft Entra admin center > Enterprise applications > Application ID)"
                )
            record, in_force = await read(graph, Apis(graph), principal.object_id)
            return record.display_name, sorted(in_force.consents)

    name, consents = asyncio.run(held())
    if not consents:
        raise FindingError(f"{name} holds no permission for everybody in tenant {source.tenant}: nothing to draft")
    day = datetime.now(UTC).date().isoformat()
    origin = Origin(name, day, "", vendor, EditionBasis.OBSERVED)
    return write_draft([_row(consent) for consent in consents], origin, out, screen, f"what {name} holds")


def _row(consent: Consent) -> PageRow:
    place = f"consent on {consent.api}"
    if consent.type is PermissionType.APPLICATION:
        return row_by_id(place, consent.api, consent.type, consent.id)
    return row_by_name(place, consent.api, consent.type, consent.value)
