"""What is shown: consents by name, other changes by property, counts."""

from __future__ import annotations

import pytest

from lockstep.rehearsal import UNKNOWN, Diagnostic, DiffKind, Event, Op, Result, Step, Violation
from lockstep.rehearsal.display import change_lines, progress_lines, result_lines, step_lines, summary_line

_CONSENT = "entraconsent:index:AdminConsent"


def _step(op: Op = Op.UPDATE, **values: object) -> Step:
    urn = "urn:pulumi:d::p::lockstep:entra:AppRegistration$entraconsent:index:AdminConsent::Atlas"
    return Step(op, urn, _CONSENT, "Atlas", **values)  # type: ignore[arg-type]


def test_consents_show_by_name() -> None:
    step = _step(
        detailed_diff={
            'permissions["Microsoft Graph"].application["Sites.Read.All"]': DiffKind.ADD,
            'permissions["Microsoft Graph"].delegated["User.Read"]': DiffKind.DELETE,
        }
    )
    assert change_lines(step) == [
        "+ Microsoft Graph · application · Sites.Read.All",
        "- Microsoft Graph · delegated · User.Read",
    ]


def test_created_consent_shows_all_of_it() -> None:
    step = _step(Op.CREATE, new_inputs={"permissions": {"Graph": {"delegated": {"b": "2", "a": "1"}}}})
    assert step_lines(step) == [" + AdminConsent Atlas", "     + Graph · delegated · a", "     + Graph · delegated · b"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "line"),
    [
        (DiffKind.UPDATE, {"n": {"x": 1}}, {"n": {"x": 2}}, "~ n.x: 1 => 2"),
        (DiffKind.ADD, {}, {"n": {"x": 2}}, "+ n.x: 2"),
        (DiffKind.DELETE, {"n": {"x": 1}}, {}, "- n.x: 1"),
        (DiffKind.UPDATE, {"n": {"x": 1}}, {"n": {"x": UNKNOWN}}, "~ n.x: 1 => (known after up)"),
        (DiffKind.ADD, {}, {"n": {"x": "y" * 100}}, f"+ n.x: {'y' * 59}…"),
    ],
)
def test_properties_show_old_and_new(kind: DiffKind, old: dict[str, object], new: dict[str, object], line: str) -> None:
    assert change_lines(_step(detailed_diff={"n.x": kind}, old_outputs=old, new_inputs=new)) == [line]


def test_failures_show_their_reasons_once() -> None:
    assert step_lines(_step(error="no; way", init_errors=["no", "way"]))[1:] == ["     ! no", "     ! way"]
    assert step_lines(_step(error="no way"))[1:] == ["     ! no way"]


@pytest.mark.parametrize(
    ("operation", "ops", "line"),
    [
        ("up", [], "no changes"),
        ("up", [Op.SAME], "no changes"),
        ("up", [Op.CREATE, Op.CREATE, Op.SAME], "2 created, 1 unchanged"),
        ("preview", [Op.UPDATE, Op.DELETE, Op.REPLACE, Op.DELETE_REPLACED], "1 to update, 1 to delete, 1 to replace"),
    ],
)
def test_summary_counts(operation: str, ops: list[Op], line: str) -> None:
    assert summary_line(Result(operation, [_step(op) for op in ops])) == line


def test_summary_counts_failures_and_refreshes() -> None:
    assert summary_line(Result("up", [_step(Op.CREATE, error="x")], exit_code=1)) == "1 failed"
    refreshed = Result("refresh", [_step(Op.REFRESH, outcome="update"), _step(Op.REFRESH, outcome="same")])
    assert summary_line(refreshed) == "1 unchanged, 1 changed"


def test_children_stand_below_their_component() -> None:
    parent = Step(
        Op.CREATE, "urn:pulumi:d::p::lockstep:entra:AppRegistration::Atlas", "lockstep:entra:AppRegistration", "Atlas"
    )
    lines = result_lines(Result("up", [_step(Op.CREATE), _step(Op.SAME), parent]))
    assert lines == [" + AppRegistration Atlas", "   + AdminConsent Atlas", "2 created, 1 unchanged"]


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (Event("start", step=_step()), []),
        (Event("done", step=_step()), [" ~ AdminConsent Atlas updated"]),
        (Event("done", step=_step(Op.SAME)), []),
        (Event("done", step=_step(Op.REFRESH, outcome="same")), []),
        (Event("done", step=_step(error="why")), [" ! AdminConsent Atlas failed: why"]),
        (Event("diagnostic", diagnostic=Diagnostic("warning", "mind")), ["warning: mind"]),
        (Event("diagnostic", diagnostic=Diagnostic("info", "chat")), []),
        (Event("violation", violation=Violation("p", "rule", "mandatory", "a\n b")), ["policy (mandatory): rule: a b"]),
    ],
)
def test_progress_is_quiet_about_what_stays(event: Event, lines: list[str]) -> None:
    assert progress_lines(event) == lines
