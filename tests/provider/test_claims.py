"""Claims survive the way through tags, whatever their number, and every tag is within Graph's limit."""

import re

from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue.permission import GRAPH
from lockstep.provider.claims import (
    Claim,
    claim_tags,
    created_by,
    created_tag,
    creators,
    read_claims,
    without_claims_on,
)

names = st.lists(
    st.text(alphabet="abcdABC.:+=% \u00e9", min_size=1, max_size=40),
    max_size=40,
    unique_by=lambda name: name.casefold(),
)
OLD = [
    f"lockstep-claim/1 new {GRAPH} +Mail.Send =User.Read",
    f"lockstep-claim/1 old {GRAPH} +Mail.Read =User.Read",
]
"""What a release before this one wrote."""


@given(names, st.integers(0, 40))
def test_claims_read_back_as_they_were_written(names: list[str], split: int) -> None:
    present = names[:split]
    tags = claim_tags("new", GRAPH, names, [f"{GRAPH}/delegated/{name.upper()}" for name in present])
    assert all(len(tag) <= 256 for tag in tags)
    assert len(set(tags)) == len(tags)
    assert not any(re.search(r"\s", tag) for tag in tags), "Entra refuses whitespace in tags"
    expected = {Claim("new", GRAPH, name, name not in present) for name in names}
    assert set(read_claims([*tags, "lockstep", "hideApp", "lockstep-claim/9 new x +A"])) == expected


def test_claims_of_nothing_need_no_tag() -> None:
    assert claim_tags("old", GRAPH, [], []) == []


def test_claims_of_an_earlier_release_are_read() -> None:
    assert set(read_claims(OLD)) == {
        Claim("new", GRAPH, "Mail.Send", added=True),
        Claim("new", GRAPH, "User.Read", added=False),
        Claim("old", GRAPH, "Mail.Read", added=True),
        Claim("old", GRAPH, "User.Read", added=False),
    }


def test_claims_that_stay_are_written_anew_without_whitespace() -> None:
    anew = f"lockstep-claim/2:old:{GRAPH}:+Mail.Read:=User.Read"
    assert without_claims_on("new", ["lockstep", *OLD, "own"]) == ["lockstep", anew, "own"]
    assert without_claims_on("new", ["lockstep", *OLD, anew]) == ["lockstep", anew], "no two alike"
    assert without_claims_on("ne", [anew]) == [anew]


@given(st.text(max_size=300))
def test_the_stack_that_created_a_principal_is_known_by_either_form_of_its_tag(owner: str) -> None:
    tag, former = created_tag(owner), f"lockstep-created {owner}"[:256]
    assert len(tag) <= 256
    assert not re.search(r"\s", tag)
    assert created_by(owner, ["HideApp", tag])
    assert created_by(owner, [former])
    assert not created_by(owner, ["HideApp"])


def test_another_stack_is_named_as_the_one_that_created_a_principal() -> None:
    for tag in (created_tag("lockstep/dev"), "lockstep-created lockstep/dev"):
        assert creators(["HideApp", tag]) == ["lockstep/dev"]
        assert not created_by("lockstep/prod", [tag])
