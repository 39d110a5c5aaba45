"""`lockstep catalogue draft`: from a page, a manifest or a tenant to the draft of a vendor's first edition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import load_edition
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.errors import CatalogueError
from tests.catalogue.pages import PAGES
from tests.command.conftest import Command
from tests.vendors import ATERA_CLIENT_ID

GRAPH = "00000003-0000-0000-c000-000000000000"
MAIL_SEND = "e383f46e-2787-4529-855e-0e479a3ffac0"


def manifest(*entries: dict[str, Any], api: str = GRAPH) -> str:
    access = [{"resourceAppId": api, "resourceAccess": list(entries)}]
    return json.dumps({"displayName": "Contoso", "requiredResourceAccess": access})


def test_a_page_becomes_a_draft_with_its_decisions_and_its_texts(lockstep: Command, project: Path) -> None:
    (project / "page.html").write_text(PAGES["titles instead of names"][0], encoding="utf-8")
    words = ("catalogue", "draft", "--page", "page.html", "--vendor", "contoso", "--out", "contoso.yaml")
    found = lockstep(*words, "--json")
    assert found.code == 1
    assert [row["outcome"] for row in found.document["rows"]].count("taken") == 7
    assert found.document["decisions"] == "contoso.decisions.yaml"
    texts = json.loads((project / "contoso.texts.json").read_text("utf-8"))["texts"]
    assert any("rows/Notes.ReadWrite.All" in text[3] for text in texts)
    before = (project / "contoso.yaml").read_text("utf-8")
    decisions = project / "contoso.decisions.yaml"
    decisions.write_text(decisions.read_text("utf-8").replace("decision: TODO", "decision: 'leave out: no'"), "utf-8")
    assert lockstep(*words).code == 1
    after = (project / "contoso.yaml").read_text("utf-8")
    assert "openid" in before
    assert "openid" not in after
    assert "leave out: no" in decisions.read_text("utf-8")


def test_without_a_file_the_draft_is_printed(lockstep: Command, project: Path) -> None:
    (project / "page.txt").write_text(PAGES["one cell a line"][0], encoding="utf-8")
    found = lockstep("catalogue", "draft", "--page", "page.txt")
    assert found.code == 1
    assert "\n        name: Channel.ReadBasic.All\n" in found.out


def test_a_manifest_becomes_a_draft(lockstep: Command, project: Path) -> None:
    unknown = {"id": "00000000-0000-4000-8000-000000000000", "type": "Role"}
    (project / "m.json").write_text(manifest({"id": MAIL_SEND, "type": "Scope"}, unknown), encoding="utf-8")
    found = lockstep("catalogue", "draft", "--manifest", "m.json", "--out", "d.yaml", "--json")
    assert [(row["outcome"], row["name"]) for row in found.document["rows"]] == [
        ("taken", "Mail.Send"),
        ("refused", None),
    ]
    assert "Microsoft Graph lists no application permission" in found.document["rows"][1]["why"]
    other = manifest({"id": MAIL_SEND, "type": "Scope"}, api="88888888-8888-4888-8888-888888888888")
    (project / "m.json").write_text(other, encoding="utf-8")
    found = lockstep("catalogue", "draft", "--manifest", "m.json", "--json")
    assert "make one with `lockstep catalogue api --api 88888888-" in found.document["rows"][0]["why"]


def test_what_a_tenant_holds_is_observed_and_no_edition(lockstep: Command, project: Path, served: Emulator) -> None:
    words = ("--tenant", TENANT_ID, "--app", ATERA_CLIENT_ID, "--vendor", "atera", "--out", "o.yaml")
    found = lockstep("catalogue", "draft", *words, "--json")
    assert found.code == 1, found.err
    names = {(row["api"], row["type"], row["name"]) for row in found.document["rows"] if row["outcome"] == "taken"}
    assert ("graph", "application", "UserAuthenticationMethod.ReadWrite.All") in names
    assert len(names) >= 27
    text = (project / "o.yaml").read_text("utf-8")
    assert "basis: observed" in text
    (project / "o.yaml").write_text(text.replace("TODO ", "").replace("basis: stated", ""), "utf-8")
    with pytest.raises(CatalogueError):
        load_edition(project / "o.yaml")
    absent = "88888888-8888-4888-8888-888888888888"
    missing = lockstep("catalogue", "draft", "--tenant", TENANT_ID, "--app", absent)
    assert missing.code == 1
    assert f"has no service principal of the client id {absent}" in missing.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "name one of --page, --manifest, or --tenant together with --app"),
        (
            ("--page", "a.txt", "--manifest", "b.json"),
            "name one of --page, --manifest, or --tenant together with --app",
        ),
        (("--tenant", TENANT_ID), "name one of --page, --manifest, or --tenant together with --app"),
        (("--page", "no.txt"), "no.txt: cannot be read"),
        (("--page", "empty.txt"), "empty.txt: no row of permissions was found"),
        (("--manifest", "empty.txt"), "empty.txt: cannot be read: it is not JSON"),
        (("--manifest", "odd.json"), "odd.json: has no list `requiredResourceAccess`"),
        (("--page", "page.txt", "--out", "Pulumi.yaml"), "Pulumi.yaml: is there already and is no draft"),
    ],
)
def test_what_cannot_be_drafted_is_refused_and_nothing_is_written(
    lockstep: Command, project: Path, words: tuple[str, ...], expected: str
) -> None:
    (project / "empty.txt").write_text("", encoding="utf-8")
    (project / "odd.json").write_text("[]", encoding="utf-8")
    (project / "page.txt").write_text(PAGES["one cell a line"][0], encoding="utf-8")
    before = {path: path.read_bytes() for path in project.iterdir() if path.is_file()}
    refused = lockstep("catalogue", "draft", *words)
    assert refused.code == 2, refused.err
    assert expected in refused.err
    assert {path: path.read_bytes() for path in project.iterdir() if path.is_file()} == before
