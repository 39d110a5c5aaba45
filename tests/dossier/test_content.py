"""Everything that the catalogue knows of an app and a permission is in each form of the dossier."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import App, DocumentedPermission, PermissionType, apis, load, meaning, risk
from lockstep.dossier import (
    Dossier,
    Observed,
    ObservedApp,
    Presence,
    TenantGrant,
    Treatment,
    build,
    document,
    html,
    markdown,
)
from lockstep.dossier.not_granted import SELF_RAISING
from tests.catalogue.sample import EDITION, MAIL
from tests.catalogue.sample import edition as edition_of
from tests.catalogue.sample import permission as entry_of
from tests.dossier.making import current, everything, permission, stack, tenant


class _Text(HTMLParser):
    """The text of a page, without its script and style."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def words_of_html(dossier: Dossier) -> str:
    reader = _Text()
    reader.feed(html(dossier))
    return " ".join(" ".join(reader.parts).split())


def words_of_markdown(dossier: Dossier) -> str:
    return " ".join(markdown(dossier).replace("\\", "").replace("\N{ZERO WIDTH SPACE}", "").split())


def words_of_json(dossier: Dossier) -> str:
    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (text for inner in value.values() for text in texts(inner))
        elif isinstance(value, list):
            yield from (text for inner in value for text in texts(inner))
        elif isinstance(value, str):
            yield value

    return " ".join(" ".join(texts(document(dossier))).split())


FORMS: dict[str, Callable[[Dossier], str]] = {
    "html": words_of_html,
    "markdown": words_of_markdown,
    "json": words_of_json,
}
form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def said_of(app: App) -> list[str]:
    said = [app.name, app.role, app.created_by, app.optional_reason, app.managed_at, app.section, *app.warnings]
    said += [text for each in app.statements for text in (each.says, each.microsoft)]
    said += [app.client_id.id] if app.client_id else []
    said += [text for each in app.directory_roles for text in (each.name, each.purpose)]
    said += [each.says for each in app.renewals]
    return [text for text in said if text]


def said_of_permission(entry: DocumentedPermission) -> list[str]:
    found = risk(entry.permission)
    said = [entry.name, entry.api_name, entry.id, entry.label, entry.purpose, entry.allows, meaning(entry)]
    said += [entry.row.section, entry.row.api, found.reason if found else None, *entry.limits, *entry.notes]
    said += [text for other in entry.rejected for text in (other.name, other.reason)]
    corrections = [each for each in (entry.correction, entry.misdescribed) if each]
    said += [text for each in corrections for text in (each.written_as, each.reason)]
    return [text for text in said if text]


@form
def test_everything_documented_is_said(form: Callable[[Dossier], str]) -> None:
    text = form(everything())
    for edition in current():
        said = [
            text for each in edition.sources for text in (each.title, each.sha256, each.retrieved, each.note, each.url)
        ]
        said += [text for each in edition.features for text in (each.name, each.used)]
        said += [*edition.footnotes.values()]
        said += [text for each in edition.statements for text in (each.says, each.microsoft)]
        said += [words for app in edition.apps for words in said_of(app)]
        said += [words for app in edition.apps for entry in app.permissions for words in said_of_permission(entry)]
        missing = [words for words in said if words and " ".join(words.split()) not in text]
        assert missing == []


@form
def test_a_reconstructed_edition_says_what_it_rests_on(form: Callable[[Dossier], str]) -> None:
    edition = load().edition("atlas", "2025-02-28")
    assert edition.basis_reason is not None
    assert edition.basis_reason in form(build([edition], version="0.0.0"))


@form
def test_sources_name_the_day_of_the_ids_and_of_the_tiers(form: Callable[[Dossier], str]) -> None:
    text = form(everything())
    assert "2026-08-19 (tenant service principal export)" in text
    assert "2026-07-15 (tenant service principal export)" in text
    assert "AzurePrivilegedIAM" in text


@form
def test_i8_every_form_says_what_microsoft_remarks_and_from_which_page_of_which_day(
    form: Callable[[Dossier], str],
) -> None:
    dossier = everything()
    text = form(dossier)
    assert {remark.key for remark in dossier.remarks} == {"no-user-consent", "blocked-for-agents"}
    for remark in dossier.remarks:
        on = [entry for entry in dossier.entries if remark in entry.remarks]
        assert remark.dated in text
        assert remark.source in text
        assert remark.says in text
        if form is words_of_json:
            parts = document(dossier)["editions"]
            rows = [row for part in parts for app in part["apps"] for row in app["permissions"]]
            assert [row["anchor"] for row in rows if remark.key in row["remarks"]] == [each.anchor for each in on]
        else:
            assert text.count(remark.says) == len(on)


@form
def test_i8_a_retired_api_is_named_as_such_where_a_vendor_asks_for_it_and_where_a_tenant_has_it(
    form: Callable[[Dossier], str], tmp_path: Path
) -> None:
    api = apis()["azure-ad-graph"]
    asked = api.find("User.Read", PermissionType.DELEGATED)
    other = api.find("Group.Read.All", PermissionType.DELEGATED)
    assert asked is not None
    assert other is not None
    of_vendor = EDITION.replace(MAIL, MAIL + entry_of(api.key, "delegated", asked.name, asked.id))
    documented = build([edition_of(tmp_path, of_vendor)], version="0.0.0")
    grant = TenantGrant(api.app_id, api.name, other.type, other.name, other.id, Presence.EXTRA)
    held = Observed("t", "n", "d", "h", (ObservedApp("acme", "hub", "Hub", "present", (grant,)),))
    granted = build([edition_of(tmp_path)], version="0.0.0", observed=held)
    neither = build([edition_of(tmp_path)], version="0.0.0")
    for dossier in (documented, granted):
        (remark,) = (remark for remark in dossier.remarks if remark.key == "retired-api")
        text = form(dossier)
        assert "retired API" in text
        assert "2025-07-01" in text
        assert remark.source in text
        if form is words_of_json:
            assert "retired-api" in text
    assert "retired" not in form(neither)


@form
def test_i8_only_the_lists_that_the_permissions_are_from_are_among_the_sources(
    form: Callable[[Dossier], str], tmp_path: Path
) -> None:
    text = form(build([edition_of(tmp_path)], version="0.0.0"))
    assert all(apis()[key].snapshot in text for key in ("graph", "sharepoint"))
    assert apis()["exchange-online"].snapshot not in text


@form
def test_what_is_not_stated_is_never_filled_in(form: Callable[[Dossier], str]) -> None:
    """One row of Atlas has no purpose, and none of Atera's has: the pages say so as often as the catalogue."""
    dossier = everything()
    silent = [entry for entry in dossier.entries if entry.documented.purpose is None]
    assert len(silent) == 42  # Atera's 27 and their 14 twins, and one of Atlas.PnP App
    if form is words_of_json:
        found = [each for part in document(dossier)["editions"] for app in part["apps"] for each in app["permissions"]]
        assert sum(each["purpose"] is None for each in found) == len(silent)
    else:
        assert form(dossier).count("Vendor's purpose") == len(list(dossier.entries))
        empty = "Vendor's purpose not stated" if form is words_of_html else "Vendor's purpose: not stated"
        assert form(dossier).count(empty) == len(silent)


def test_counts_are_those_of_the_catalogue() -> None:
    found = document(everything())["summary"]
    assert (found["permissions"], found["delegated"], found["application"]) == (84, 47, 37)
    assert sum(row["delegated"] + row["application"] for row in found["tiers"]) == 84
    assert len(found["tier0"]) == sum(
        each["risk"]["tier"] == 0 and each["standing"] == "asked"
        for part in document(everything())["editions"]
        for app in part["apps"]
        for each in app["permissions"]
    )


def test_every_anchor_is_there_once_and_every_link_has_its_anchor() -> None:
    class Links(HTMLParser):
        ids: list[str]
        links: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            for name, value in attrs:
                if name == "id":
                    self.ids.append(str(value))
                if name == "href":
                    self.links.append(str(value))

    reader = Links()
    reader.ids, reader.links = [], []
    reader.feed(html(everything(stack(), tenant())))
    assert len(reader.ids) == len(set(reader.ids))
    assert all(link.startswith("#") for link in reader.links)
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert "atlas--spfx" in reader.ids
    assert "atlas--connex-api--graph-delegated-group-readwrite-all" in reader.ids


def test_the_page_asks_for_nothing_and_allows_only_its_own_style_and_script() -> None:
    page = html(everything())
    assert "default-src 'none'; style-src 'sha256-" in page
    for word in ("src=", "@import", "url(", "<link", "<img", "<iframe", " style=", "javascript:", " onclick="):
        assert word not in page, word


def test_same_facts_give_the_same_bytes() -> None:
    assert html(everything()) == html(everything())
    assert markdown(everything()) == markdown(everything())
    assert json.dumps(document(everything())) == json.dumps(document(everything()))


@form
def test_withheld_is_named_with_its_reason_and_what_is_lost(form: Callable[[Dossier], str]) -> None:
    text = form(everything(stack("We send no reports", "Security review 7")))
    sent = permission("atlas", "connex-api", "Mail.Send", "delegated")
    assert sent.purpose is not None
    assert "We send no reports" in text
    assert "Security review 7" in text
    assert f"lost with it: {sent.purpose}" in text


def test_what_a_stack_decides_shows_in_the_standing() -> None:
    dossier = everything(stack())
    standing = {entry.anchor: entry.standing for entry in dossier.entries}
    assert standing["atlas--connex-api--graph-delegated-mail-send"] is Treatment.WITHHELD
    assert standing["atlas--connex-api--graph-delegated-user-read"] is Treatment.ASKED
    assert standing["atlas--pnp--graph-delegated-user-read-all"] is Treatment.NOT_DEPLOYED
    assert standing["atera--atera--graph-delegated-mail-readwrite"] is Treatment.TOLERATED
    found = document(dossier)["summary"]
    assert found["permissions"] == 84 - 5 - 1
    assert found["withheld"] == ["atlas--connex-api--graph-delegated-mail-send"]


def test_what_the_tenant_grants_stands_beside_each_permission() -> None:
    dossier = everything(observed=tenant())
    part = next(part for part in dossier.apps if part.app.key == "connex-api")
    assert all(entry.sightings for entry in part.entries)
    assert [grant.presence.value for _seen, grant in part.others] == ["extra", "foreign"]
    app = next(app for app in document(dossier)["editions"][0]["apps"] if app["key"] == "connex-api")
    assert app["permissions"][0]["tenant"] == [{"on": None, "presence": "missing", "consented": True}]


@pytest.mark.parametrize(
    ("app", "expected", "absent"),
    [
        ("workspaces-sync", "No delegated permission", "No application permission"),
        ("api-client", "No application permission", "No delegated permission"),
        ("spfx", "What Microsoft and others have there is theirs, and stays", "No permission beside"),
        ("connex-api", "GroupMember.ReadWrite.All: the vendor considered it", "No permission that can change"),
    ],
)
def test_what_is_not_granted_follows_from_what_is_documented(app: str, expected: str, absent: str) -> None:
    part = next(part for part in everything().apps if part.app.key == app)
    said = " ".join(part.not_granted)
    assert expected in said
    assert absent not in said


def test_permissions_that_hand_out_rights_are_real_and_those_held_are_not_called_absent() -> None:
    from lockstep.catalogue import PermissionType, apis

    graph = apis()["graph"]
    assert all(graph.find(name, PermissionType.APPLICATION) for name in SELF_RAISING)
    atera = next(part for part in everything().apps if part.app.key == "atera")
    said = " ".join(atera.not_granted)
    assert "Directory.ReadWrite.All" not in said  # the article lists it
    assert "RoleManagement.ReadWrite.Directory" in said
