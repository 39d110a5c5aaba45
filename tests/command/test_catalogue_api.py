"""`lockstep catalogue api`: what an API offers in a tenant, as a list that editions can be resolved against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.audit.api_list import api_list
from lockstep.catalogue import apis
from lockstep.catalogue.api import api_from, data
from lockstep.emulator import Emulator
from lockstep.emulator.constants import TENANT_ID
from tests.command.conftest import Command

FORMS = "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87"
BODY: dict[str, Any] = {
    "appId": "AAAAAAAA-0000-4000-8000-000000000001",
    "displayName": "Contoso Expenses (EU)",
    "appRoles": [
        {"id": "B0000000-0000-4000-8000-000000000001", "value": "Reports.Read.All", "displayName": "Read reports",
         "allowedMemberTypes": ["User", "Application"], "isEnabled": False},
        {"id": "b0000000-0000-4000-8000-000000000002", "value": "Approver", "displayName": "Approver",
         "allowedMemberTypes": ["User"], "isEnabled": True},
        {"id": "b0000000-0000-4000-8000-000000000003", "value": None, "displayName": "Nameless",
         "allowedMemberTypes": ["Application"], "isEnabled": True},
    ],
    "oauth2PermissionScopes": [
        {"id": "c0000000-0000-4000-8000-000000000001", "value": "Expenses.Read", "type": "User",
         "adminConsentDisplayName": "Read expenses", "isEnabled": True},
    ],
}  # fmt: skip


def test_i6_the_list_of_a_tenant_is_the_list_that_is_shipped(lockstep: Command, project: Path) -> None:
    """The emulator offers what the shipped list has, so the two must be one, permission by permission."""
    lockstep("emulator", "reset", "--profile", "fresh")
    made = lockstep("catalogue", "api", "--stack", "dev", "--api", "SharePoint Online", "--out", "sharepoint.json")
    assert made.code == 0, made.err
    assert made.out == ""
    text = (project / "sharepoint.json").read_text(encoding="utf-8")
    written, shipped = json.loads(text), data("apis/sharepoint.json")
    assert {name: written[name] for name in ("key", "name", "app_id")} == {
        name: shipped[name] for name in ("key", "name", "app_id")
    }
    assert written["sources"] == ["observed in a tenant"]
    assert sorted(written) == sorted({*shipped} - {"also_called"})
    identity = ("value", "id", "type", "enabled")
    assert {tuple(row[name] for name in identity) for row in written["permissions"]} == {
        tuple(row[name] for name in identity) for row in shipped["permissions"]
    }
    assert {frozenset(row) for row in written["permissions"]} == {frozenset(row) for row in shipped["permissions"]}
    assert TENANT_ID not in text
    read, known = api_from(written), apis()["sharepoint"]
    for entry in known.permissions:
        found = read.by_id(entry.type, entry.id)
        assert found is not None
        assert (found.name, found.admin_consent_required) == (entry.name, entry.admin_consent_required is not False)
    assert "Lockstep has a list of Office 365 SharePoint Online already" in made.err

    again = lockstep("catalogue", "api", "--stack", "dev", "--api", "sharepoint", "--out", "sharepoint.json")
    assert (again.code, again.out) == (2, "")
    assert "--out sharepoint.json: is there already" in again.err

    printed = lockstep("catalogue", "api", "--stack", "dev", "--api", FORMS)
    assert printed.code == 0, printed.err
    assert json.loads(printed.out)["key"] == "microsoft-forms"

    absent = lockstep("catalogue", "api", "--stack", "dev", "--api", BODY["appId"])
    assert (absent.code, absent.out) == (1, "")
    assert BODY["appId"].lower() in absent.err
    assert "to fix: check the app id" in absent.err


def test_i6_an_api_without_a_list_is_written_down_from_a_tenant_by_its_id(lockstep: Command, served: Emulator) -> None:
    """It is the tenant's own here, so its ids hold nowhere else, and the command says so."""
    principals = served.tenant.store["servicePrincipals"].rows.values()
    (app_id,) = {row["appId"] for row in principals if row["displayName"] == "Contoso Intranet API"}
    made = lockstep("catalogue", "api", "--tenant", TENANT_ID, "--api", app_id.upper(), "--key", "intranet")
    assert made.code == 0, made.err
    document = json.loads(made.out)
    assert (document["key"], document["app_id"], document["name"]) == ("intranet", app_id, "Contoso Intranet API")
    assert [(row["value"], row["type"]) for row in document["permissions"]] == [("News.Read", "delegated")]
    assert TENANT_ID not in made.out
    assert "warning: the API is registered in this tenant itself" in made.err

    taken = lockstep("catalogue", "api", "--tenant", TENANT_ID, "--api", app_id, "--key", "onenote")
    assert "warning: the key onenote is that of OneNote already; choose another one with --key" in taken.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--api", "Exchnge Online", "--stack", "dev"), "did you mean 'exchange online'?"),
        (("--api", FORMS), "give --stack NAME, --tenant ID"),
        (("--api", FORMS, "--tenant", "contoso"), "is not a tenant id"),
        (("--api", FORMS, "--tenant", TENANT_ID, "--stack", "dev"), "--tenant does not go with --stack"),
        (("--api", FORMS, "--stack", "dev", "--key", "Forms!"), "a key is lower case letters"),
    ],
)
def test_i6_wrong_words_are_refused_before_anything_is_read(
    lockstep: Command, words: tuple[str, ...], message: str
) -> None:
    refused = lockstep("catalogue", "api", *words)
    assert (refused.code, refused.out) == (2, "")
    assert message in refused.err


def test_i6_only_what_an_application_can_be_given_is_a_permission() -> None:
    """Roles for users alone are none, what has no name no edition can ask for; a disabled one stays, and says so."""
    made = api_list(BODY, None, "2026-11-26")
    assert (made["key"], made["app_id"], made["snapshot"]) == (
        "contoso-expenses-eu",
        "aaaaaaaa-0000-4000-8000-000000000001",
        "2026-11-26",
    )
    assert made["permissions"] == [
        {
            "value": "Expenses.Read",
            "id": "c0000000-0000-4000-8000-000000000001",
            "type": "delegated",
            "display_name": "Read expenses",
            "admin_consent_required": False,
            "enabled": True,
        },
        {
            "value": "Reports.Read.All",
            "id": "b0000000-0000-4000-8000-000000000001",
            "type": "application",
            "display_name": "Read reports",
            "admin_consent_required": True,
            "enabled": False,
        },
    ]
    assert api_list(BODY, "expenses", "2026-11-26")["key"] == "expenses"
