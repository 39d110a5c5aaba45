"""Order, case and stray spaces of a scope string never matter, and a foreign value stays as it was written."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue.permission import GRAPH, PermissionType
from lockstep.consent import Consent, format_scopes, merge_scopes, parse_scopes

values = st.lists(
    st.text(alphabet="abcXYZ.:/_-", min_size=1, max_size=8), max_size=8, unique_by=lambda value: value.casefold()
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ()),
        ("", ()),
        ("   ", ()),
        ("User.Read", ("User.Read",)),
        ("  User.Read   Mail.Send ", ("User.Read", "Mail.Send")),
        ("User.Read user.read USER.READ", ("User.Read",)),
        ("A\tB\nC", ("A", "B", "C")),
    ],
)
def test_parse_scopes_reads_what_graph_may_hold(text: str | None, expected: tuple[str, ...]) -> None:
    assert parse_scopes(text) == expected


@given(values, st.randoms(use_true_random=False))
def test_format_scopes_is_one_string_for_one_set(scopes: list[str], random: Random) -> None:
    shuffled = list(scopes)
    random.shuffle(shuffled)
    assert format_scopes(shuffled) == format_scopes(scopes)
    assert set(parse_scopes("  ".join(shuffled))) == set(scopes)


@given(values, values, values)
def test_merge_scopes_changes_only_what_is_named(present: list[str], add: list[str], remove: list[str]) -> None:
    merged = parse_scopes(merge_scopes("  ".join(present), add=add, remove=remove))
    named = {value.casefold() for value in [*add, *remove]}
    untouched = [value for value in present if value.casefold() not in named]
    assert [value for value in merged if value.casefold() not in named] == untouched
    folded = {value.casefold() for value in merged}
    assert {value.casefold() for value in add} <= folded
    assert not folded & ({value.casefold() for value in remove} - {value.casefold() for value in add})


@given(values, values)
def test_merge_scopes_add_then_remove_returns_the_foreign_values(present: list[str], add: list[str]) -> None:
    new = [value for value in add if value.casefold() not in {other.casefold() for other in present}]
    joined = merge_scopes(" ".join(present), add=new)
    assert parse_scopes(merge_scopes(joined, remove=new)) == tuple(present)


def test_consent_is_known_by_scope_value_whatever_its_case_and_by_role_id() -> None:
    delegated, application = PermissionType.DELEGATED, PermissionType.APPLICATION
    assert Consent(GRAPH, delegated, "User.Read", "1") == Consent(GRAPH, delegated, "user.READ", "")
    assert Consent(GRAPH, delegated, "User.Read", "1") != Consent(GRAPH, application, "User.Read", "1")
    assert Consent(GRAPH, application, "A", "AB-1") == Consent(GRAPH, application, "", "ab-1")
    assert Consent(GRAPH, application, "A", "1") != Consent("other", application, "A", "1")
