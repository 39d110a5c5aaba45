"""Principal: a service principal that somebody else owns, looked up and, where that is ours to do, created.

Its `baseline` is what was in force before we came to ask for it, and `asked` what we were then to write. They are
recorded by a resource that writes nothing, so that provenance survives a crash inside AdminConsent's Create. Knows
nothing of gRPC.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.catalogue import load
from lockstep.directory import OutcomeUnknownError
from lockstep.directory.consents import SURE, ClientGoneError, look
from lockstep.directory.principals import (
    PrincipalRecord,
    claim_tags_of_others,
    create_principal,
    delete_principal,
    find_by_app_id,
    find_by_identifier_uri,
)
from lockstep.directory.retry import pauses
from lockstep.errors import GraphError, RefusedError
from lockstep.provider.admin_consent import Say
from lockstep.provider.claims import MARKER, read_claims
from lockstep.provider.inputs import PrincipalInputs
from lockstep.provider.outcome import Difference, Found, Kind
from lockstep.provider.session import Session
from lockstep.provider.settled import ABSENT, DISABLED, PRESENT
from lockstep.provider.shared import key_at
from lockstep.provider.wire import Properties, baseline_entry, known

_CREATED_BY = "lockstep-created"
_PAUSE = 0.5  # seconds before a "not found" is asked again: a late replica may have said it


@dataclass(frozen=True)
class Principal:
    """The resource over one session."""

    session: Session

    async def create(self, news: Properties, *, owner: str, preview: bool, say: Say) -> tuple[str, Properties]:
        """Look the principal up, or create it; returns id (its address) and outputs. `owner` names our stack."""
        inputs = PrincipalInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        return inputs.address, await self._bring(news, inputs, {}, owner=owner, preview=preview, say=say)

    async def update(self, olds: Properties, news: Properties, *, owner: str, preview: bool, say: Say) -> Properties:
        """Look again; what was in force is recorded when the principal is first seen, or first asked for that."""
        inputs = PrincipalInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        return await self._bring(news, inputs, olds, owner=owner, preview=preview, say=say)

    async def diff(self, olds: Properties, news: Properties) -> Difference:
        """Compare addresses; ask the tenant only while the principal was absent or disabled."""
        inputs = PrincipalInputs.read(news)
        self.session.check_tenant(inputs.tenant_id)
        self.session.check_tenant(str(olds.get("tenantId") or inputs.tenant_id))
        self._tell(olds)
        if known(inputs.address) and PrincipalInputs.read(olds).address.lower() != inputs.address.lower():
            return Difference({"appId" if inputs.app_id else "identifierUris": Kind.REPLACE})
        if str(olds.get("vendor") or "") != inputs.vendor:  # an import cannot know it
            return Difference({"vendor": Kind.UPDATE})
        if olds.get("state") == PRESENT:
            return Difference({"asks": Kind.UPDATE} if _newly_asked(inputs, olds) else {})
        if inputs.create and olds.get("state") == ABSENT:
            return Difference({"create": Kind.UPDATE})
        record = await self._find(inputs)
        return Difference() if _state(record) == olds.get("state") else Difference({"state": Kind.UPDATE})

    async def read(self, id_: str, olds: Properties, inputs: Properties) -> Found:
        """Return whether the principal is there. Only one that we create is ever reported as gone."""
        if not inputs:
            given = {"appId": id_} if not id_.startswith(("api:", "https:")) else {"identifierUris": [id_]}
            inputs = {"tenantId": self.session.tenant_id, "displayName": "", "create": False, **given}
        typed = PrincipalInputs.read(inputs)
        self.session.check_tenant(typed.tenant_id)
        record = await (self._find_surely(typed) if olds.get("state") == PRESENT else self._find(typed))
        if record is None and (typed.create or not olds):
            return Found("", {}, {})
        outputs = {**olds, **inputs, **_outputs(record, olds)}
        if record is not None and not _same_object(record, olds):
            outputs["baseline"] = await self._baseline(typed, record)  # made anew, or seen for the first time
            outputs["asked"] = []
            outputs["created"] = False
        self._tell(outputs)
        return Found(id_, inputs, outputs)

    async def delete(self, olds: Properties) -> None:
        """Delete the principal if, and only if, we created it."""
        inputs = PrincipalInputs.read(olds)
        self.session.check_tenant(inputs.tenant_id)
        if olds.get("created") is True and olds.get("objectId"):
            await delete_principal(await self.session.graph(), str(olds["objectId"]))

    async def _bring(
        self, news: Properties, inputs: PrincipalInputs, olds: Properties, *, owner: str, preview: bool, say: Say
    ) -> Properties:
        if not known(inputs.address):
            return dict(news)
        # One that we create ourselves need not be asked for twice: Graph refuses a second one.
        once = (preview or inputs.create) and olds.get("state") != PRESENT
        record = await (self._find(inputs) if once else self._find_surely(inputs))
        made = False
        if record is None and inputs.create:
            if preview:
                await say("info", f"+ service principal {inputs.display_name} (app id {inputs.app_id})")
                made_up = {"state": PRESENT, "clientId": inputs.app_id, "created": True}
                return {**news, "baseline": [], "asked": sorted(inputs.asks), **made_up}
            record = await self._create(inputs, owner)
            made = _mark(owner) in record.tags
        if record is None and not olds:
            await say("info", f"{inputs.display_name} ({inputs.address}) is not in this tenant")
        _refuse_held_by_another(inputs, record, owner)
        outputs = {**news, **_outputs(record, olds)}
        outputs["created"] = made or outputs["created"] or (record is not None and _mark(owner) in record.tags)
        self._remember(outputs, inputs, record, olds)
        if record is not None and outputs["created"] and not _same_object(record, olds):
            outputs["baseline"] = []
        else:
            outputs["baseline"] = await self._there_before(inputs, record, olds)
        self._tell(outputs)
        return outputs

    async def _there_before(
        self, inputs: PrincipalInputs, record: PrincipalRecord | None, olds: Properties
    ) -> list[str]:
        """Return what was in force before any write of ours, and what was before we came to ask for it."""
        before: list[str] = olds.get("baseline") or []
        if record is None:
            return before
        if not _same_object(record, olds):
            return await self._baseline(inputs, record)
        new = set(map(str.casefold, _newly_asked(inputs, olds))) - set(map(str.casefold, before))
        found = await self._baseline(inputs, record) if new else []
        return sorted({*before, *(each for each in found if each.casefold() in new)})

    def _tell(self, outputs: Properties) -> None:
        """Let the consents of this run know what is recorded, whatever the program says of it."""
        if outputs.get("objectId"):
            self.session.recorded[str(outputs["objectId"])] = (
                frozenset(map(str.casefold, outputs.get("baseline") or ())),
                frozenset(map(str.casefold, outputs["asked"])) if "asked" in outputs else None,
            )

    def _remember(
        self, outputs: Properties, inputs: PrincipalInputs, record: PrincipalRecord | None, olds: Properties
    ) -> None:
        """Record what is asked for, in the outputs for later runs and in the session what is new in this one."""
        same = record is None or _same_object(record, olds)
        before = set(olds.get("asked") or ()) if same else set()
        # Nothing is written on one that is absent or disabled.
        outputs["asked"] = sorted(inputs.asks | before if outputs["state"] == PRESENT else before)
        if record is not None:
            self.session.first_asked[record.object_id] = frozenset(map(str.casefold, inputs.asks - before))
            if not same:
                self.session.first_seen.add(record.object_id)

    async def _create(self, inputs: PrincipalInputs, owner: str) -> PrincipalRecord:
        graph = await self.session.graph()
        try:
            return await create_principal(graph, inputs.app_id, tags=[_mark(owner)])
        except OutcomeUnknownError:
            found = await self._find_surely(inputs, SURE)  # never a second POST without a look
            if found is None:
                raise
            return found
        except GraphError as error:
            found = await self._find_surely(inputs, SURE) if error.status == 409 else None  # a late replica hid it
            if found is not None:
                return found
            if error.status != 400:
                raise
            raise RefusedError(
                f"refused: creating the service principal of {inputs.display_name} with app id {inputs.app_id}: "
                f"{error}; to fix: check the app id that the vendor gave you (ateraClientId for Atera); it must be a "
                "multi-tenant application"
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

    async def _baseline(self, inputs: PrincipalInputs, record: PrincipalRecord | None) -> list[str]:
        """Return what is in force now, without what other stacks of ours added."""
        if record is None:
            return []
        graph, apis = await self.session.graph(), await self.session.apis()
        entries: set[str] = set()
        try:
            for _ in range(2):  # what one late replica does not show would count as ours for ever
                _record, in_force = await look(graph, apis, record.object_id, patience=SURE)
                entries |= {baseline_entry(consent) for consent in in_force.consents}
        except ClientGoneError:
            return []
        if not inputs.create:
            key = _principal_key(inputs)
            claims = read_claims(await claim_tags_of_others(graph, MARKER)) if entries else []
            added = {f"{c.api}/delegated/{c.name}".casefold() for c in claims if c.added and c.principal == key}
            entries = {item for item in entries if item.casefold() not in added}
        return sorted(entries)


def _principal_key(inputs: PrincipalInputs) -> str:
    """Return the catalogue's key of a shared principal; claims name it by that."""
    catalogue = load()
    if inputs.vendor not in catalogue.vendors:
        return ""
    apps = [app for app in catalogue.editions(inputs.vendor)[-1].apps if app.key == inputs.app]
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


def _newly_asked(inputs: PrincipalInputs, olds: Properties) -> frozenset[str]:
    """Return what no run before this one asked for.

    Nothing in a state of an earlier release: what looks new there may have been asked for, and written, long ago.
    """
    return inputs.asks - set(olds["asked"]) if "asked" in olds else frozenset()


def _same_object(record: PrincipalRecord, olds: Properties) -> bool:
    return "baseline" in olds and record.object_id in (olds.get("objectId"), olds.get("lastObjectId"))


def _refuse_held_by_another(inputs: PrincipalInputs, record: PrincipalRecord | None, owner: str) -> None:
    """A vendor's app is held exactly, and by one stack of a tenant: two would take it from each other."""
    marks = [tag for tag in record.tags if tag.startswith(f"{_CREATED_BY} ")] if record else []
    if inputs.create and marks and _mark(owner) not in marks:
        other = marks[0].removeprefix(f"{_CREATED_BY} ")
        raise RefusedError(
            f"refused: {inputs.display_name} (app id {inputs.app_id}) in this tenant belongs to the stack {other}; one "
            f"stack of a tenant may hold it; to fix: take the vendor {inputs.vendor} out of this stack's vendors"
        )


def _state(record: PrincipalRecord | None) -> str:
    if record is None:
        return ABSENT
    return PRESENT if record.enabled else DISABLED


def _mark(owner: str) -> str:
    """Return the tag that says which stack created a principal: it outlives a run that is killed right after."""
    return f"{_CREATED_BY} {owner}"[:256]
