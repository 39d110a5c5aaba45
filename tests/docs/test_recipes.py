"""The recipes for contributors hold: their steps are followed as they stand on the page, without a further line."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from lockstep.audit.subjects import of_stack, of_vendors
from lockstep.catalogue import AppKind, load
from lockstep.catalogue.api import DATA
from lockstep.dossier import build, markdown
from lockstep.emulator import TENANT_ID, Emulator
from lockstep.emulator.applications.model import APPLICATION
from lockstep.emulator.odata import filter as filters
from lockstep.policy.permissions import Requested, judge
from lockstep.settings.reading import read_settings
from lockstep.settings.stack_app import stack_apps
from scripts import emulator_coverage
from tests.docs.pages import REPOSITORY, code, inline, read
from tests.emulator.client import Client

MAP = "docs/architecture.md"
NAMES = ["Mail.Send", "User.Read"]
PROJECT = ("Pulumi.yaml", "__main__.py", "components", "lockstep", "plugins", "policy", "stacks")


def section(page: str, heading: str) -> str:
    """Return the text below a heading, whatever its level, up to the next one."""
    body = re.split(rf"^#+ {re.escape(heading)}\n", read(page), flags=re.MULTILINE)[1]
    return re.split(r"^#+ ", body, flags=re.MULTILINE)[0]


def edition() -> str:
    """Return the edition that the recipe for a vendor shows, without the indentation of its step."""
    indented = section(MAP, "Add a vendor")
    return code(re.sub(r"^ {3}", "", indented, flags=re.MULTILINE), "yaml")[0]


def add_vendor(editions: Path) -> None:
    """Follow step 1: put the edition into a folder of editions."""
    (editions / "acme").mkdir()
    (editions / "acme" / "2026-12-01.yaml").write_text(edition(), encoding="utf-8")


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue that has the recipe's vendor beside the shipped ones."""
    shutil.copytree(DATA / "editions", tmp_path / "editions")
    add_vendor(tmp_path / "editions")
    monkeypatch.setattr("lockstep.catalogue.shelf.DATA", tmp_path)
    load.cache_clear()
    yield
    load.cache_clear()


@pytest.mark.usefixtures("acme")
def test_a_vendor_is_known_to_settings_audit_and_pack_by_its_edition_alone() -> None:
    config = {
        "lockstep:target": "local",
        "lockstep:vendors": '["acme"]',
        "lockstep:editions": '{"acme": "current"}',
        "azuread:tenantId": TENANT_ID,
        "entraconsent:tenantId": TENANT_ID,
    }
    settings = read_settings(config, where="Pulumi.acme.yaml")
    (app,) = stack_apps(settings)
    assert (app.key, app.kind) == ("planner", AppKind.REGISTRATION)
    assert [entry.title for entry in app.wanted] == [f"Microsoft Graph · delegated · {name}" for name in NAMES]
    for plan in (of_stack(settings), of_vendors(TENANT_ID, ["acme"])):
        assert [sought.name for sought in plan.sought] == ["Acme Planner"]
    permission = app.wanted[0].permission
    assert judge(Requested(permission.api, permission.type, permission.id), app) is None
    assert judge(Requested(permission.api, permission.type, "024d486e-b451-40bb-833d-3e66d98c5c73"), app) is not None
    assert "Acme Planner" in markdown(build([app.edition], version="0"))


def test_a_vendor_is_deployed_audited_and_reported_by_its_edition_alone(tmp_path: Path) -> None:
    """The steps 1 to 3 in a copy of this repository, by the command line, with the pack in a process of its own."""
    for name in PROJECT:
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, tmp_path / name)
    add_vendor(tmp_path / "lockstep" / "catalogue" / "data" / "editions")
    stack = read("Pulumi.dev.yaml")
    stack = re.sub(r"  lockstep:apps:\n(?:    .*\n)+", "", stack)
    stack = re.sub(r"(lockstep:vendors): .*", r"\1: [acme]", stack)
    stack = re.sub(r"(lockstep:editions): .*", r"\1: {acme: current}", stack)
    (tmp_path / "Pulumi.acme.yaml").write_text(stack, encoding="utf-8")

    shown = _lockstep(tmp_path, "catalogue", "show", "acme", "planner", "--json")
    assert [entry["value"] for entry in shown["permissions"]] == NAMES
    deployed = _lockstep(tmp_path, "up", "--stack", "acme", "--using", "rehearsal", "--json")
    assert [(app["app"], app["agrees"]) for app in deployed["verification"]["apps"]] == [("planner", True)]
    audited = _lockstep(tmp_path, "audit", "--stack", "acme", "--json")
    (app,) = audited["tenants"][0]["apps"]
    assert [(row["value"], row["status"]) for row in app["permissions"]] == [(name, "as-documented") for name in NAMES]
    reported = _lockstep(tmp_path, "report", "--stack", "acme", "--json")
    assert "Acme Planner" in json.dumps(reported)


def _lockstep(project: Path, *words: str) -> Any:
    environment = {**os.environ, "PYTHONPATH": str(project), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    answer = subprocess.run(
        [sys.executable, "-m", "lockstep.cli", *words],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_an_operator_is_a_row_and_its_name_where_it_is_allowed(
    entra: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps 1, 2 and 4: parser, refusals and coverage page follow from the row."""
    operator = filters.Operator("sortsAfter", "function", "comes after it", lambda value, other: value > other)
    with Client(entra) as graph:
        graph.application("Acme Planner")
        query = "/applications?$filter=sortsAfter(displayName,'acme')"
        assert graph.status("GET", query)[0] == 400
        monkeypatch.setitem(filters.OPERATORS, operator.name, operator)
        assert graph.status("GET", query) == (400, "Request_UnsupportedQuery")
        allowed = cast("dict[str, frozenset[str]]", APPLICATION.filters)
        monkeypatch.setitem(allowed, "displayName", allowed["displayName"] | {operator.name})
        shown = [app["displayName"] for app in graph.get(query)["value"]]
    assert shown == ["Lockstep deployer", "Acme Planner"]
    assert "| `sortsAfter` | `sortsAfter(property,'value')` | comes after it | no |" in emulator_coverage.page()


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        (MAP, "Add a vendor"),
        ("docs/emulator.md", "Add a `$filter` operator"),
        ("docs/audit.md", "Add a field to the audit"),
        ("docs/maintaining.md", "A vendor changed its page"),
    ],
)
def test_what_a_recipe_names_is_there(page: str, heading: str) -> None:
    """Every file is there, and every constant, class and test is in a file of that step or of the recipe."""
    words = inline(section(page, heading))
    files = [
        word for word in words if re.fullmatch(r"[\w-]+/[\w./-]+\.\w+", word) and (REPOSITORY / word).parent.is_dir()
    ]
    assert len(files) >= 2
    assert [name for name in files if not (REPOSITORY / name).exists()] == []
    names = {word for word in words if re.fullmatch(r"[A-Z][A-Z_]{2,}|[A-Z][a-z]+[A-Z]\w+|test_\w+", word)}
    python = [REPOSITORY / name for name in files if name.endswith(".py")]
    python += [*REPOSITORY.glob("tests/*/test_*.py"), *REPOSITORY.glob("components/*.py")]
    known = {name for path in python for name in _names(path)}
    assert names <= known | {"TODO"}


def _names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    return names | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
