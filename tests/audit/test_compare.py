"""What changed between two audits: one row for each thing that an audit tells, and nothing for what was not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from lockstep.audit.compare import TenantChange, compare, read_document
from lockstep.audit.document import FORMAT, ChangeEvent, failed_document, tenant_document
from lockstep.audit.who import with_authors
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.errors import UsageError
from tests.audit.test_tenant import audited

Document = dict[str, Any]


def document() -> Document:
    with Emulator.open(profile="brownfield") as emulator:
        made = tenant_document(audited(emulator), stack=None).values()
    return {"format": FORMAT, "time": "2026-11-24T00:00:00Z", "tenants": [json.loads(json.dumps(made))]}


@pytest.fixture(scope="module")
def base() -> Document:
    return document()


def app(found: Document, name: str) -> Document:
    return next(each for each in found["tenants"][0]["apps"] if each["name"] == name)


API, ATERA = "Atlas.ConneX API", "Atera"
ROW = {
    "api": "Microsoft Graph", "apiId": "g", "type": "delegated", "value": "Mail.Read", "id": "m", "status": "extra",
    "documented": False, "configured": False, "consented": True, "users": 0, "since": None,
}  # fmt: skip


def _first(found: Document, name: str, key: str) -> Any:
    return app(found, name)[key][0]


CHANGES: list[tuple[str, str, str, Callable[[Document], object]]] = [
    ("+", "permission", "Microsoft Graph · delegated · Mail.Read", lambda d: app(d, API)["permissions"].append(ROW)),
    ("-", "permission", "", lambda d: app(d, API)["permissions"].pop(0)),
    ("~", "permission", "", lambda d: _first(d, API, "permissions").update(configured=False)),
    ("~", "permission", "", lambda d: _first(d, API, "permissions").update(status="tolerated")),
    ("~", "user consent", "", lambda d: _first(d, API, "userConsents").update(users=99)),
    ("-", "owner", "Ada Admin", lambda d: app(d, API)["owners"].pop()),
    ("~", "credential", "secret Atlas", lambda d: _first(d, API, "credentials").update(expires="2040-01-01T00:00:00Z")),
    ("-", "credential", "secret Atlas", lambda d: app(d, API)["credentials"].pop()),
    ("-", "directory role", "User Administrator", lambda d: app(d, ATERA)["directoryRoles"].pop()),
    ("~", "exposed scope", "", lambda d: _first(d, API, "exposedScopes").update(status="disabled")),
    ("+", "pre-authorised client", "c", lambda d: app(d, API)["preAuthorized"].append("c")),
    ("-", "look-alike", "", lambda d: app(d, "Atlas.ConneX Provisioning")["lookAlikes"].pop()),
    ("~", "publisher", "publisher", lambda d: app(d, ATERA).update(verifiedPublisher={"name": "A", "id": "1"})),
    ("~", "publisher", "publisher", lambda d: app(d, ATERA).update(ownerOrganization="another")),
    ("~", "state", "state", lambda d: app(d, ATERA).update(state="disabled")),
    ("-", "state", "state", lambda d: app(d, ATERA).update(state="absent")),
    ("~", "another application", "client id", lambda d: app(d, API).update(clientId="another")),
    ("~", "edition", "atlas edition", lambda d: d["tenants"][0]["editions"]["atlas"].update(id="x", digest="y")),
]


@pytest.mark.parametrize(("sign", "what", "name", "change"), CHANGES)
def test_each_thing_that_an_audit_tells_is_compared(
    base: Document, sign: str, what: str, name: str, change: Callable[[Document], object]
) -> None:
    later = deepcopy(base)
    change(later)
    (found,) = compare(base, later)
    assert (found.sign, found.what) == (sign, what)
    assert name in found.name
    (back,) = compare(later, base)
    assert back.sign == {"+": "-", "-": "+", "~": "~"}[sign]


def test_every_part_of_an_app_is_compared() -> None:
    """A new part of the evidence needs a comparison, or a reason here why it has none."""
    identity = {"vendor", "app", "name", "kind", "mode", "principal", "clientId", "objectId", "servicePrincipalId"}
    identity |= {"recordedClientId"}  # the one on record; that the client id is another one is compared
    compared = {"verifiedPublisher", "ownerOrganization"}
    follows = {"created", "candidates"}  # of an app that was made anew the ids, and with them its permissions, change
    compared |= {"state", "permissions", "userConsents", "owners", "credentials", "directoryRoles", "exposedScopes"}
    assert set(app(document(), API)) == identity | follows | compared | {"lookAlikes", "preAuthorized"}


def test_the_same_audit_has_not_changed(base: Document) -> None:
    assert compare(base, deepcopy(base)) == []


@pytest.mark.parametrize("key", ["owners", "directoryRoles"])
def test_a_list_that_was_not_read_says_nothing(base: Document, key: str) -> None:
    later = deepcopy(base)
    for each in later["tenants"][0]["apps"]:
        each[key] = None
    assert compare(base, later) == compare(later, base) == []


def test_a_tenant_that_failed_or_is_new_says_nothing(base: Document) -> None:
    failed = {**base, "tenants": [failed_document(TENANT_ID, "no", stack=None).values()]}
    assert compare(base, failed) == compare(failed, base) == []
    assert compare({**base, "tenants": []}, base) == []


@pytest.mark.parametrize(
    "wrong", [[], {}, {"format": "lockstep-audit/2", "tenants": []}, {"format": FORMAT}, "x", None]
)
def test_only_an_audit_can_be_compared_with(wrong: object) -> None:
    with pytest.raises(UsageError, match="is not an audit of format"):
        read_document(wrong, "before.json")


class _Log:
    """Stands for a tenant's log: the same entries for every object."""

    def __init__(self, entries: list[Document]) -> None:
        self.entries = entries

    async def batch(self, items: list[Any]) -> list[Any]:
        from lockstep.directory import BatchAnswer

        return [BatchAnswer(item, 200, {"value": self.entries}) for item in items]


def _entry(ident: str, target: str, word: str, name: str = "Scope", **by: object) -> Document:
    changed = [{"displayName": name, "newValue": json.dumps(word), "oldValue": None}]
    return {
        "id": ident,
        "activityDateTime": "2026-11-24T01:00:00Z",
        "activityDisplayName": "Add delegated permission grant",
        "initiatedBy": by,
        "targetResources": [{"id": target, "modifiedProperties": changed}],
    }


ADA: dict[str, Any] = {"user": {"userPrincipalName": "ada@contoso.com"}, "app": None}


@pytest.mark.parametrize(
    ("entry", "by"),
    [
        (_entry("1", "sp", "User.Read Mail.Read", **ADA), ["ada@contoso.com"]),
        (_entry("1", "SP", "Mail.Read", user=None, app={"displayName": "Tool", "appId": "t"}), ["Tool (t)"]),
        (_entry("1", "sp", "Mail.Read", user=None, app=None), ["an application (?)"]),
        (_entry("1", "sp", "Mail.ReadWrite", **ADA), []),
        (_entry("1", "sp", "MyMail.Read", **ADA), []),
        (_entry("1", "another", "Mail.Read", **ADA), []),
        (_entry("1", "sp", "Mail.Read", "Tags", **ADA), []),
    ],
)
def test_an_entry_of_the_log_is_about_a_change_when_it_names_the_object_and_the_thing(
    entry: Document, by: list[str]
) -> None:
    change = TenantChange("t", API, "permission", "Mail.Read", None, "extra", ("sp",), ("Mail.Read",))
    log: Any = _Log([entry, entry])
    (found,), note = asyncio.run(with_authors(log, [change], "2026-11-24T00:00:00Z"))
    assert [event.by for event in found.events] == by
    assert note == ""


def test_events_come_in_their_order_and_each_once() -> None:
    change = TenantChange("t", API, "permission", "Mail.Read", None, "extra", ("sp", "app"), ("Mail.Read",))
    late, early = _entry("2", "sp", "Mail.Read", **ADA), _entry("1", "app", "Mail.Read", **ADA)
    late["activityDateTime"] = "2026-11-24T02:00:00Z"
    log: Any = _Log([late, early])
    (found,), _ = asyncio.run(with_authors(log, [change], "2026-11-24T00:00:00Z"))
    assert [event.time for event in found.events] == ["2026-11-24T01:00:00Z", "2026-11-24T02:00:00Z"]
    assert isinstance(found.events[0], ChangeEvent)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tenants: tenants.append(None), "tenants: Input should be"),
        (lambda tenants: tenants[0]["apps"][0].update(vendor=[]), "tenants.apps.0.vendor: Input should be"),
        (lambda tenants: tenants[0]["apps"][0]["owners"].append({}), "Field required"),
        (lambda tenants: tenants[0].update(editions=[]), "tenants.editions: Input should be"),
        (lambda tenants: tenants[0].pop("apps"), "tenants.apps: Field required"),
    ],
)
def test_d5_an_audit_that_somebody_edited_is_refused_with_the_place(
    base: Document, change: Callable[[list[Any]], object], said: str
) -> None:
    edited = deepcopy(base)
    change(edited["tenants"])
    with pytest.raises(UsageError, match=rf"--compare old.json: .*{said}.*`lockstep audit"):
        read_document(edited, "old.json")


def test_d5_an_audit_is_read_as_it_was_written(base: Document) -> None:
    assert read_document(base, "old.json") == base
