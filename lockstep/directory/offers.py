"""What a tenant's APIs do not offer of the permissions that are wanted: found by reading, before anything is written.

National clouds lack some APIs and permissions, a new tenant lacks API principals, and a list in a release grows old. So
id, name, type and whether it is enabled all have to agree with the tenant's own principal of the API. Says everything
that is amiss at once; knows nothing of Pulumi and nothing of what is documented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lockstep.catalogue import permission_title
from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent
from lockstep.directory.graph import Graph
from lockstep.directory.principals import Apis
from lockstep.directory.records import ApiRecord, Offered
from lockstep.directory.retry import pauses
from lockstep.errors import nearest

WITHHOLD = "check the tenant's cloud and the edition, or withhold the permission"


@dataclass(frozen=True, order=True)
class NotOffered:
    """A wanted permission that the tenant does not offer as it is wanted: why, and how that is put right."""

    consent: Consent
    api: str
    why: str
    fix: str

    @property
    def title(self) -> str:
        """The permission for a person."""
        return f"{permission_title(self.api, self.consent.type.value, self.consent.value)} ({self.consent.id})"


async def not_offered(
    graph: Graph, apis: Apis, wanted: Iterable[Consent], names: Mapping[str, str], *, patience: float = 0.0
) -> list[NotOffered]:
    """Return what the tenant does not offer, in order. For `patience` seconds an API that is not there is asked again.

    `names` are the names of the APIs by app id, for one that the tenant does not have.
    """
    consents = sorted(wanted)
    needed = {consent.api for consent in consents}
    records = await apis.by_app_id(needed)
    for pause in pauses(patience):
        if not needed - records.keys():
            break
        await graph.sleep(pause)
        records = await apis.by_app_id(needed)
    answers = (lacking(consent, names.get(consent.api, consent.api), records.get(consent.api)) for consent in consents)
    return [answer for answer in answers if answer is not None]


def lacking(consent: Consent, api: str, record: ApiRecord | None) -> NotOffered | None:
    """Return what is amiss with one permission, or None where the API offers it as it is wanted."""
    if record is None:
        why = f"the tenant has no service principal of {api} (app id {consent.api})"
        fix = f"have an administrator make it: `az ad sp create --id {consent.api}`, or open the product once"
        return NotOffered(consent, api, why, fix)
    delegated = consent.type is PermissionType.DELEGATED
    offered: Offered | None = (record.scopes if delegated else record.roles).get(
        consent.value.casefold() if delegated else consent.id
    )
    if offered is None or offered.value != consent.value or offered.id != consent.id:
        names = [other.value for other in record.offered(consent.type)]
        near = nearest(consent.value, names)
        why = f"this tenant's {record.display_name} does not offer it under that name, type and id{near}"
        return NotOffered(consent, api, why, WITHHOLD)
    if not offered.enabled:
        why = f"this tenant's {record.display_name} lists it as disabled"
        return NotOffered(consent, api, why, "withhold the permission until Microsoft enables it")
    return None


def grouped(missing: Iterable[NotOffered]) -> list[tuple[str, str, list[str]]]:
    """Return everything that is not offered by why and fix, so that an API that is not there is said once."""
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in missing:
        groups.setdefault((entry.why, entry.fix), []).append(entry.title)
    return [(why, fix, titles) for (why, fix), titles in groups.items()]


def told(missing: Iterable[NotOffered]) -> str:
    """Return everything that is not offered as one text, each with its fix; nothing where all of it is."""
    return "; ".join(f"{why}: {', '.join(titles)}; to fix: {fix}" for why, fix, titles in grouped(missing))
