"""A rule that fails, or is not asked, refuses: nothing passes because it could not be judged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pulumi_policy.proxy import UnknownValueError

from lockstep.policy.analyzer import Analyzer
from lockstep.policy.judging import Judge, PolicyRule
from lockstep.policy.rule import Objection, Resource, StackView
from lockstep.policy.rules import EXCEPTION_USED, RULES
from lockstep.policy.world import World
from tests.policy.programs import BAD
from tests.policy.service import STACK_URN, UNKNOWN, Pack, refusing, request


def _unknown(resource: Resource, world: World) -> Iterator[Objection]:
    raise UnknownValueError(UNKNOWN, ["secret"])


def _mistaken(resource: Resource, world: World) -> Iterator[Objection]:
    nothing: dict[str, str] = {}
    yield Objection(nothing["hunter2"], "", "")


def _interrupted(view: StackView, world: World) -> Iterator[Objection]:
    raise ZeroDivisionError("hunter2")


_COULD_NOT = """\
refused: this could not be judged ({}), and what cannot be judged is refused
on: {}
allowed: resources whose inputs have the form that their provider documents
to fix: write the inputs as plain literals; if they are, report this as a bug of the policy pack
source: docs/policy.md#{}"""


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (PolicyRule("unknown", "A rule that reads an unknown.", _unknown), "UnknownValueError"),
        (PolicyRule("mistaken", "A rule with a mistake.", _mistaken), "KeyError"),
    ],
)
def test_a_rule_that_raises_refuses_and_does_not_repeat_why(rule: PolicyRule, kind: str) -> None:
    pack = Pack()
    pack.service = Analyzer(Judge(pack.world, (rule, *RULES), EXCEPTION_USED))
    said = pack.ask("pulumi:pulumi:Stack", "lockstep-test", {}, parent="")
    assert refusing(said) == [rule.name]
    assert said[0].message.partition("\n")[2] == _COULD_NOT.format(kind, 'pulumi:Stack "lockstep-test"', rule.name)


def test_a_stack_rule_that_raises_refuses() -> None:
    pack = Pack()
    rule = PolicyRule("stack", "A stack rule with a mistake.", stack=_interrupted)
    pack.service = Analyzer(Judge(pack.world, (rule,), EXCEPTION_USED))
    (said,) = pack.stack([])
    assert said.level == "mandatory"
    assert said.message.partition("\n")[2] == _COULD_NOT.format("ZeroDivisionError", "the stack", rule.name)


def test_a_resource_that_the_sdk_cannot_unpack_is_an_error_and_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = Pack()
    odd = {"value": {"4dabf18193072939515e22adb298388d": "a signature that nobody knows"}}
    with pytest.raises(AssertionError):
        pack.ask("azuread:index/application:Application", "it", odd)

    def swallowed(self: Judge, resource: Resource) -> list[object]:
        raise UnknownValueError(UNKNOWN, ["it"])

    monkeypatch.setattr(Judge, "resource", swallowed)
    with pytest.raises(RuntimeError, match="cannot be judged is refused"):
        pack.service.Analyze(request("pulumi:pulumi:Stack", "it", {}, parent=STACK_URN), None)


def test_every_blocking_rule_judges_before_a_resource_is_touched_but_the_two_that_say_so() -> None:
    late = [rule.name for rule in RULES if rule.blocks and rule.resource is None]
    assert late == ["configured-means-consented", "apps-change-in-components-only"]
    assert all((rule.resource is None) is not (rule.stack is None) for rule in RULES)


def test_the_bad_programs_break_every_blocking_rule() -> None:
    broken = frozenset().union(*(bad.rules for bad in BAD.values()))
    assert {rule.name for rule in RULES if rule.blocks} - broken == set()
