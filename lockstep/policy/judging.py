"""What a rule is, and the judge that asks all rules about a resource. All messages have one form; no rule is skipped.

A judge is for one run of one stack: it remembers the resources that it has seen, because a child is judged by its
parent. It also decides which objections an exception lifts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from lockstep.policy.exceptions import StackException
from lockstep.policy.rule import Objection, Resource, StackView
from lockstep.policy.world import World
from lockstep.report import Finding, Severity
from lockstep.report.text import visible

PAGE = "docs/policy.md"

T = TypeVar("T")


@dataclass(frozen=True)
class PolicyRule:
    """One rule. `excusable` tells whether an exception may lift it, `by_name` whether only for a named resource."""

    name: str
    title: str
    resource: Callable[[Resource, World], Iterable[Objection]] | None = None
    stack: Callable[[StackView, World], Iterable[Objection]] | None = None
    blocks: bool = True
    excusable: bool = False
    by_name: bool = False


def _objections(check: Callable[[T, World], Iterable[Objection]], judged: T, world: World) -> list[Objection]:
    """Return what a rule has against a resource or the stack. A rule that fails with an error objects too."""
    try:
        return list(check(judged, world))
    except Exception as error:
        # Only the kind of error: its text may repeat the value that it is about, and that could be a secret.
        return [
            Objection(
                f"this could not be judged ({type(error).__name__}), and what cannot be judged is refused",
                "resources whose inputs have the form that their provider documents",
                "write the inputs as plain literals; if they are, report this as a bug of the policy pack",
            )
        ]


@dataclass(frozen=True)
class Ruling:
    """One objection of one rule, on its way to the engine."""

    rule: PolicyRule
    objection: Objection
    resource: Resource | None = field(default=None, compare=False)

    @property
    def finding(self) -> Finding:
        """The verdict in the findings model.

        The judged program chooses the names in it. So each part becomes one line, with line ends and invisible letters
        escaped: no name can look like another part of the message, or like the words of a rule.
        """
        objection = self.objection
        return Finding(
            rule=self.rule.name,
            severity=Severity.ERROR if self.rule.blocks else Severity.INFORMATION,
            message=visible(objection.refused),
            subject=visible(self.resource.title) if self.resource else "the stack",
            allowed=visible(objection.allowed),
            fix=visible(objection.fix),
            source=visible(objection.source or f"{PAGE}#{self.rule.name}"),
        )


_LABELS = {"on": "subject", "allowed": "allowed", "to fix": "fix", "source": "source"}


def wording(finding: Finding) -> str:
    """Return a finding as lines: what was refused, on which resource, what is allowed, how to fix it, the source."""
    head = "refused" if finding.severity is Severity.ERROR else "note"
    lines = [f"{head}: {finding.message}"]
    lines += [f"{label}: {text}" for label, name in _LABELS.items() if (text := getattr(finding, name))]
    return "\n".join(lines)


class Judge:
    """All rules on one stack. `exception_used` is the advisory rule that reports each use of an exception."""

    def __init__(self, world: World, rules: Sequence[PolicyRule], exception_used: PolicyRule) -> None:
        self.world = world
        self.rules = tuple(rules)
        self.exception_used = exception_used
        self._lock = threading.Lock()

    def resource(self, resource: Resource) -> list[Ruling]:
        """Return what the resource rules say, in the order of the rules."""
        with self._lock:
            self.world.see(resource)
            return [
                self._settle(rule, objection, objection.resource or resource)
                for rule in self.rules
                if rule.resource is not None
                for objection in _objections(rule.resource, resource, self.world)
            ]

    def stack(self, view: StackView) -> list[Ruling]:
        """Return what the stack rules say, in the order of the rules."""
        with self._lock:
            return [
                Ruling(rule, objection, objection.resource)
                for rule in self.rules
                if rule.stack is not None
                for objection in _objections(rule.stack, view, self.world)
            ]

    def _settle(self, rule: PolicyRule, objection: Objection, resource: Resource) -> Ruling:
        exception = self.world.exception(rule, resource)
        if exception is None:
            return Ruling(rule, objection, resource)
        if exception.expires < self.world.today:
            ended = f"{objection.refused}; the exception in {exception.where} ended on {exception.expires}"
            fix = f"{objection.fix}, or have the exception prolonged"
            return Ruling(rule, replace(objection, refused=ended, fix=fix), resource)
        self.world.used.add(exception)
        return Ruling(self.exception_used, _lifted(rule, objection, exception), resource)


def _lifted(rule: PolicyRule, objection: Objection, exception: StackException) -> Objection:
    return Objection(
        f"{rule.name} lifted: {objection.refused}",
        f"until {exception.expires}, for {exception.owner}: {exception.reason}",
        f"nothing before then; afterwards: {objection.fix}",
        exception.where,
    )
