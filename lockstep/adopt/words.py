"""What `lockstep adopt` says of one app, in lines for a person and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lockstep.adopt.plan import AppDifference, AppPlan
from lockstep.audit.standing import StackCommands
from lockstep.consent import Consent
from lockstep.directory.records import ApplicationRecord
from lockstep.provider.wire import title
from lockstep.resource_types import APPLICATION
from lockstep.settings.traits import beyond, effect_of

Line = tuple[str, str]
"""Text and style."""

_HEADS = {
    "absent": "not in the tenant",
    "disabled": "disabled in the tenant",
    "undecided": "not decided",
}


def app_lines(plan: AppPlan, commands: StackCommands, *, claim: bool) -> Iterator[Line]:
    """Return the lines of one app: where it is, what changes and what stays."""
    yield f"{plan.expected.app.name if plan.mode == 'exact' else plan.name}: {_head(plan)}", "bold"
    if plan.configured is not None:
        yield from _difference("configured", plan.configured, plan)
        for scope in plan.disabled_scopes:
            yield f"    ~ exposed scope {scope}: disabled, up enables it; its id stays", "yellow"
    if plan.consented is not None:
        yield from _difference("consented", plan.consented, plan, by_admin=plan.expected.by_admin)
        for renewal in plan.renewals:
            statement = f"{renewal.source.publisher} says of consents of before {renewal.before}: {renewal.says}"
            yield f"    ! {statement} From {renewal.source.reference}", "yellow"
        yield from _left(plan, claim=claim)
    yield from _keeps(plan)
    yield from _refused(plan, commands)
    for app in plan.choice.candidates:
        what = "could be it" if plan.choice.refusal else "a look-alike, left alone"
        yield f"  ? {app.title}: {what}", "yellow"
    for app in plan.choice.deleted:
        back = commands.restore(f"{plan.key}={app.object_id}")
        yield f"  ? {app.title}: among the deleted items; `{back}` puts it back", "yellow"


def app_document(plan: AppPlan) -> dict[str, Any]:
    """Return one app for `--json`."""
    return {
        "app": plan.key,
        "name": plan.name,
        "mode": plan.mode,
        "state": plan.state,
        "found": plan.choice.why or None,
        "managed": plan.choice.managed,
        "applicationId": plan.app.object_id if plan.app else None,
        "clientId": plan.app.app_id if plan.app else plan.principal.app_id if plan.principal else None,
        "servicePrincipalId": plan.principal.object_id if plan.principal else None,
        "configured": _lists(plan.configured) if plan.configured else None,
        "consented": _consented(plan, plan.consented) if plan.consented else None,
        "enablesScopes": list(plan.disabled_scopes),
        "claimed": _entries(plan.claims, plan.consented.names) if plan.consented else [],
        "keeps": plan.keeps or None,
        "refused": [{"rule": refusal.rule, "what": refusal.what} for refusal in plan.refused],
        "candidates": [_found(app) for app in plan.choice.candidates],
        "deleted": [_found(app) for app in plan.choice.deleted],
        "refusal": plan.choice.refusal or None,
        "renewals": [
            {"before": renewal.before, "says": renewal.says, "source": renewal.source.reference}
            for renewal in plan.renewals
        ],
    }


def _head(plan: AppPlan) -> str:
    if plan.state != "present":
        first = "" if plan.mode == "additive" else "; the first up makes it"
        return _HEADS[plan.state] + (first if plan.state == "absent" else "")
    if plan.app is not None:
        principal = "" if plan.principal else ", without a service principal: the first up makes that"
        return f"{plan.app.title}, {plan.choice.why}{principal}"
    record = plan.principal
    assert record is not None  # noqa: S101  (present, and no application of this tenant)
    maker = f", made by the stack {plan.created_by}" if plan.created_by else ""
    return f"service principal {record.object_id} (app id {record.app_id}{maker})"


def _difference(what: str, difference: AppDifference, plan: AppPlan, *, by_admin: bool = False) -> Iterator[Line]:
    compared = difference.plan
    hands = {"+": " (for an administrator to give)", "-": " (for an administrator to take back)"} if by_admin else {}
    documented = len(compared.keep) + len(compared.add)
    yield f"  {what}: {len(compared.keep)} of {documented} documented are there", ""
    for sign, consents, style in (("+", compared.add, "green"), ("-", compared.remove, "red")):
        purposes = {(e.type, e.name): e.purpose for e in plan.expected.wanted} if sign == "+" else {}
        for consent in sorted(consents):
            why = purposes.get((consent.type, consent.value))
            name = f"{title(consent, difference.names)}{hands.get(sign, '')}"
            yield f"    {sign} {name}{f'  ({why})' if why else ''}", style


def _left(plan: AppPlan, *, claim: bool) -> Iterator[Line]:
    assert plan.consented is not None  # noqa: S101  (the caller has looked)
    compared, names = plan.consented.plan, plan.consented.names
    if plan.mode == "additive" and compared.keep:
        words = "taken over by --claim" if claim else "stays somebody else's; --claim takes it over"
        words = "stays an administrator's (consents: by-admin)" if plan.expected.by_admin else words
        for consent in sorted(compared.keep):
            why = "granted by Microsoft itself, stays" if consent in plan.microsofts else f"granted before us; {words}"
            yield f"    = {title(consent, names)}: documented, {why}", ""
    for word, consents in (
        ("tolerated, stays", compared.tolerated),
        ("undocumented, stays (removals: report)", compared.extra),
        ("foreign, stays", compared.foreign),
    ):
        for consent in sorted(consents):
            yield f"    · {title(consent, names)}: {word}", "dim"


def _keeps(plan: AppPlan) -> Iterator[Line]:
    settings = plan.keeps
    if not settings:
        return
    words = [f"display name {settings['displayName']!r}"]
    words += [f"identifier URI {uri}" for uri in settings.get("identifierUris", ())]
    words += [f"scope {scope['value']} ({scope['id']})" for scope in settings.get("scopes", ())]
    words += [f"tag {tag!r}" for tag in settings.get("tags", ())]
    yield f"  keeps: {', '.join(words)}, and all that is not about permissions", ""
    new = beyond(settings.get("keeps", {}), plan.expected.may_have)
    for name, values in new.items():
        yield f"    ! {name}: {', '.join(values)}: {effect_of(name)}; no document asks for it", "yellow"
    if new:
        yield "      --write names these in adopted.keeps; take away in the portal first what nobody needs", "yellow"


def _refused(plan: AppPlan, commands: StackCommands) -> Iterator[Line]:
    """Say what the first `up` will refuse, and both ways on: by hand in the portal, or by an exception."""
    for refused in plan.refused:
        yield f"  ! up refuses ({refused.rule}): {refused.what}", "red"
        page = f"Microsoft Entra admin center > App registrations > {plan.name} > Authentication"
        yield f"      to go on: {page}: {refused.by_hand}; then `{commands.refresh}`, once it is taken over", "red"
        entry = (
            f"rule: {refused.rule}, stack: {commands.stack}, type: {APPLICATION}, resource: {plan.expected.app.name}"
        )
        yield f"      or an exception in policy/exceptions.yaml: {{{entry}, owner: …, reason: …, expires: …}}", "red"


def _consented(plan: AppPlan, difference: AppDifference) -> dict[str, Any]:
    """Return the lists of consents; what an administrator gives and takes back is nothing that an `up` does."""
    lists = _lists(difference)
    nothing: list[dict[str, str]] = []
    if not plan.expected.by_admin:
        return {"by": "stack", **lists, "toGive": nothing, "toTakeBack": nothing}
    by_hand = {"toGive": lists["added"], "toTakeBack": lists["removed"]}
    return {"by": "administrator", **lists, "added": nothing, "removed": nothing, **by_hand}


def _lists(difference: AppDifference) -> dict[str, list[dict[str, str]]]:
    plan = difference.plan
    lists = {
        "added": plan.add,
        "removed": plan.remove,
        "kept": plan.keep,
        "tolerated": plan.tolerated,
        "extra": plan.extra,
        "foreign": plan.foreign,
    }
    return {name: _entries(consents, difference.names) for name, consents in lists.items()}


def _entries(consents: Iterable[Consent], names: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"api": names.get(c.api, c.api), "apiId": c.api, "type": c.type.value, "value": c.value, "id": c.id}
        for c in sorted(consents)
    ]


def _found(app: ApplicationRecord) -> dict[str, str]:
    ids = {"name": app.name, "applicationId": app.object_id, "clientId": app.app_id, "created": app.created}
    return {**ids, "deleted": app.deleted} if app.deleted else ids
