"""What Microsoft remarks on permissions: every row is one of our lists, and is found where vendors ask for it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lockstep.catalogue import CURRENT, RETIRED, Permission, PermissionType, api_of, apis, load, remarks, risk
from lockstep.catalogue.api import data

ENTRIES: list[dict[str, Any]] = data("remarks.json")["remarks"]
ROWS = [(entry["key"], row) for entry in ENTRIES for row in entry["permissions"]]
AZURE_AD_GRAPH = "00000002-0000-0000-c000-000000000000"


def of(vendor: str, app: str, key: str) -> set[str]:
    """Return the names, with the type's first letter, that a remark is on in the newest edition of an app."""
    permissions = load().edition_as_of(vendor, CURRENT).app(app).permissions
    found = [entry for entry in permissions if key in {remark.key for remark in remarks(entry.permission)}]
    return {f"{entry.type.value[0]} {entry.name}" for entry in found}


@pytest.mark.parametrize(("key", "row"), ROWS, ids=[f"{key}/{row['type']}/{row['name']}" for key, row in ROWS])
def test_i8_every_row_is_a_permission_of_our_lists(key: str, row: dict[str, Any]) -> None:
    offered = apis()[row["api"]].by_id(PermissionType(row["type"]), row["id"])
    assert offered is not None
    assert offered.name == row["name"]
    assert row.get("written_as", "").casefold() in ("", row["name"].casefold())
    permission = Permission(apis()[row["api"]].app_id, offered.type, offered.id)
    assert key in {remark.key for remark in remarks(permission)}


def test_i8_what_no_list_has_is_named_and_really_in_none() -> None:
    unlisted = [row for entry in ENTRIES for row in entry["unlisted"]]
    assert unlisted
    assert [row for row in unlisted if apis()[row["api"]].find(row["name"], PermissionType(row["type"]))] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["key"])
def test_i8_every_list_is_dated_and_names_its_page(entry: dict[str, Any]) -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry["dated"])
    assert entry["address"].startswith("https://learn.microsoft.com/")
    assert re.fullmatch(r"[\w.-]+/[\w.-]+:\S+\.md at [0-9a-f]{40}", entry["read_from"])
    rows = [(row["api"], row["type"], row["id"]) for row in entry["permissions"]]
    assert len(rows) == len(set(rows))


def test_i8_counts_are_those_of_the_pages() -> None:
    """36 on the page of the consent policy; of agents' 59 rows, 16 are for both types."""
    assert {entry["key"]: len(entry["permissions"]) + len(entry["unlisted"]) for entry in ENTRIES} == {
        "no-user-consent": 36,
        "blocked-for-agents": 74,
    }


def test_i8_users_may_not_consent_to_these_of_the_shipped_editions() -> None:
    no_consent = "no-user-consent"
    assert of("atera", "atera", no_consent) == {
        f"d {name}"
        for name in (
            "Calendars.Read",
            "Calendars.ReadWrite",
            "Contacts.ReadWrite",
            "Files.ReadWrite.All",
            "Mail.ReadWrite",
            "MailboxSettings.ReadWrite",
            "Sites.ReadWrite.All",
        )
    }
    assert of("atlas", "connex-api", no_consent) == {"d Files.Read.All", "d Sites.Read.All"}
    spfx = ("Calendars.Read", "Files.Read.All", "Mail.Read", "People.Read", "Sites.Read.All")
    assert of("atlas", "spfx", no_consent) == {f"d {name}" for name in spfx}


def test_i8_agents_may_not_be_given_these_of_the_shipped_editions() -> None:
    """SharePoint's own User.ReadWrite.All, which an app of Atlas asks for, is none of them: the page is on Graph's."""
    blocked = "blocked-for-agents"
    assert {"d User.ReadWrite.All", "d Directory.AccessAsUser.All"} < of("atera", "atera", blocked)
    assert "a Group.ReadWrite.All" in of("atlas", "provisioning", blocked)
    assert "a User.ReadWrite.All" not in of("atlas", "provisioning", blocked)


def test_i8_the_type_and_the_api_count() -> None:
    graph, sharepoint = apis()["graph"], apis()["sharepoint"]
    keys = {}
    for type in PermissionType:
        entry = graph.find("Sites.Read.All", type)
        assert entry is not None
        keys[type] = [remark.key for remark in remarks(graph.permission(entry))]
    assert keys == {PermissionType.DELEGATED: ["no-user-consent"], PermissionType.APPLICATION: ["blocked-for-agents"]}
    theirs = sharepoint.find("Sites.ReadWrite.All", PermissionType.APPLICATION)
    assert theirs is not None
    assert remarks(sharepoint.permission(theirs)) == ()


def test_i8_everything_on_a_retired_api_is_remarked_on() -> None:
    api = api_of(AZURE_AD_GRAPH)
    assert api is not None
    for entry in api.permissions:
        (remark,) = remarks(api.permission(entry))
        assert (remark.key, remark.dated) == (RETIRED, "2025-07-01")
    unknown = Permission(AZURE_AD_GRAPH.upper(), PermissionType.DELEGATED, "")
    assert [remark.key for remark in remarks(unknown)] == [RETIRED]
    assert remarks(Permission("app:hub", PermissionType.DELEGATED, "")) == ()


def test_a6_no_permission_of_a_shipped_edition_is_without_a_tier() -> None:
    found = [
        (vendor, edition.id, app.key, entry.title)
        for vendor in load().vendors
        for edition in load().editions(vendor)
        for app in edition.apps
        for entry in app.permissions
        if (weight := risk(entry.permission)) is None or weight.tier is None
    ]
    assert found == []


def test_a6_a_tier_of_our_own_says_what_it_rests_on() -> None:
    app = load().edition_as_of("atlas", CURRENT).app("api-client")
    weights = [weight for entry in app.permissions if entry.on_own_api and (weight := risk(entry.permission))]
    assert weights
    strongest = (
        load()
        .edition_as_of("atlas", CURRENT)
        .app("connex-api")
        .find("sharepoint", PermissionType.APPLICATION, "Sites.FullControl.All")
    )
    assert strongest is not None
    rests_on = risk(strongest.permission)
    assert rests_on is not None
    for weight in weights:
        assert weight.tier == rests_on.tier
        assert weight.source is not None
        assert "Sites.FullControl.All" in weight.source
