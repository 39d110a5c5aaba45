"""Reading an edition file: what it gives, and what each mistake gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockstep.catalogue import Permission, PermissionType, apis, load_edition
from lockstep.errors import CatalogueError

from .sample import (
    ALL_SITES_READ,
    EDITION,
    HEAD,
    HUB,
    MAIL,
    MAIL_SEND,
    MAIL_SEND_APPLICATION,
    SCOPE_ID,
    SHARED,
    SITES,
    USE,
    edition,
    permission,
    written,
)


def test_load_gives_permissions_resolved(tmp_path: Path) -> None:
    hub, shared = edition(tmp_path).apps
    mail, sites = hub.permissions
    assert (mail.api_name, mail.name, mail.id) == ("Microsoft Graph", "Mail.Send", MAIL_SEND)
    assert (sites.api_name, sites.purpose) == ("Office 365 SharePoint Online", None)
    assert shared.permissions[0].permission == Permission("app:hub", PermissionType.DELEGATED, SCOPE_ID)
    assert shared.principal("old").identifier_uris == ("api://{tenant}/thing",)


@pytest.mark.parametrize("id", ["9b005f11-86f0-45f7-8c27-4fff5d849916", "6222dbab-a24c-4210-9d91-2f47cf565614"])
def test_i6_either_id_of_a_name_that_has_two_is_taken_as_it_is_written(tmp_path: Path, id: str) -> None:
    text = instead_of_mail("exchange-online", "delegated", "User.ReadBasic.All", id)
    entry = edition(tmp_path, text).app("hub").permissions[0]
    assert (entry.api_name, entry.id) == ("Office 365 Exchange Online", id)


@pytest.mark.parametrize("day", ["2026-01-31", '"2026-01-31"', "'2026-01-31'"])
def test_load_takes_dates_with_and_without_quotes(tmp_path: Path, day: str) -> None:
    assert edition(tmp_path, EDITION.replace("valid_from: 2026-01-31", f"valid_from: {day}")).id == "2026-01-31"


def test_load_takes_windows_files(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + EDITION.replace("\n", "\r\n").encode())
    assert load_edition(path) == edition(tmp_path)


def change(old: str, new: str) -> str:
    """Return the sample with one change, which must be one."""
    assert EDITION.count(old) >= 1, old
    return EDITION.replace(old, new, 1)


def instead_of_mail(api: str, type: str, name: str, id: str) -> str:
    return HEAD + HUB + permission(api, type, name, id) + SITES + SHARED + USE


KEYS = ", ".join((*apis(), "hub"))

REFUSED = {
    "unknown API": (
        instead_of_mail("grahp", "delegated", "Mail.Send", MAIL_SEND),
        "unknown API 'grahp'; allowed are " + KEYS + "; did you mean 'graph'?",
    ),
    "API of an app that exposes nothing": (
        instead_of_mail("shared", "delegated", "Mail.Send", MAIL_SEND),
        "unknown API 'shared'; allowed are " + KEYS,
    ),
    "unknown name": (
        instead_of_mail("graph", "delegated", "Mail.Snd", MAIL_SEND),
        "Microsoft Graph has no delegated permission 'Mail.Snd', nor has another API; correct `name`; "
        "did you mean 'Mail.Send'?",
    ),
    "name in another case": (
        instead_of_mail("graph", "delegated", "mail.send", MAIL_SEND),
        "Microsoft Graph has no delegated permission 'mail.send', nor has another API; correct `name`; "
        "did you mean 'Mail.Send'?",
    ),
    "the vendor's mistake": (
        instead_of_mail("sharepoint", "delegated", "AllSites.FullControl.All", MAIL_SEND),
        "has no delegated permission 'AllSites.FullControl.All', nor has another API; correct `name`; "
        "did you mean 'AllSites.FullControl'?",
    ),
    "name of the delegated type only": (
        instead_of_mail("graph", "application", "InformationProtectionPolicy.Read", MAIL_SEND),
        "it exists as delegated only; correct `type` or `name`; did you mean 'InformationProtectionPolicy.Read.All'?",
    ),
    "name of the application type only": (
        instead_of_mail("graph", "delegated", "Application.ReadWrite.OwnedBy", MAIL_SEND),
        "it exists as application only; correct `type` or `name`",
    ),
    "name of the other API": (
        instead_of_mail("graph", "delegated", "AllSites.Read", ALL_SITES_READ),
        "it exists on Office 365 SharePoint Online (delegated); correct `api` to sharepoint or `name`",
    ),
    "name of the other API in the other type": (
        instead_of_mail("sharepoint", "delegated", "Application.ReadWrite.OwnedBy", MAIL_SEND),
        "it exists on Microsoft Graph (application); correct `api` to graph or `name`",
    ),
    "id of the other type": (
        instead_of_mail("graph", "delegated", "Mail.Send", MAIL_SEND_APPLICATION),
        f"id {MAIL_SEND_APPLICATION} is not that of Microsoft Graph delegated Mail.Send, which is {MAIL_SEND}: "
        "it is that of application Mail.Send; correct `id` or `name` and `type`",
    ),
    "id of nothing": (
        instead_of_mail("graph", "delegated", "Mail.Send", "0" * 8 + "-0000-0000-0000-" + "0" * 12),
        f"is not that of Microsoft Graph delegated Mail.Send, which is {MAIL_SEND}; correct `id`",
    ),
    "id that is no GUID": (
        instead_of_mail("graph", "delegated", "Mail.Send", MAIL_SEND.upper()),
        "the id of the permission 'E383F46E-2787-4529-855E-0E479A3FFAC0' must match [0-9a-f]{8}-",
    ),
    "permission twice": (
        HEAD + HUB + MAIL + SITES + MAIL + SHARED + USE,
        "Microsoft Graph · delegated · Mail.Send stands twice in Acme Hub, first in line 34; keep one",
    ),
    "app twice": (change("key: shared", "key: hub"), "app 'hub' stands twice, first in line 20; keep one"),
    "principal twice": (change("- key: old", "- key: new"), "principal 'new' stands twice"),
    "field twice": (
        change("vendor: acme", "vendor: acme\nvendor: acme"),
        ":2:1: vendor stands twice, first in line 1; keep one",
    ),
    "label twice": (
        change("  hub: Acme Hub\n", "  hub: A\n  hub: B\n"),
        "hub stands twice, first in line 15; keep one",
    ),
    "missing field": (change("    role: Offers the hub.\n", ""), "an app lacks the field 'role'; add it"),
    "missing fields": (
        change("publisher: Acme\n    retrieved", "retrieved").replace("    title: Permissions of Acme\n", ""),
        "a source lacks the field 'title', 'publisher'; add it",
    ),
    "unknown field": (
        change("product_version:", "product_versoin:"),
        "unknown field 'product_versoin' in an edition; allowed are vendor, name, valid_from, ",
    ),
    "unknown field, nearest": (change("label:", "lable:"), "; did you mean 'label'?"),
    "unknown word": (
        change("type: delegated", "type: delegate"),
        "the type 'delegate' is not known; allowed are delegated, application; did you mean 'delegated'?",
    ),
    "unknown label": (change("  hub: Acme", "  hup: Acme"), "unknown API 'hup'; known are " + KEYS + ";"),
    "feature that is not defined": (
        change("when_used: not-stated", "when_used: only-with-robto"),
        "the edition defines no feature 'robto'; it defines no features",
    ),
    "feature that nothing depends on": (
        HEAD.replace("apps:\n", "features: [{key: robot, name: Robot, used: at night, lost: naps}]\napps:\n")
        + HUB
        + MAIL,
        "no permission has `when_used: only-with-robot`, so nothing depends on the feature",
    ),
    "source that is not defined": (
        change("    role: Offers the hub.\n", "    role: Offers the hub.\n    source: paeg\n"),
        "the edition defines no source 'paeg'; it defines page; did you mean 'page'?",
    ),
    "source twice": (
        change("api_labels:", "  - {key: page, title: A, publisher: B, retrieved: 2026-02-01}\napi_labels:"),
        "source 'page' stands twice, first in line ",
    ),
    "client id of an app that each tenant has its own of": (
        change("    role: Offers the hub.\n", f"    role: Offers the hub.\n    client_id: {{id: {MAIL_SEND}}}\n"),
        "only an app of kind enterprise-app has one app id in every tenant",
    ),
    "directory role of a shared principal": (
        change(
            "    role: Carries the calls.\n",
            "    role: Carries the calls.\n    directory_roles:\n"
            f"      - {{template_id: {MAIL_SEND}, name: A role, optional: true, purpose: None.}}\n",
        ),
        "a role given to a shared principal is given to everybody who uses it",
    ),
    "directory role twice": (
        change(
            "    role: Offers the hub.\n",
            "    role: Offers the hub.\n    directory_roles:\n"
            + f"      - {{template_id: {MAIL_SEND}, name: A role, optional: true, purpose: None.}}\n" * 2,
        ),
        f"directory role '{MAIL_SEND}' stands twice",
    ),
    "number for text": (
        change("product_version: not-stated", "product_version: 4.2"),
        "product, or not-stated must be text, not a number; put it in quotes",
    ),
    "nothing for text": (
        change("publisher: Acme", "publisher:"),
        "the publisher of the text must be text, not nothing",
    ),
    "blank text": (change("publisher: Acme", "publisher: ' '"), "the publisher of the text is empty; write it out"),
    "text for a flag": (change("optional: false", "optional: perhaps"), "must be true or false, not text"),
    "text for a list": (HEAD.replace("apps:\n", "apps: none\n"), "the apps of an edition must be a list, not text"),
    "empty list": (HEAD.replace("apps:\n", "apps: []\n"), "the apps of an edition is an empty list"),
    "list for a mapping": (
        change("footnotes:\n  delegated: With a user.\n  application: Without a user.", "footnotes: [one]"),
        "must be a mapping of fields, not a list",
    ),
    "mapping for text": (change("vendor: acme", "vendor: {a: b}"), "the key of the vendor must be text, not a mapping"),
    "list as a key": (change("vendor: acme", "[a]: acme"), "a field name must be text, not a list"),
    "own tag": (change("vendor: acme", "vendor: !mine acme"), "must be text, not a value tagged !mine"),
    "no such day": (change("2026-01-31", "2026-02-31"), "the first day of the edition '2026-02-31' is not a date"),
    "week date": (change("2026-01-31", "2026-W05-6"), "is not a date; write it like 2025-03-01"),
    "reconstructed without a reason": (change("basis: documented", "basis: reconstructed"), "says in `basis_reason`"),
    "documented with a reason": (change("basis: documented", "basis: documented\nbasis_reason: x"), "`basis_reason`"),
    "optional without a reason": (change("    optional_reason: Only for web parts.\n", ""), "in `optional_reason`"),
    "reason without optional": (change("optional: true", "optional: false"), "in `optional_reason`"),
    "key of a Microsoft API": (change("key: shared", "key: graph"), "'graph' is the key of a Microsoft API"),
    "scope id that is not the stable one": (
        change(f"stable_id: {SCOPE_ID}", f"stable_id: {MAIL_SEND}"),
        f"stable_id of 'Hub.Use' must be {SCOPE_ID}",
    ),
    "scopes on a shared principal": (
        change("kind: registration", "kind: enterprise-app"),
        "only an app of kind registration can expose scopes",
    ),
    "principals on a registration": (
        change("kind: shared-principal", "kind: registration"),
        "an app of kind shared-principal has `principals` and `documented_on`, and no other has",
    ),
    "shared principal without a choice": (
        change("    documented_on: new\n", ""),
        "an app of kind shared-principal has `principals` and `documented_on`, and no other has",
    ),
    "unknown principal": (
        change("documented_on: new", "documented_on: nwe"),
        "no principal 'nwe'; allowed are new, old; did you mean 'new'?",
    ),
    "principal known by nothing": (
        change('        identifier_uris: ["api://{tenant}/thing"]\n', ""),
        "a principal is known by `app_id` or by `identifier_uris`, one of the two",
    ),
    "application permission on a shared principal": (
        EDITION + permission("graph", "application", "Mail.Send", MAIL_SEND_APPLICATION),
        "a shared principal carries delegated permissions only",
    ),
    "not YAML": ("vendor: [acme\n", "not YAML: did not find expected ',' or ']'; correct the syntax"),
    "tabs": ("vendor:\n\t- a\n", "not YAML: found character that cannot start any token"),
    "two documents": (f"{EDITION}---\n{EDITION}", "not YAML: but found another document"),
    "recursive alias": ("vendor: &a [*a]\n", "the alias *a stands inside what it stands for; write it out"),
    "unknown alias": ("vendor: *a\n", "not YAML: found undefined alias"),
    "deep nesting": ("vendor: " + "[" * 500 + "]" * 500, "stands more than 64 levels deep, which is not read"),
    "unprintable": ("vendor: a\x00b\n", "not YAML: "),
    "empty file": ("", "the file is empty; an edition needs vendor, name, valid_from, "),
    "only a comment": ("# nothing\n", "the file is empty"),
    "only text": ("acme\n", "an edition must be a mapping of fields, not text"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_load_refuses(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CatalogueError) as refused:
        load_edition(path)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{path}:")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (instead_of_mail("grahp", "delegated", "Mail.Send", MAIL_SEND), 34, 14),
        (instead_of_mail("graph", "delegated", "Mail.Snd", MAIL_SEND), 36, 15),
        (instead_of_mail("graph", "delegated", "Mail.Send", MAIL_SEND_APPLICATION), 37, 13),
        (change("    role: Offers the hub.\n", ""), 20, 5),
        (change("product_version:", "product_versoin:"), 4, 1),
        (change("publisher: Acme", "publisher:"), 9, 15),
        ("", 1, 1),
        ("vendor: [acme\n", 2, 1),
    ],
)
def test_load_refuses_with_line_and_column(tmp_path: Path, text: str, line: int, column: int) -> None:
    """Lines and columns count from 1, as an editor shows them."""
    path = written(tmp_path, text)
    with pytest.raises(CatalogueError, match=re.escape(f"{path}:{line}:{column}: ")):
        load_edition(path)


def test_load_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.yaml: cannot be read: No such file or directory"):
        load_edition(tmp_path / "none.yaml")


def test_load_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        load_edition(tmp_path)


def test_load_refuses_what_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_bytes(b"vendor: caf\xe9\n")
    with pytest.raises(CatalogueError, match=r"acme\.yaml: cannot be read: not UTF-8 text at byte 11"):
        load_edition(path)
