"""Principal: a service principal that somebody else owns, looked up and, where that is ours to do, created.

It writes no consent, so what it records is known before the first one is written, and provenance survives a kill
inside AdminConsent's Create:

| output | what it holds |
|---|---|
| `state` | `present`, `absent` or `disabled` |
| `objectId`, `clientId` | of the principal; `lastObjectId` while it is not there |
| `created` | whether a run of this stack created it: only then does delete delete it |
| `baseline` | the consents in force before our first write, and those that were when the stack came to want them |
| `asked` | all consents that this stack has ever wanted there: what a run that was killed may have written |

Example: a stack wants Mail.Send on a principal that holds User.Read. The first run records the baseline
`…/delegated/User.Read` and asked `…/delegated/Mail.Send`. Whatever happens next, Mail.Send is ours to take away and
User.Read is not.

Knows nothing of gRPC.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lockstep.catalogue import CURRENT, load
from lockstep.deployment import Properties
from lockstep.directory import OutcomeUnknownError
from lockstep.directory.consents import SURE, ClientGoneError
from lockstep.directory.principals import (
    claim_tags_of_others,
    create_principal,
    delete_principal,
    find_by_app_id,
    find_by_identifier_uri,
)
from lockstep.directory.records import PrincipalRecord
from lockstep.directory.retry import pauses
from lockstep.directory.rights import creates_foreign_principals, deploys, how_a_foreign_principal_comes
from lockstep.errors import GraphError, RefusedError
from lockstep.provider.claims import MARKER, created_by, created_tag, creators, read_claims
from lockstep.provider.documented import key_at
from lockstep.provider.inputs import PrincipalInputs
from lockstep.provider.operations import Order, Say
from lockstep.provider.outcome import ChangeKind, ReadResult, ResourceDiff
from lockstep.provider.record import ABSENT, DISABLED, PRESENT
from lockstep.provider.session import Session
from lockstep.provider.structs import is_known
from lockstep.provider.wire import baseline_entry

_PAUSE = 0.5  # seconds before a "not found" is asked again: a late replica may have said it


@dataclass(frozen=True)
class PrincipalOperations:
    """What the engine asks of the resource, over one session."""

    session: Session

    async def create(self, news: Properties, order: Order) -> tuple[str, Properties]:
        """Look the principal up, or create it; returns id (its address) and outputs."""
        inputs = PrincipalInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        return inputs.address, await self._bring(news, inputs, {}, order)

    async def update(self, id_: str, olds: Properties, news: Properties, order: Order) -> Properties:
        """Look again, and record what was in force when the principal, or a consent on it, first mattered to us."""
        inputs = PrincipalInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        return await self._bring(news, inputs, olds, order)

    async def diff(self, olds: Properties, news: Properties, *, declared: Properties) -> ResourceDiff:
        """Compare addresses; ask the tenant only while the principal was absent or disabled."""
        inputs = PrincipalInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        self.session.check_tenant(str(olds.get("tenantId") or inputs.tenant_id))
        self._tell(olds)
        if is_known(inputs.address) and PrincipalInputs.read(olds).address.lower() != inputs.address.lower():
            return ResourceDiff({"appId" if inputs.app_id else "identifierUris": ChangeKind.REPLACE})
        if str(olds.get("vendor") or "") != inputs.vendor:  # an import cannot know it
            return ResourceDiff({"vendor": ChangeKind.UPDATE})
        if olds.get("state") == PRESENT:
            return ResourceDiff({"asks": ChangeKind.UPDATE} if _newly_wanted(inputs, olds) else {})
        if inputs.create and olds.get("state") == ABSENT:
            return ResourceDiff({"create": ChangeKind.UPDATE})
        record = await self._find(inputs)
        return ResourceDiff() if _state(record) == olds.get("state") else ResourceDiff({"state": ChangeKind.UPDATE})

    async def read(self, id_: str, olds: Properties, declared: Properties) -> ReadResult:
        """Return whether the principal is there. Only one that we create is ever reported as gone."""
        if not declared:
            address = {"appId": id_} if not id_.startswith(("api:", "https:")) else {"identifierUris": [id_]}
            declared = {"tenantId": self.session.tenant_id, "displayName": "", "create": False, **address}
        inputs = PrincipalInputs.read(declared)
        self.session.check_tenant(inputs.tenant_id)
        record = await (self._find_surely(inputs) if olds.get("state") == PRESENT else self._find(inputs))
        if record is None and (inputs.create or not olds):
            return ReadResult("", {}, {})
        outputs = {**olds, **declared, **_outputs(record, olds)}
        if record is not None and not _same_object(record, olds):
            # It was created again by somebody, or it is seen for the first time.
            outputs["baseline"] = await self._baseline(inputs, record)
            outputs["asked"] = []
            outputs["created"] = False
        self._tell(outputs)
        return ReadResult(id_, declared, outputs)

    async def delete(self, olds: Properties) -> None:
        """Delete the principal if, and only if, we created it."""
        inputs = PrincipalInputs.read(olds)
        self.session.check_tenant(inputs.tenant_id)
        if olds.get("created") is True and olds.get("objectId"):
            await delete_principal(await self.session.graph(), str(olds["objectId"]))

    async def _bring(self, news: Properties, inputs: PrincipalInputs, olds: Properties, order: Order) -> Properties:
        if not is_known(inputs.address):
            return dict(news)
        # One that we create ourselves need not be asked for twice: Graph refuses a second one.
        once = (order.preview or inputs.create) and olds.get("state") != PRESENT
        record = await (self._find(inputs) if once else self._find_surely(inputs))
        created_now = False
        if record is None and inputs.create:
            if order.preview:
                await order.say("info", f"+ service principal {inputs.display_name} (app id {inputs.app_id})")
                await self._warn_of_creation(inputs, order.say)
                expected = {"state": PRESENT, "clientId": inputs.app_id, "created": True}
                return {**news, "baseline": [], "asked": sorted(inputs.asks), **expected}
            record = await self._create(inputs, order.owner)
            created_now = created_by(order.owner, record.tags)
        if record is None and not olds:
            await order.say("info", f"{inputs.display_name} ({inputs.address}) is not in this tenant")
        _refuse_held_by_another(inputs, record, order.owner)
        outputs = {**news, **_outputs(record, olds)}
        outputs["created"] = created_now or outputs["created"] or created_by(order.owner, record.tags if record else ())
        self._remember(outputs, inputs, record, olds)
        if record is not None and outputs["created"] and not _same_object(record, olds):
            outputs["baseline"] = []
        else:
            outputs["baseline"] = await self._in_force_before(inputs, record, olds)
        self._tell(outputs)
        return outputs

    async def _in_force_before(
        self, inputs: PrincipalInputs, record: PrincipalRecord | None, olds: Properties
    ) -> list[str]:
        """Return what was in force before any write of ours, and what was when we came to want it."""
        before: list[str] = olds.get("baseline") or []
        if record is None:
            return before
        if not _same_object(record, olds):
            return await self._baseline(inputs, record)
        new = set(map(str.casefold, _newly_wanted(inputs, olds))) - set(map(str.casefold, before))
        in_force = await self._baseline(inputs, record) if new else []
        return sorted({*before, *(entry for entry in in_force if entry.casefold() in new)})

    def _tell(self, outputs: Properties) -> None:
        """Let the AdminConsents of this run know what is recorded, whatever the program says of it."""
        if outputs.get("objectId"):
            self.session.recorded[str(outputs["objectId"])] = (
                frozenset(map(str.casefold, outputs.get("baseline") or ())),
                frozenset(map(str.casefold, outputs["asked"])) if "asked" in outputs else None,
            )

    def _remember(
        self, outputs: Properties, inputs: PrincipalInputs, record: PrincipalRecord | None, olds: Properties
    ) -> None:
        """Record what the stack wants: in the outputs for later runs, and in the session what is new in this one."""
        same = record is None or _same_object(record, olds)
        earlier = set(olds.get("asked") or ()) if same else set()
        # Nothing is written on one that is absent or disabled.
        outputs["asked"] = sorted(inputs.asks | earlier if outputs["state"] == PRESENT else earlier)
        if record is not None:
            self.session.first_asked[record.object_id] = frozenset(map(str.casefold, inputs.asks - earlier))
            if not same:
                self.session.first_seen.add(record.object_id)

    async def _warn_of_creation(self, inputs: PrincipalInputs, say: Say) -> None:
        """Say in the preview of who deploys what the deployment would be refused halfway."""
        identity = await (await self.session.graph()).identity()
        if deploys(identity) and creates_foreign_principals(identity) is False:
            await say(
                "warning",
                f"this identity may not create the service principal of {inputs.display_name}, so the deployment would "
                f"stop there; to fix: {how_a_foreign_principal_comes(inputs.app_id)}",
            )

    async def _create(self, inputs: PrincipalInputs, owner: str) -> PrincipalRecord:
        graph = await self.session.graph()
        try:
            return await create_principal(graph, inputs.app_id, tags=[created_tag(owner)])
        except OutcomeUnknownError:
            record = await self._find_surely(inputs, SURE)  # never a second POST without a look
            if record is None:
                raise
            return record
        except GraphError as error:
            # A late replica hid it: then it is there, or is forbidden before that is looked at.
            record = await self._find_surely(inputs, SURE) if error.denied or error.status == 409 else None
            if record is not None:
                return record
            if error.denied:
                raise GraphError(
                    f"refused: creating the service principal of {inputs.display_name} with app id {inputs.app_id}: "
                    f"{str(error).partition('; to fix: ')[0]}; to fix: {how_a_foreign_principal_comes(inputs.app_id)}",
                    status=error.status,
                    code=error.code,
                ) from error
            if error.status != 400:
                raise
            raise RefusedError(
                f"refused: creating the service principal of {inputs.display_name} with app id {inputs.app_id}: {error}"
            ) from error

    async def _find_surely(self, inputs: PrincipalInputs, patience: float = _PAUSE) -> PrincipalRecord | None:
        """Find it; ask again before "not found" is believed, since a late replica may have said it."""
        graph = await self.session.graph()
        for pause in pauses(patience):
            record = await self._find(inputs)
            if record is not None:
                return record
            await graph.sleep(pause)
        return await self._find(inputs)

    async def _find(self, inputs: PrincipalInputs) -> PrincipalRecord | None:
        graph = await self.session.graph()
        if inputs.app_id:
            return await find_by_app_id(graph, inputs.app_id)
        return await find_by_identifier_uri(graph, inputs.identifier_uris)

    async def _baseline(self, inputs: PrincipalInputs, record: PrincipalRecord) -> list[str]:
        """Return what is in force now, without what other stacks of ours added."""
        entries: set[str] = set()
        try:
            # What one late replica does not show would count as ours for ever.
            looks = [self.session.look(record.object_id, patience=SURE) for _ in range(2)]
            for _record, in_force in await asyncio.gather(*looks):
                entries |= {baseline_entry(consent) for consent in in_force.consents}
        except ClientGoneError:
            return []
        if not inputs.create:
            key = _principal_key(inputs)
            claims = read_claims(await claim_tags_of_others(await self.session.graph(), MARKER)) if entries else []
            added = {f"{c.api}/delegated/{c.name}".casefold() for c in claims if c.added and c.principal == key}
            entries = {item for item in entries if item.casefold() not in added}
        return sorted(entries)


def _principal_key(inputs: PrincipalInputs) -> str:
    """Return the catalogue's key of a shared principal; claims name it by that."""
    catalogue = load()
    if inputs.vendor not in catalogue.vendors:
        return ""
    apps = [app for app in catalogue.edition_as_of(inputs.vendor, CURRENT).apps if app.key == inputs.app]
    return key_at(apps[0], inputs.address) if apps else ""


def _outputs(record: PrincipalRecord | None, olds: Properties) -> Properties:
    return {
        "state": _state(record),
        "objectId": record.object_id if record else "",
        # By this it is known again when a late replica, or an administrator, brings it back.
        "lastObjectId": None if record else olds.get("objectId") or olds.get("lastObjectId"),
        "clientId": record.app_id if record else "",
        "created": bool(olds.get("created", False)),
    }


def _newly_wanted(inputs: PrincipalInputs, olds: Properties) -> frozenset[str]:
    """Return what no run before this one wanted.

    Nothing in a state of an earlier release: what looks new there may have been wanted, and written, long ago.
    """
    return inputs.asks - set(olds["asked"]) if "asked" in olds else frozenset()


def _same_object(record: PrincipalRecord, olds: Properties) -> bool:
    return "baseline" in olds and record.object_id in (olds.get("objectId"), olds.get("lastObjectId"))


def _refuse_held_by_another(inputs: PrincipalInputs, record: PrincipalRecord | None, owner: str) -> None:
    """A vendor's app is held exactly, and by one stack of a tenant: two would take it from each other."""
    others = creators(record.tags) if record else []
    if inputs.create and record and others and not created_by(owner, record.tags):
        raise RefusedError(
            f"refused: {inputs.display_name} (app id {inputs.app_id}) in this tenant belongs to the stack {others[0]}; "
            f"one stack of a tenant may hold it; to fix: take the vendor {inputs.vendor} out of this stack's vendors"
        )


def _state(record: PrincipalRecord | None) -> str:
    if record is None:
        return ABSENT
    return PRESENT if record.enabled else DISABLED
