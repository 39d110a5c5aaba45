"""Values on the wire, secrets, and the paths of ignore_changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.deployment import UNKNOWN
from lockstep.errors import UsageError
from lockstep.provider.structs import values_of
from lockstep.rehearsal.values import (
    has_unknown,
    parse_path,
    refuse_secrets,
    reset_ignored,
    to_struct,
    without_unknowns,
)

_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hush"}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_values_survive_the_wire(values: dict[str, Any]) -> None:
    assert values_of(to_struct(values)) == values


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("owners", ["owners"]),
        ("api.scopes[0].id", ["api", "scopes", 0, "id"]),
        (
            'permissions["Microsoft Graph"].application["Sites.Read.All"]',
            ["permissions", "Microsoft Graph", "application", "Sites.Read.All"],
        ),
        ("tags[*]", ["tags", "*"]),
    ],
)
def test_paths_are_read_as_the_engine_writes_them(path: str, keys: list[Any]) -> None:
    assert parse_path(path) == keys


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", {"a": 1, "b": {"c": 20, "d": [30, 40]}}),
        ("b.c", {"a": 10, "b": {"c": 2, "d": [30, 40]}}),
        ("b.d[1]", {"a": 10, "b": {"c": 20, "d": [30, 4]}}),
        ("b.d[*]", {"a": 10, "b": {"c": 20, "d": [3, 4]}}),
        ("b.gone", {"a": 10, "b": {"c": 20, "d": [30, 40]}}),
        ("new", {"a": 10, "b": {"c": 20, "d": [30, 40]}}),
    ],
)
def test_ignored_paths_go_back_to_the_old_inputs(path: str, expected: dict[str, Any]) -> None:
    news = {"a": 10, "b": {"c": 20, "d": [30, 40]}}
    assert reset_ignored(news, {"a": 1, "b": {"c": 2, "d": [3, 4]}}, [path]) == expected
    assert news == {"a": 10, "b": {"c": 20, "d": [30, 40]}}


def test_ignored_property_that_was_not_there_is_left_out() -> None:
    assert reset_ignored({"owners": ["me"], "name": "x"}, {"name": "x"}, ["owners"]) == {"name": "x"}


def test_secrets_are_refused_by_path_without_their_value() -> None:
    refuse_secrets("urn", "input", {"a": [{"b": 1}]})
    with pytest.raises(UsageError, match=r"'a\[0\]\.b'") as caught:
        refuse_secrets("urn", "input", {"a": [{"b": _SECRET}]})
    assert "hush" not in str(caught.value)


def test_unknowns_are_found_inside_and_never_stored() -> None:
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": [{"b": "known"}]})
    assert without_unknowns({"a": [UNKNOWN], "b": 1}) == {"b": 1}
