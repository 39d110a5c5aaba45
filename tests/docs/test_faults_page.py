"""The page on faults shows a plan that can be read, with every field of every kind and its default."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args, get_type_hints

import pytest
import yaml

from lockstep.emulator.faults.plan import KINDS, FaultPlan
from lockstep.emulator.faults.reading import read_plan
from tests.docs.pages import code, read

PAGE = "docs/emulator-faults.md"
SHOWN = yaml.safe_load(code(read(PAGE), "yaml")[0])


def test_plan_on_the_page_can_be_read_and_lacks_no_kind() -> None:
    plan = read_plan(SHOWN)
    assert set(SHOWN) == {entry.name for entry in fields(FaultPlan)}
    assert plan.latency is not None


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "latency"])
def test_every_field_is_shown_with_its_default(kind: str) -> None:
    settings = next(part for part in get_args(get_type_hints(FaultPlan)[kind]) if part is not type(None))
    assert set(SHOWN[kind]) == {entry.name for entry in fields(settings)}
    assert getattr(read_plan(SHOWN), kind) == settings()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained(kind: str) -> None:
    assert f"**{kind}" in read(PAGE) or f"`{kind}`" in read(PAGE)
