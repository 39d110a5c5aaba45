"""The tables of docs/rehearsal.md name what the code models and what it refuses, no more and no less."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

import pytest

from lockstep.rehearsal import Rehearsal
from lockstep.rehearsal.azuread.base import Model
from lockstep.rehearsal.azuread.plugin import MODELS
from lockstep.rehearsal.goal import UNMODELLED_OPTIONS
from lockstep.rehearsal.monitor import UNMODELLED_METHODS, Monitor
from lockstep.resource_types import GET_CLIENT_CONFIG
from tests.docs.pages import read, table

PAGE = read("docs/rehearsal.md")
BY_THE_REST = {
    "secrets",
    "a provider whose settings change so that all its resources must be replaced",
    "any other provider than `azuread` and `entraconsent`",
}


def _names(cells: Iterable[str]) -> set[str]:
    return {cell.strip("`") for cell in cells}


def _cells(heading: str) -> dict[str, list[str]]:
    """Return the rows of a table by their first cell: the other cells."""
    rows = table(PAGE, heading)
    return {name.strip("`"): [cell.strip() for cell in row.split("|")[2:-1]] for name, row in rows.items()}


def test_operations_are_the_methods_of_a_rehearsal() -> None:
    public = {name for name, _ in inspect.getmembers(Rehearsal, inspect.isfunction) if not name.startswith("_")}
    assert _names(table(PAGE, "The operations")) == public - {"snapshot"}


def test_types_and_functions_of_azuread_are_those_that_are_modelled() -> None:
    modelled = {model.type.rpartition(":")[2] for model in MODELS}
    assert _names(table(PAGE, "The types of azuread")) == modelled | {GET_CLIENT_CONFIG.rpartition(":")[2]}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_replacements_and_updates_of_a_type_are_those_of_its_schema(model: type[Model]) -> None:
    in_place, replaced, _ = _cells("The types of azuread")[model.type.rpartition(":")[2]]
    forcing = {name for name, field in model.schema.items() if field.forces_new}
    assert in_place == ("no" if forcing == set(model.schema) else "yes")
    told = {"nothing": set(), "every property": set(model.schema)}.get(replaced, set(re.findall(r"`(\w+)`", replaced)))
    assert told == forcing


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_type_is_found_again_after_a_killed_create(model: type[Model]) -> None:
    assert _cells("The types of azuread")[model.type.rpartition(":")[2]][2]


def test_what_is_refused_by_name_is_what_the_code_refuses() -> None:
    methods = {feature.partition(" of {")[0].partition(" {")[0] for feature in UNMODELLED_METHODS.values()}
    assert set(table(PAGE, "What it will never model")) == methods | set(UNMODELLED_OPTIONS) | BY_THE_REST


def test_every_method_of_the_monitor_is_modelled_or_refused() -> None:
    from pulumi.runtime.proto import resource_pb2_grpc

    service = {name for name, _ in inspect.getmembers(resource_pb2_grpc.ResourceMonitorServicer, inspect.isfunction)}
    missing = {name for name in service if not hasattr(Monitor, name)}
    assert missing <= {"StreamInvoke", "__init__"}
