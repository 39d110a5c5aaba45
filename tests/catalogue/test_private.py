"""A project's own catalogue: it adds, it never changes what ships, and whatever does not belong there is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lockstep.catalogue import Permission, PermissionType, api_of, is_public, lay_over, load, meanings, risk
from lockstep.catalogue.api import apis
from lockstep.catalogue.showing import show_catalogue
from lockstep.emulator import Emulator, vendor_client_id
from lockstep.errors import CatalogueError, SettingError
from lockstep.settings.reading import read_settings
from tests.docs.pages import code, read

ACME = next(text for text in code(read("docs/your-own-vendors.md"), "yaml") if text.startswith("vendor: acme"))
PLACE = "editions/acme/2026-11-01.yaml"
TENANT = "11111111-1111-4111-8111-111111111111"
API: dict[str, Any] = {
    "key": "acme-api",
    "name": "Acme API",
    "app_id": "7f6a1111-2222-4333-8444-555566667777",
    "snapshot": "2026-11-02",
    "permissions": [
        {
            "value": "Plan.Read",
            "id": "7f6a1111-2222-4333-8444-555566660001",
            "type": "delegated",
            "display_name": "Read",
        }
    ],
}
PLAN = ("acme-api", "delegated", "Plan.Read")
TIER = {"api": "acme-api", "type": "delegated", "name": "Plan.Read", "id": API["permissions"][0]["id"], "tier": 2}
TIER |= {"reason": "Reads plans.", "source": "our own judgement"}


def laid(project: Path, files: dict[str, str]) -> Path:
    """Write a private catalogue, and say that this process is about its project."""
    for name, text in files.items():
        path = project / "catalogue" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    lay_over(project)
    return project


def everything() -> None:
    """Read whatever a private catalogue may hold."""
    catalogue = load()
    for vendor in catalogue.vendors:
        catalogue.editions(vendor)
    dict(apis())
    meanings()
    risk(Permission("x", PermissionType.DELEGATED, "x"))


def test_i13_vendors_lists_sentences_and_tiers_are_laid_over_the_shipped_ones(tmp_path: Path) -> None:
    shipped = load().vendors
    uses = ACME.replace("api: graph", "api: acme-api").replace("type: application", "type: delegated")
    uses = uses.replace("Mail.Send", "Plan.Read").replace(
        "b633e1c5-b582-4048-a93e-9f11b44c7e96", API["permissions"][0]["id"]
    )
    sentence = {"meanings": {"/".join(PLAN): "Read the plans."}}
    files = {PLACE: uses, "apis/acme-api.json": json.dumps(API), "README.md": "Ours.", ".gitkeep": ""}
    laid(tmp_path, {**files, "meanings.json": json.dumps(sentence), "risk-tiers.json": json.dumps({"tiers": [TIER]})})
    everything()
    assert set(load().vendors) == {*shipped, "acme"}
    [entry] = load().edition("acme", "2026-11-01").app("acme-planner").permissions
    assert (entry.api_name, entry.permission.api) == ("Acme API", API["app_id"])
    assert meanings()["/".join(PLAN)] == "Read the plans."
    weight = risk(entry.permission)
    assert weight is not None
    assert (weight.tier, weight.source) == (2, "our own judgement")
    assert api_of(API["app_id"]) is not None
    assert is_public(API["app_id"])
    assert vendor_client_id("acme-planner") == "5a2f8a3c-1c1e-4f0e-9a53-6d1f2f0c7b11"
    assert API["app_id"] in {principal["appId"] for principal in Emulator.open().snapshot()["servicePrincipals"]}
    lay_over(None)
    assert load().vendors == shipped
    assert api_of(API["app_id"]) is None


def test_i13_what_a_draft_leaves_beside_an_edition_belongs_there_and_is_read(tmp_path: Path) -> None:
    texts = json.dumps({"source": "the first", "texts": [["0" * 16, "A heading", "line 1", ["rows/Mail.Send"]]]})
    beside = {"editions/acme/2026-11-01.texts.json": texts, "editions/acme/2026-11-01.decisions.yaml": "rows: []\n"}
    laid(tmp_path, {PLACE: ACME, **beside})
    assert load().dates("acme") == ("2026-11-01",)
    (text,) = load().texts("acme", "2026-11-01") or ()
    assert (text.place, text.supports) == ("line 1", ("rows/Mail.Send",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not JSON"),
        ("[]", "has no list `texts`"),
        ('{"texts": [["x", "y"]]}', "texts[0] is not [digest, heading"),
    ],
)
def test_i13_a_record_of_texts_that_is_none_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    laid(tmp_path, {PLACE: ACME, "editions/acme/2026-11-01.texts.json": text})
    with pytest.raises(CatalogueError, match=r"catalogue/editions/acme/2026-11-01\.texts\.json: ") as refused:
        load().texts("acme", "2026-11-01")
    assert expected in str(refused.value)


def test_i13_an_edition_of_another_day_is_added_to_a_shipped_vendor(tmp_path: Path) -> None:
    vendor = load().vendors[0]
    before = load().dates(vendor)
    later = ACME.replace("acme\n", f"{vendor}\n").replace("2026-11-01", "2031-01-01")
    laid(tmp_path, {f"editions/{vendor}/2031-01-01.yaml": later})
    assert load().dates(vendor) == (*before, "2031-01-01")


def test_i13_show_says_which_editions_are_the_projects_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vendor = load().vendors[0]
    later = ACME.replace("acme\n", f"{vendor}\n").replace("2026-11-01", "2031-01-01")
    laid(tmp_path, {PLACE: ACME, f"editions/{vendor}/2031-01-01.yaml": later})
    assert show_catalogue(None, None, "current", as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["private"] == {"acme": ["2026-11-01"], vendor: ["2031-01-01"]}
    show_catalogue(None, None, "current", as_json=False)
    assert "2026-11-01 (this project's own)" in capsys.readouterr().out
    show_catalogue("acme", None, "current", as_json=False)
    assert f"this project's own, catalogue/{PLACE}" in capsys.readouterr().err
    show_catalogue(vendor, None, load().dates(vendor)[0], as_json=False)
    assert "own" not in capsys.readouterr().err


SHIPPED = next((vendor, load().dates(vendor)[0]) for vendor in load().vendors)
API_TEXT = json.dumps(API, indent=1)
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "the date of a shipped edition": (
        {"editions/{}/{}.yaml".format(*SHIPPED): ACME},
        r"catalogue/editions/\S+\.yaml: Lockstep ships the edition .*never changes; to fix: give yours the date",
    ),
    "no YAML": ({PLACE: "vendor: [acme\n"}, rf"catalogue/{PLACE}:2:1: is not YAML"),
    "empty": ({PLACE: ""}, rf"catalogue/{PLACE}:1:1: the file is empty"),
    "another vendor's folder": ({"editions/zeta/2026-11-01.yaml": ACME}, r"catalogue/editions/zeta\S+: holds acme"),
    "an unknown field": (
        {PLACE: ACME.replace("basis:", "basiss:")},
        rf"catalogue/{PLACE}:4:1: unknown field 'basiss'",
    ),
    "an unknown permission": (
        {PLACE: ACME.replace("Mail.Send", "Mail.Sned")},
        rf"catalogue/{PLACE}:\d+:\d+: .*Mail\.Sned.*did you mean 'Mail\.Send'",
    ),
    "one client id twice in a file": (
        {PLACE: ACME + ACME[ACME.index("  - key: acme-planner") :].replace("key: acme-planner", "key: other")},
        r"the published client id '5a2f\S+ stands twice, first in line 12",
    ),
    "an unknown file": ({"tiers.json": "{}"}, r"catalogue/tiers\.json: does not belong .*did you mean 'risk-tiers"),
    "yml": ({"editions/acme/2026-11-01.yml": ACME}, r"2026-11-01\.yml: does not belong .*YYYY-MM-DD\.yaml"),
    "no date": ({"editions/acme/newest.yaml": ACME}, r"newest\.yaml: does not belong"),
    "an edition beside the folders": ({"acme/2026-11-01.yaml": ACME}, r"catalogue/acme: does not belong"),
    "capitals": ({"editions/Acme/2026-11-01.yaml": ACME}, r"editions/Acme: does not belong"),
    "the list of a shipped API": (
        {"apis/graph.json": API_TEXT.replace("acme-api", "graph")},
        r"catalogue/apis/graph\.json:2:9: Lockstep ships the list of 'graph'",
    ),
    "a shipped API by another key": (
        {"apis/acme-api.json": API_TEXT.replace(API["app_id"], "00000003-0000-0000-c000-000000000000")},
        r"apis/acme-api\.json:4:12: the API of this app id has a list already, by the key 'graph'",
    ),
    "a list of another name": ({"apis/other.json": API_TEXT}, r"apis/other\.json:2:9: the list is of 'acme-api'"),
    "no JSON": (
        {"apis/acme-api.json": '{"key": "acme-api", '},
        r"apis/acme-api\.json: .*not JSON \(line 1\)",
    ),
    "a list that lacks fields": ({"apis/acme-api.json": '{"key": "acme-api"}'}, r"apis/acme-api\.json:1:.*lacks the"),
    "a sentence that ships": (
        {"meanings.json": '{"meanings": {\n"graph/application/Mail.Send": "Ours."}}'},
        r"catalogue/meanings\.json:2:1: graph/application/Mail\.Send has a sentence already",
    ),
    "a misspelt sentence": (
        {"meanings.json": '{"meanings": {"graph/application/Mail.Sned": "Ours."}}'},
        r"meanings\.json:1:\d+: Microsoft Graph has no application permission 'Mail\.Sned'; did you mean 'Mail\.Send'",
    ),
    "a sentence of no permission": ({"meanings.json": '{"meanings": {"Mail": "x"}}'}, r"'Mail' is not API/TYPE/NAME"),
    "a tier that is none": (
        {"risk-tiers.json": json.dumps({"tiers": [{**TIER, "tier": 3}]})},
        r"risk-tiers\.json:1:\d+: the tier must be 0 \(control plane\)",
    ),
    "a tier that ships": (
        {
            "risk-tiers.json": json.dumps(
                {
                    "tiers": [
                        TIER
                        | {"api": "graph", "type": "application", "name": "Mail.Send"}
                        | {"id": "b633e1c5-b582-4048-a93e-9f11b44c7e96"}
                    ]
                }
            )
        },
        r"risk-tiers\.json:1:\d+: Mail\.Send has a tier already",
    ),
}


EXPOSING = next(
    app.key for vendor in load().vendors for app in load().edition_as_of(vendor, "current").apps if app.exposes
)
REFUSED["one of the two shared principals"] = (
    {
        PLACE: ACME.replace("kind: enterprise-app", "kind: shared-principal").replace(
            "client_id: {id: 5a2f8a3c-1c1e-4f0e-9a53-6d1f2f0c7b11}",
            "documented_on: new\n    principals: [{key: new, name: A, app_id: 5a2f8a3c-1c1e-4f0e-9a53-6d1f2f0c7b11}]",
        )
    },
    rf"catalogue/{PLACE}:\d+:\d+: an app of kind shared-principal stands for .*list both",
)
REFUSED["a list by the key of an app that ships"] = (
    {f"apis/{EXPOSING}.json": json.dumps({**API, "key": EXPOSING})},
    rf"'{EXPOSING}' is the key of an API that the project lists \(catalogue/apis/{EXPOSING}\.json\)",
)


@pytest.mark.parametrize(("files", "message"), REFUSED.values(), ids=REFUSED)
def test_i13_what_does_not_belong_there_is_refused_with_its_place(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    laid(tmp_path, files)
    with pytest.raises(CatalogueError, match=message) as refused:
        everything()
    assert "\n" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("link", ["catalogue", "catalogue/editions", "catalogue/editions/acme", f"catalogue/{PLACE}"])
def test_i13_a_symbolic_link_anywhere_in_it_is_refused(tmp_path: Path, link: str) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    laid(project, {PLACE: ACME})
    (project / link).rename(outside)
    (project / link).symlink_to(outside)
    lay_over(project)
    with pytest.raises(CatalogueError, match=rf"^{link}: is a symbolic link;.*to fix: put the file itself there"):
        everything()


def test_i13_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalogue").write_text("", "utf-8")
    lay_over(tmp_path)
    with pytest.raises(CatalogueError, match="catalogue: is a file"):
        everything()


@pytest.mark.parametrize("where", ["published", "given"])
def test_i13_two_apps_of_one_client_id_in_a_stack_are_refused(tmp_path: Path, where: str) -> None:
    other = ACME.replace("acme", "beta").replace("Acme", "Beta")
    if where == "given":
        other = other.replace("5a2f8a3c", "5a2f8a3d")
    laid(tmp_path, {PLACE: ACME, PLACE.replace("acme", "beta"): other})
    apps = {"beta-planner": {"clientId": "5a2f8a3c-1c1e-4f0e-9a53-6d1f2f0c7b11"}} if where == "given" else {}
    config = {
        "azuread:tenantId": TENANT,
        "entraconsent:tenantId": TENANT,
        "lockstep:target": "local",
        "lockstep:vendors": '["acme", "beta"]',
        "lockstep:apps": json.dumps(apps),
    }
    with pytest.raises(SettingError, match=r"Beta Planner .*client id 5a2f\S+, which Acme Planner .* has too"):
        read_settings(config, where="Pulumi.dev.yaml")
