"""An audit's document becomes what a tenant grants; a file that is none is refused in one line."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.audit.document import FORMAT as WRITTEN
from lockstep.audit.permissions import Status
from lockstep.dossier import Presence, observed, read_audit
from lockstep.dossier.reading import FORMAT
from lockstep.dossier.wording import presence
from lockstep.errors import UsageError
from tests.dossier.making import everything

GRAPH = "00000003-0000-0000-c000-000000000000"
ROW = {
    "api": "Microsoft Graph",
    "apiId": GRAPH,
    "type": "delegated",
    "value": "User.Read",
    "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    "status": "as-documented",
    "consented": True,
    "since": None,
}
APP = {
    "vendor": "atlas",
    "app": "connex-api",
    "name": "Atlas.ConneX API",
    "principal": "",
    "state": "present",
    "clientId": "x",
    "permissions": [ROW],
}
TENANT = {"tenant": {"id": "A-1", "name": "Contoso"}, "error": None, "stack": "dev", "apps": [APP]}
AUDIT: dict[str, Any] = {"format": FORMAT, "time": "2026-11-24T08:00:00Z", "tenants": [TENANT]}


def changed(**values: Any) -> dict[str, Any]:
    """Return the audit with other values on its one permission."""
    audit = copy.deepcopy(AUDIT)
    audit["tenants"][0]["apps"][0]["permissions"][0].update(values)
    return audit


def test_the_form_is_the_one_that_an_audit_writes() -> None:
    assert FORMAT == WRITTEN


@pytest.mark.parametrize("status", Status)
def test_every_status_of_an_audit_has_its_place(status: Status) -> None:
    found = observed(changed(status=status.value), where="x", how="y")
    grant = found.apps[0].grants[0]
    beyond = {Status.WRONG_TYPE, Status.UNDOCUMENTED_API}
    assert grant.presence == (Presence.EXTRA if status in beyond else Presence(status.value))


def test_what_was_seen_stands_on_its_permission() -> None:
    dossier = everything(observed=observed(AUDIT, where="x", how="y"))
    found = {entry.anchor: entry.sightings for entry in dossier.entries if entry.sightings}
    assert list(found) == ["atlas--connex-api--graph-delegated-user-read"]


def test_withheld_and_granted_is_told_apart_from_withheld_and_absent() -> None:
    words = [
        presence(observed(changed(status="withheld", consented=held), where="x", how="y").apps[0].grants[0])
        for held in (True, False)
    ]
    assert words == ["withheld, and granted all the same", "withheld, and not granted"]


def test_one_of_several_tenants_is_chosen_by_its_id() -> None:
    second = {**TENANT, "tenant": {"id": "b-2", "name": "Fabrikam"}}
    several = {**AUDIT, "tenants": [TENANT, second]}
    assert observed(several, where="x", how="y", tenant="B-2").tenant_name == "Fabrikam"
    with pytest.raises(
        UsageError, match="more than one tenant; name the stack of one with --stack; there are a-1, b-2"
    ):
        observed(several, where="x", how="y")
    with pytest.raises(UsageError, match="says nothing of tenant c-3; there are a-1, b-2"):
        observed(several, where="x", how="y", tenant="c-3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not an audit of the form lockstep-audit/1"),
        ('{"format": "lockstep-audit/2"}', "is not an audit of the form"),
        (json.dumps({**AUDIT, "tenants": 3}), "tenants: "),
        (json.dumps({**AUDIT, "tenants": []}), "there is none"),
        (json.dumps(changed(type="Scope")), "tenants.0.apps.0.permissions.0.type: "),
        (json.dumps(changed(status="splendid")), "the status 'splendid' is not known"),
        (json.dumps({**AUDIT, "tenants": [{**TENANT, "error": "no sign-in"}]}), "could not be audited: no sign-in"),
    ],
)
def test_what_is_no_audit_is_refused_in_one_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "audit.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_audit(path)
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.json: cannot be read"):
        read_audit(tmp_path / "no.json")
