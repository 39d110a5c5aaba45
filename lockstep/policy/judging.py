"""Asks every rule about a resource, and settles which objections an exception lifts.

One judge for one run of one stack: it remembers what it has seen, because children are judged by their parents.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from lockstep.policy.exceptions import StackException
from lockstep.policy.rule import Objection, PolicyRule, Resource, Verdict
from lockstep.policy.stack_view import StackView
from lockstep.policy.world import World


class Judge:
    """All rules on one stack. `exception_used` is the advisory rule that reports each use of an exception."""

    def __init__(self, world: World, rules: Sequence[PolicyRule], exception_used: PolicyRule) -> None:
        self.world = world
        self.rules = tuple(rules)
        self.exception_used = exception_used
        self._lock = threading.Lock()

    def resource(self, resource: Resource) -> list[Verdict]:
        """Return what the resource rules say, in the order of the rules."""
        with self._lock:
            self.world.see(resource)
            asked = [rule for rule in self.rules if rule.resource is not None]
            return [
                self._settle(rule, objection, resource)
                for rule in asked
                for objection in rule.objections(resource, self.world)
            ]

    def stack(self, view: StackView) -> list[Verdict]:
        """Return what the stack rules say, in the order of the rules."""
        with self._lock:
            asked = [rule for rule in self.rules if rule.stack is not None]
            return [
                Verdict(rule, objection, objection.resource)
                for rule in asked
                for objection in rule.stack_objections(view, self.world)
            ]

    def _settle(self, rule: PolicyRule, objection: Objection, resource: Resource) -> Verdict:
        found = self.world.exception(rule, resource)
        if found is None:
            return Verdict(rule, objection, resource)
        if found.expires < self.world.today:
            ended = f"{objection.found}; the exception in {found.where} ended on {found.expires}"
            fix = f"{objection.fix}, or have the exception prolonged"
            return Verdict(rule, replace(objection, found=ended, fix=fix), resource)
        self.world.used.add(found)
        return Verdict(self.exception_used, _lifted(rule, objection, found), resource)


def _lifted(rule: PolicyRule, objection: Objection, exception: StackException) -> Objection:
    return Objection(
        f"{rule.name} lifted: {objection.found}",
        f"until {exception.expires}, for {exception.owner}: {exception.reason}",
        f"nothing before then; afterwards: {objection.fix}",
        exception.where,
    )
