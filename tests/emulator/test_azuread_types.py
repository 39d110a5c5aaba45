"""Every type of the installed azuread SDK is tried with the real provider, or known to be beyond the emulator."""

from __future__ import annotations

import inspect
from typing import Any

import pulumi
import pulumi_azuread
import pytest

from tests.cli.every_type.answered import NOT_ANSWERED, NOT_IMPORTABLE, declared
from tests.emulator.client import Client


def _types() -> set[str]:
    classes = inspect.getmembers(pulumi_azuread, inspect.isclass)
    return {name for name, kind in classes if issubclass(kind, pulumi.CustomResource)} - {"Provider"}


def test_every_type_is_in_the_program_or_has_its_reason() -> None:
    tried, reasoned = declared(), set(NOT_ANSWERED)
    assert tried | reasoned == _types()
    assert not tried & reasoned
    assert set(NOT_IMPORTABLE) <= tried


@pytest.mark.parametrize(("kind", "operation"), NOT_ANSWERED.items(), ids=list(NOT_ANSWERED))
def test_what_the_other_types_need_is_not_answered(graph: Client, kind: str, operation: tuple[str, str]) -> None:
    method, path = operation
    sent: dict[str, Any] = {} if method == "GET" else {"json": {}}
    answer = graph.send(method, path, **sent)
    assert (answer.status_code, path.partition("?")[0] in answer.text) == (501, True), f"{kind} may work now: try it"
