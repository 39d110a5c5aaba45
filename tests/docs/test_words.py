"""Profiles, settings, sign-in variables and the JSON document: each has its place in the documents."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from lockstep.cli import run
from lockstep.cli.up import up
from lockstep.directory.settings import read_settings
from lockstep.emulator import profiles
from lockstep.settings.model import AppSetting
from tests.docs.pages import REPOSITORY, pages, read, table


def test_every_profile_has_its_row_and_every_row_its_profile() -> None:
    shown = read("docs/emulator.md").partition("| profile |")[2].partition("\n\n")[0]
    rows = [line for line in shown.splitlines() if re.match(r"\| `[\w-]+` \|", line)]
    assert {line.split("`")[1] for line in rows} == set(profiles())


def test_every_make_target_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    shown = [re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE) for page in pages()]
    assert {word for found in shown for word in found} <= targets
    assert "up" in shown[[page.name for page in pages()].index("quick-start.md")]


def test_help_names_every_profile() -> None:
    option = next(option for option in up.params if option.name == "profile")
    assert all(name in str(option.help) for name in profiles())


def test_every_choice_of_principals_is_explained() -> None:
    schema = AppSetting.model_json_schema()
    explained = " ".join(table(read("docs/sharepoint.md"), "`principals`: which must be there"))
    assert all(f"`{choice}`" in explained for choice in schema["properties"]["principals"]["enum"])


class _Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return default


def test_every_sign_in_variable_is_documented() -> None:
    asked = _Asked()
    read_settings(asked)
    assert len(asked.names) > 15
    page = read("docs/first-real-tenant.md")
    assert {name for name in asked.names if f"`{name}" not in page} == set()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def test_every_field_of_the_document_is_described(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up", "--cwd", str(project), "--using", "rehearsal", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = table(read("docs/command-line.md"), "The JSON document")
    described = {word for cell in rows for word in re.findall(r"`(\w+)`", cell)}
    assert set(document) == described - {"error"}
    assert run(["up", "--cwd", str(project), "--using", "rehearsal", "--json", "--stack", "nowhere"]) == 2
    assert set(json.loads(capsys.readouterr().out)) <= described
    text = " ".join(rows.values())
    inner = [document["target"], document["engine"], *document["steps"], *document["verification"]["apps"]]
    assert {name for part in inner for name in part if f"`{name}`" not in text} <= {"agrees"}
