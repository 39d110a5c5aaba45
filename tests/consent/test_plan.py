"""The promises of the algebra: it reaches what is wanted, then rests, and never touches what is foreign."""

from hypothesis import given
from hypothesis import strategies as st

from lockstep.catalogue.permission import GRAPH, SHAREPOINT, PermissionType
from lockstep.consent import SIGN_IN_SCOPES, Consent, plan_additive, plan_exact

_universe = [
    Consent(api, type_, f"P{number}", f"id-{number}")
    for api in (GRAPH, SHAREPOINT)
    for type_ in PermissionType
    for number in range(4)
] + sorted(SIGN_IN_SCOPES)
consents = st.frozensets(st.sampled_from(_universe))


@given(consents, consents, consents)
def test_exact_plan_reaches_the_desired_set_and_rests(
    desired: frozenset[Consent], actual: frozenset[Consent], tolerated: frozenset[Consent]
) -> None:
    plan = plan_exact(desired, actual, tolerated=tolerated)
    reached = plan.apply(actual)
    assert reached - (tolerated | SIGN_IN_SCOPES) == desired - (tolerated | SIGN_IN_SCOPES)
    assert desired <= reached
    assert plan_exact(desired, reached, tolerated=tolerated).empty


@given(consents, consents, consents)
def test_exact_plan_neither_adds_nor_removes_what_is_tolerated(
    desired: frozenset[Consent], actual: frozenset[Consent], tolerated: frozenset[Consent]
) -> None:
    plan = plan_exact(desired, actual, tolerated=tolerated)
    undocumented = (tolerated | SIGN_IN_SCOPES) - desired
    assert not plan.add & undocumented
    assert not plan.remove & undocumented
    assert plan.tolerated == actual & undocumented


@given(consents, consents, consents)
def test_exact_plan_with_removals_reported_removes_nothing(
    desired: frozenset[Consent], actual: frozenset[Consent], tolerated: frozenset[Consent]
) -> None:
    plan = plan_exact(desired, actual, tolerated=tolerated, remove_extra=False)
    assert not plan.remove
    assert plan.extra == plan_exact(desired, actual, tolerated=tolerated).remove
    assert actual <= plan.apply(actual)


@given(consents, consents)
def test_plan_parts_are_disjoint_and_cover_what_is_in_force(
    desired: frozenset[Consent], actual: frozenset[Consent]
) -> None:
    for plan in (plan_exact(desired, actual), plan_additive(desired, actual)):
        parts = [plan.remove, plan.keep, plan.tolerated, plan.extra, plan.foreign]
        assert sum(map(len, parts)) == len(actual)
        assert frozenset().union(*parts) == actual
        assert plan.add == desired - actual


@given(consents, consents, consents, consents)
def test_additive_plan_never_changes_what_is_foreign(
    desired: frozenset[Consent], actual: frozenset[Consent], ours: frozenset[Consent], others: frozenset[Consent]
) -> None:
    plan = plan_additive(desired, actual, ours=ours, needed_by_others=others)
    reached = plan.apply(actual)
    assert actual - ours <= reached
    assert reached - actual <= desired
    assert actual & others <= reached
    assert desired <= reached
    assert plan_additive(desired, reached, ours=ours, needed_by_others=others).empty


@given(consents, consents)
def test_additive_create_then_delete_returns_the_tenant(
    desired: frozenset[Consent], actual: frozenset[Consent]
) -> None:
    created = plan_additive(desired, actual)
    deleted = plan_additive(frozenset(), created.apply(actual), ours=created.add)
    assert deleted.apply(created.apply(actual)) == actual


@given(st.lists(st.tuples(st.sampled_from("ab"), consents), max_size=12), consents)
def test_additive_histories_of_two_stacks_leave_foreign_and_each_other_alone(
    history: list[tuple[str, frozenset[Consent]]], foreign: frozenset[Consent]
) -> None:
    """Each step sets what one stack wants; what the other wants, and what was foreign, stays in force."""
    actual = foreign
    wishes: dict[str, frozenset[Consent]] = {"a": frozenset(), "b": frozenset()}
    ours: dict[str, frozenset[Consent]] = {"a": frozenset(), "b": frozenset()}
    for stack, desired in history:
        other = "b" if stack == "a" else "a"
        plan = plan_additive(desired, actual, ours=ours[stack], needed_by_others=wishes[other])
        actual = plan.apply(actual)
        # The Principal's baseline: what was in force before us, without what our other stack added.
        ours[stack] = ours[stack] | (desired - foreign)
        wishes[stack] = desired
        assert foreign <= actual
        assert wishes["a"] | wishes["b"] <= actual
    for stack, other in (("a", "b"), ("b", "a")):
        plan = plan_additive(frozenset(), actual, ours=ours[stack], needed_by_others=wishes[other])
        actual = plan.apply(actual)
        wishes[stack] = frozenset()
    assert actual == foreign | (actual - foreign)
    assert foreign <= actual
