"""Every file that a user hands over is read as Windows PowerShell writes it: UTF-16 with a mark, lines in CRLF."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from lockstep.adopt.stack_writing import write_settings
from lockstep.catalogue.loader import load_edition
from lockstep.directory.settings import read_secret_file
from lockstep.emulator.faults.reading import read_plan_file
from lockstep.local.workplace import open_workplace
from lockstep.rehearsal import read_import_document
from lockstep.scaffold.lock import read_lock
from tests.catalogue.saved import PAGES, rows_of
from tests.command.conftest import REPOSITORY, Command

MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE, "utf-8": codecs.BOM_UTF8}


def _hand_over(path: Path, text: str, encoding: str = "utf-16-le") -> Path:
    path.write_bytes(MARKS[encoding] + text.replace("\n", "\r\n").encode(encoding))
    return path


@pytest.fixture(params=MARKS)
def mark(request: pytest.FixtureRequest) -> str:
    """The encoding of the file."""
    return str(request.param)


def test_b16_a_capture_is_a_profile(lockstep: Command, project: Path) -> None:
    lockstep("emulator", "reset", "--profile", "brownfield")
    before = lockstep("emulator", "snapshot").out
    assert before.count("Atlas.ConneX API") > 0
    _hand_over(project / "contoso.json", lockstep("capture").out)
    assert lockstep("emulator", "reset", "--profile", "contoso.json").code == 0
    assert "Atlas.ConneX API" in lockstep("emulator", "snapshot").out


def test_b16_an_audit_is_compared_and_reported(lockstep: Command, project: Path) -> None:
    audited = lockstep("audit", "--stack", "dev", "--json")
    _hand_over(project / "audit.json", audited.out)
    compared = lockstep("audit", "--stack", "dev", "--compare", "audit.json")
    assert compared.code == audited.code, compared.err
    assert "cannot be read" not in compared.err
    reported = lockstep("report", "--stack", "dev", "--audit", "audit.json", "--markdown", "page.md")
    assert reported.code == 0, reported.err


def test_b16_a_saved_page_is_checked(lockstep: Command, project: Path, mark: str) -> None:
    _hand_over(project / "page.html", PAGES["atlas"](rows_of("atlas")), mark)
    checked = lockstep("catalogue", "check", "--source", "page.html")
    assert "rows: 0 gained, 0 lost, 0 changed" in checked.out, checked.err


def test_b16_a_list_of_tenants_is_read(lockstep: Command, project: Path, mark: str) -> None:
    _hand_over(project / "tenants.txt", "# ours\nnobody\n", mark)
    assert "tenants.txt:2: 'nobody' is not a tenant id" in lockstep("audit", "--tenants", "tenants.txt").err


def test_b16_a_stack_file_is_read_and_keeps_its_mark_when_it_is_changed(project: Path, mark: str) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        _hand_over(project / name, (project / name).read_text(encoding="utf-8"), mark)
    place = open_workplace(project, "dev")
    assert write_settings(place, {"spfx": {"claim": True}}) == place.path
    content = place.path.read_bytes()
    assert content.startswith(MARKS[mark])
    assert "claim: true\r\n" in content[len(MARKS[mark]) :].decode(mark)
    assert open_workplace(project, "dev").settings.apps["spfx"].claim is True


def test_b16_faults_are_read(tmp_path: Path, mark: str) -> None:
    assert read_plan_file(_hand_over(tmp_path / "faults.yaml", "seed: 5\n", mark)).seed == 5


def test_b16_an_import_document_is_read(tmp_path: Path, mark: str) -> None:
    text = '{"resources": [{"type": "a:b:C", "name": "Zoë", "id": "1"}]}'
    (entry,) = read_import_document(_hand_over(tmp_path / "adopt.json", text, mark))
    assert entry.name == "Zoë"


def test_b16_an_edition_is_read(tmp_path: Path, mark: str) -> None:
    shipped = sorted((REPOSITORY / "lockstep/catalogue/data/editions/atera").glob("*.yaml"))[-1]
    folder = tmp_path / "atera"
    folder.mkdir()
    read = load_edition(_hand_over(folder / shipped.name, shipped.read_text(encoding="utf-8"), mark))
    assert read == load_edition(shipped)


def test_b16_a_secret_file_is_read(tmp_path: Path, mark: str) -> None:
    path = _hand_over(tmp_path / "secret", "made-up\n", mark)
    assert read_secret_file("ARM_CLIENT_SECRET_FILE_PATH", str(path)) == "made-up"


def test_b16_a_lock_is_read(tmp_path: Path, mark: str) -> None:
    path = _hand_over(tmp_path / "requirements.txt", f"httpx==0.28.1 --hash=sha256:{'a' * 64}\n", mark)
    (pin,) = read_lock(path, "requirements.txt")
    assert (pin.name, pin.version) == ("httpx", "0.28.1")
