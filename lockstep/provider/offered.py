"""Looks every wanted permission up on the tenant's own API principal before the first write.

National clouds lack some, and a list in a release grows old: id, name, type and enabled must all agree. A preview
passes over an API that is not Microsoft's: the run itself creates it, or enables its scope.
"""

from __future__ import annotations

from collections.abc import Mapping

from lockstep.catalogue import is_public, permission_title
from lockstep.catalogue.permission import PermissionType
from lockstep.consent import Consent
from lockstep.directory import Graph
from lockstep.directory.principals import Apis
from lockstep.directory.records import ApiRecord, Offered
from lockstep.directory.retry import pauses
from lockstep.errors import RefusedError, nearest
from lockstep.provider.inputs import ConsentInputs
from lockstep.provider.wire import is_known

_NEW = 20.0  # seconds of asking again for an API whose principal was created a moment ago


async def refuse_unless_offered(graph: Graph, apis: Apis, inputs: ConsentInputs, *, wait: bool) -> None:
    """Raise RefusedError for the first wanted permission that the tenant's API does not offer under that id."""
    wanted_apis = ((app_id, inputs.permissions.get(name)) for name, app_id in inputs.apis.items())
    needed = {app_id.lower() for app_id, permissions in wanted_apis if is_known(app_id) and permissions}
    own = {app_id for app_id in needed if not is_public(app_id)}
    records: Mapping[str, ApiRecord] = await apis.by_app_id(needed)
    for pause in pauses(_NEW if wait else 0.0):
        late = {api for api in own if not _offers(records.get(api), api, inputs)} | (needed - records.keys())
        if not late:
            break
        # This run may have made the API, or enabled its scope, a moment ago: what was read before that is old.
        await graph.sleep(pause)
        apis.forget(late)
        records = await apis.by_app_id(needed)
    for consent in sorted(inputs.wanted):
        if consent.api in (needed if wait else needed - own):
            _check(consent, inputs.names.get(consent.api, consent.api), records.get(consent.api), inputs)


def _offers(record: ApiRecord | None, api: str, inputs: ConsentInputs) -> bool:
    """Tell whether an API of the stack's own offers everything that is wanted of it."""
    mine = [consent for consent in inputs.wanted if consent.api == api]
    scopes = [record.scopes.get(consent.key) for consent in mine] if record else [None]
    return all(scope is not None and scope.enabled for scope in scopes)


def _check(consent: Consent, api: str, record: ApiRecord | None, inputs: ConsentInputs) -> None:
    title = (
        f"{permission_title(api, consent.type.value, consent.value)} ({consent.id}) for {inputs.vendor} {inputs.app}"
    )
    if record is None:
        raise RefusedError(
            f"refused: {title}: the tenant has no service principal of {api} (app id {consent.api}); nothing was "
            f"written; to fix: make the API's service principal exist in the tenant and run again"
        )
    delegated = consent.type is PermissionType.DELEGATED
    offered: Offered | None = (record.scopes if delegated else record.roles).get(
        consent.value.casefold() if delegated else consent.id
    )
    if offered is None or offered.value != consent.value or offered.id != consent.id:
        names = [other.value for other in record.offered(consent.type)]
        raise RefusedError(
            f"refused: {title}: this tenant's {record.display_name} does not offer it under that name, type and id"
            f"{nearest(consent.value, names)}; nothing was written; to fix: check the tenant's cloud and the edition, "
            "or withhold the permission"
        )
    if not offered.enabled:
        raise RefusedError(
            f"refused: {title}: this tenant's {record.display_name} lists it as disabled; nothing was written; "
            "to fix: withhold the permission until Microsoft enables it"
        )
