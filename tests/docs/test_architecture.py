"""The map is true: rooms, import rules, files and functions that the pages for contributors name are there."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from scripts import rooms
from tests.docs.pages import REPOSITORY, inline, links, read, table

MAP, CONTRIBUTING, GLOSSARY = "docs/architecture.md", "CONTRIBUTING.md", "docs/glossary.md"
PAGES = (MAP, CONTRIBUTING, GLOSSARY)
WAYS = ("The way of a permission", "The way of a violation", "The way of an audit finding", "The way of a setting")

_TOP = "lockstep|tests|docs|scripts|policy|components|stacks|plugins|pipelines|benchmarks|requirements"
_PATH = re.compile(rf"(?:(?:{_TOP})/[\w./-]*|\w[\w.-]*\.(?:py|md|toml|yaml|json))")
_WITH_NAMES = re.compile(r"`([\w./-]+\.py)`: ((?:`[\w.]+`(?:, |(?= |\.|$|;|\|)))+)")
_DOTTED = re.compile(r"lockstep(?:\.\w+)+")
_IN_FILE = re.compile(r"`(\w+(?:\.\w+)?)` (?:in|of) `([\w./-]+\.py)`|`(\w+)`s? \(`([\w./-]+\.py)`\)")

# Files that a recipe tells the reader to make.
NEW = {"Pulumi.acme.yaml", "acme/2026-12-01.yaml"}


@cache
def names_in(path: str) -> frozenset[str]:
    """Return what a module defines or imports: functions, classes, constants, and `Class.member` of its classes."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    return frozenset(_defined(tree.body, ""))


def _defined(body: list[ast.stmt], prefix: str) -> list[str]:
    names: list[str] = []
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.append(prefix + name)
            case ast.ClassDef(name=name):
                names += [prefix + name, *_defined(node.body, f"{prefix}{name}.")]
            case ast.Assign(targets=targets):
                names += [prefix + target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.append(prefix + name)
    return names


def named(text: str) -> list[tuple[str, str]]:
    """Return every (file, name) that a page says is in that file."""
    pairs = [
        (path, name)
        for path, listed in _WITH_NAMES.findall(text)
        for name in re.findall(r"`([\w.]+)`", listed)
        if not name.endswith(".py")
    ]
    for name, path, other, of in _IN_FILE.findall(text):
        pairs.append((path or of, name or other))
    return pairs


@pytest.mark.parametrize("page", PAGES)
def test_every_file_named_is_there(page: str) -> None:
    paths = {word for word in inline(read(page)) if _PATH.fullmatch(word)} - NEW
    assert [path for path in sorted(paths) if not _exists(path)] == []


def _exists(path: str) -> bool:
    """Tell whether a path is there, or, for a bare name such as `sharepoint.json`, a file of that name."""
    if (REPOSITORY / path).exists():
        return True
    return "/" not in path and any(REPOSITORY.joinpath("lockstep").rglob(path))


@pytest.mark.parametrize("page", PAGES)
def test_every_function_named_is_in_its_file(page: str) -> None:
    missing = [(path, name) for path, name in named(read(page)) if name not in names_in(path)]
    assert missing == []


def test_the_map_names_functions() -> None:
    pairs = named(read(MAP))
    assert len(pairs) > 50
    for path, name in [
        ("lockstep/catalogue/shelf.py", "Catalogue.edition"),
        ("lockstep/consent.py", "plan_additive"),
        ("lockstep/consent.py", "Consent"),
        ("lockstep/gate/locate.py", "Finder"),
        ("lockstep/emulator/registry.py", "foreign_app"),
    ]:
        assert (path, name) in pairs


@pytest.mark.parametrize("page", PAGES)
def test_every_dotted_name_can_be_imported(page: str) -> None:
    for name in {word for word in inline(read(page)) if _DOTTED.fullmatch(word)}:
        module, _, attribute = name.rpartition(".")
        assert _importable(name) or hasattr(importlib.import_module(module), attribute), name


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True


def test_every_room_has_its_row_and_every_row_its_room() -> None:
    assert sorted(cell.strip("`") for cell in table(read(MAP), "The rooms")) == rooms.rooms()


@pytest.mark.parametrize("way", WAYS)
def test_every_step_of_a_way_names_a_place(way: str) -> None:
    rows = table(read(MAP), way)
    assert [int(number) for number in rows] == list(range(1, len(rows) + 1))
    for row in rows.values():
        assert re.search(r"`[\w./-]+\.(?:py|yaml)`", row.split("|")[2]), row


def test_the_picture_is_that_of_the_contracts() -> None:
    assert rooms.page(read(MAP)) == read(MAP), "run `make docs` and commit what it changes"


def test_the_picture_has_every_room_and_every_contract() -> None:
    text = rooms.section()
    for room in rooms.rooms():
        assert re.search(rf"\b{room}\b", text), room
    for contract in rooms.contracts():
        assert contract["name"][1:] in text


def test_every_folder_of_tests_has_its_row() -> None:
    folders = {f"tests/{path.parent.name}" for path in REPOSITORY.glob("tests/*/__init__.py")}
    assert {cell.strip("`") for cell in table(read(CONTRIBUTING), "Where each kind lives")} == folders


def test_every_check_has_its_row() -> None:
    targets = re.findall(r"^([a-z]+): .*## ", read("Makefile"), re.MULTILINE)
    shown = {cell.strip("`").split()[1] for cell in table(read(CONTRIBUTING), "The checks")}
    assert set(targets) - shown == {"up", "deploy", "lock", "clean", "help"}


def test_the_pages_for_contributors_lead_to_each_other() -> None:
    assert {"docs/architecture.md", "docs/glossary.md", "docs/maintaining.md"} <= set(links(read(CONTRIBUTING)))
    assert {"glossary.md", "../CONTRIBUTING.md"} <= set(links(read(MAP)))
    assert len(read(CONTRIBUTING).splitlines()) < 150
    assert Path(REPOSITORY / "docs/emulator.md").exists()
