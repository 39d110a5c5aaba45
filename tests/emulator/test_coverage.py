"""The coverage page is what the routes say, names a test for each yes, and each no is a 501 with its name."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from lockstep.emulator.routes import DOORSTEP, GRAPH
from scripts.emulator_coverage import DATA, Operation, operations, page
from scripts.graph_operations import TARGET, document
from tests.emulator.client import BASE, Client
from tests.emulator.operations import claimed

PAGE = Path(__file__).parents[2] / "docs" / "emulator-coverage.md"
SAMPLE = "00000000-0000-4000-8000-000000000000"


def listed() -> list[Operation]:
    graph = json.loads((DATA / "graph_operations.json").read_text("utf-8"))
    return operations(graph["operations"], claimed())


def test_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_list_of_graphs_operations_is_the_installed_sdks() -> None:
    pytest.importorskip("msgraph")
    assert TARGET.read_text("utf-8") == document()


def test_every_route_has_a_test_and_every_test_its_route() -> None:
    routes = {route.key for route in [*GRAPH, *DOORSTEP]}
    assert routes == set(claimed())


def test_every_test_that_is_named_is_there() -> None:
    for test in sorted(set(claimed().values())):
        file, _, name = test.partition("::")
        tree = ast.parse((Path(__file__).parent / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (
            f"{test} is gone; to note anew: LOCKSTEP_NOTE_OPERATIONS=1 pytest tests/emulator, then make docs"
        )


def test_every_yes_names_its_test() -> None:
    assert [entry.name for entry in listed() if entry.route is not None and not entry.test] == []


def _path(template: str) -> str:
    parts = [SAMPLE if part.startswith("{") else part for part in template.strip("/").split("/")]
    return "/".join(parts).replace("'{name}'", "'x'").replace("'{appId}'", "'x'")


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_every_no_is_answered_with_501_and_its_name(graph: Client, version: str) -> None:
    refused = [entry for entry in listed() if entry.route is None]
    assert len(refused) > 100
    for entry in refused:
        method, template = entry.name.split()
        path = f"/{version}/{_path(template)}"
        answer = graph.send(method, BASE + path, **({} if method == "GET" else {"json": {}}))
        assert answer.status_code == 501, entry.name
        assert f"{method} {path}" in answer.json()["error"]["message"], entry.name
