"""`lockstep report`: what it writes where, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command.conftest import Command, set_app, set_setting


def test_report_needs_no_project_and_no_tenant(
    lockstep: Command, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    shown = lockstep("report")
    assert shown.code == 0
    assert "84 permissions" in shown.out
    assert "tier 0: UserAuthenticationMethod.ReadWrite.All · application (Atera)" in shown.out
    assert shown.err.splitlines()[0] == "target: none, the catalogue alone"
    assert shown.err.splitlines()[-1] == "target: none, the catalogue alone: report done"


def test_one_run_writes_every_form(lockstep: Command, project: Path) -> None:
    page, text = project / "dossier.html", project / "dossier.md"
    written = lockstep("report", "--vendor", "atlas", "--html", str(page), "--markdown", str(text), "--json")
    assert written.code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert text.read_text(encoding="utf-8").startswith("# Permissions of Atlas\n")
    assert [each["vendor"] for each in written.document["editions"]] == ["atlas"]


def test_a_dash_is_stdout(lockstep: Command) -> None:
    assert lockstep("report", "--markdown", "-").out.startswith("# Permissions of Atera and Atlas\n")


def test_edition_and_comparison_are_chosen(lockstep: Command) -> None:
    older = lockstep("report", "--vendor", "atlas", "--edition", "2025-02-28", "--compare", "2025-03-01", "--json")
    edition = older.document["editions"][0]
    assert (edition["edition"], edition["basis"]) == ("2025-02-28", "reconstructed")
    assert [(each["before"], each["after"]) for each in edition["comparisons"]] == [("2025-03-01", "2025-02-28")]
    newest = lockstep("report", "--vendor", "atlas", "--json").document["editions"][0]
    assert [each["before"] for each in newest["comparisons"]] == ["2025-02-28"]


def test_a_stack_brings_its_decisions(lockstep: Command, project: Path) -> None:
    withheld = {"permission": "Mail.Send", "reason": "No <b>mail</b>", "by": "Review 7"}
    set_setting(project, "    api-client: {deploy: true}\n", "")
    set_app(project, "connex-api", {"withhold": [withheld]})
    found = lockstep("report", "--stack", "dev", "--json")
    assert found.code == 0
    assert found.document["stack"]["name"] == "dev"
    apps = {app["key"]: app for edition in found.document["editions"] for app in edition["apps"]}
    assert (apps["api-client"]["deployed"], apps["pnp"]["deployed"]) == (False, True)
    sent = next(each for each in apps["connex-api"]["permissions"] if each["value"] == "Mail.Send")
    assert sent["standing"] == "withheld"
    assert sent["withheld"]["reason"] == "No <b>mail</b>"
    assert sent["withheld"]["by"] == "Review 7"
    assert sent["purpose"] in sent["withheld"]["cost"]
    page = lockstep("report", "--stack", "dev", "--html", "-").out
    assert "No &lt;b&gt;mail&lt;/b&gt;" in page
    assert "<b>mail" not in page


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--vendor", "atlass"), "did you mean 'atlas'?"),
        (("--edition", "yesterday"), "neither 'current' nor a date"),
        (("--compare", "1999-01-01"), "--compare 1999-01-01: no other edition has this date; atera has 2026-11-22"),
        (("--vendor", "atera", "--compare", "2026-11-22"), "no other edition"),
        (("--stack", "dve"), "did you mean 'dev'?"),
        (("--html", "no/such/folder/x.html"), "no/such/folder/x.html: cannot be written"),
    ],
)
def test_wrong_words_are_refused(lockstep: Command, words: tuple[str, ...], expected: str) -> None:
    refused = lockstep("report", *words)
    assert refused.code == 2
    assert expected in refused.err
    assert refused.out == ""


def test_a_local_stack_shows_what_its_emulator_grants_and_an_audit_file_the_same(
    lockstep: Command, project: Path
) -> None:
    before = lockstep("report", "--stack", "dev", "--json").document
    assert before["tenant"] is None  # nothing was deployed, so there is nothing to read
    assert lockstep("up", "--using", "rehearsal").code == 0
    found = lockstep("report", "--stack", "dev", "--json").document
    assert found["tenant"]["name"] == "Local Test"
    apps = {app["key"]: app for edition in found["editions"] for app in edition["apps"]}
    presences = {
        key: {each["presence"] for entry in app["permissions"] for each in entry["tenant"]} for key, app in apps.items()
    }
    assert presences.pop("atera") == {"as-documented"}  # a twin that the tenant lacks is not there to be shown
    assert set(map(frozenset, presences.values())) == {frozenset({"as-documented"})}
    shared = {grant["presence"] for seen in apps["spfx"]["tenant"] for grant in seen["grants"]}
    assert shared == {"as-documented", "foreign"}
    audited = project / "audit.json"
    audited.write_text(lockstep("audit", "--stack", "dev", "--json").out, encoding="utf-8")
    by_file = lockstep("report", "--audit", str(audited), "--json").document
    seen = {app["key"]: app["tenant"] for edition in by_file["editions"] for app in edition["apps"]}
    assert seen == {key: app["tenant"] for key, app in apps.items()}


def test_a_file_that_is_no_audit_is_refused(lockstep: Command, project: Path) -> None:
    (project / "x.json").write_text("{}", encoding="utf-8")
    refused = lockstep("report", "--audit", "x.json")
    assert refused.code == 2
    assert "x.json: is not an audit" in refused.err
