"""Claims survive the way through tags, whatever their number, and every tag is within Graph's limit."""

from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue.permission import GRAPH
from lockstep.provider.claims import Claim, claim_tags, read_claims

names = st.lists(
    st.text(alphabet="abcdeABC.", min_size=1, max_size=60), max_size=40, unique_by=lambda name: name.casefold()
)


@given(names, st.integers(0, 40))
def test_claims_read_back_as_they_were_written(names: list[str], split: int) -> None:
    present = names[:split]
    tags = claim_tags("new", GRAPH, names, [f"{GRAPH}/delegated/{name.upper()}" for name in present])
    assert all(len(tag) <= 256 for tag in tags)
    assert len(set(tags)) == len(tags)
    expected = {Claim("new", GRAPH, name, name not in present) for name in names}
    assert set(read_claims([*tags, "lockstep", "hideApp", "lockstep-claim/9 new x +A"])) == expected


def test_claims_of_nothing_need_no_tag() -> None:
    assert claim_tags("old", GRAPH, [], []) == []
