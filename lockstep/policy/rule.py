"""A rule of the pack, and what it says: one form for every message, one way to run, and no way to be skipped.

A rule yields objections; it never decides what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lockstep.report import Finding, Rule, Severity
from lockstep.report.text import visible

if TYPE_CHECKING:
    from lockstep.policy.stack_view import StackView
    from lockstep.policy.world import World

PAGE = "docs/policy.md"


@dataclass(frozen=True)
class Resource:
    """One resource as the engine registers it: its inputs, its parent's URN, and its provider's name."""

    type: str
    name: str
    urn: str
    parent: str
    props: Mapping[str, Any]
    provider: str = ""

    @property
    def title(self) -> str:
        """The resource for a person: its type as programs write it, and its name."""
        package, _, rest = self.type.partition(":")
        return f'{package}:{rest.rpartition(":")[2]} "{self.name}"'

    @property
    def chain(self) -> tuple[str, ...]:
        """The types of all its parents, the outermost first, and its own."""
        return tuple(self.urn.split("::", 3)[2].split("$"))


@dataclass(frozen=True)
class Objection:
    """What a rule has against a resource: what was found, what is allowed, how to fix it, and the source of that.

    `resource` is set where the objection is to another resource than the one that was asked about.
    """

    found: str
    allowed: str
    fix: str
    source: str = ""
    resource: Resource | None = None


ResourceCheck = Callable[[Resource, "World"], Iterable[Objection]]
StackCheck = Callable[["StackView", "World"], Iterable[Objection]]


@dataclass(frozen=True)
class PolicyRule:
    """One rule. `excusable` tells whether an exception may lift it, `by_name` whether only for a named resource."""

    name: str
    title: str
    resource: ResourceCheck | None = None
    stack: StackCheck | None = None
    blocks: bool = True
    excusable: bool = False
    by_name: bool = False

    @property
    def rule(self) -> Rule:
        """The rule for the findings model."""
        return Rule(self.name, self.title, self.title, PAGE)

    def objections(self, resource: Resource, world: World) -> list[Objection]:
        """Return what the rule has against a resource; that it could not judge is an objection too."""
        assert self.resource is not None  # noqa: S101  (the caller asks resource rules only)
        try:
            return list(self.resource(resource, world))
        except Exception as error:
            return [_could_not_judge(error)]

    def stack_objections(self, view: StackView, world: World) -> list[Objection]:
        """Return what the rule has against the stack; that it could not judge is an objection too."""
        assert self.stack is not None  # noqa: S101  (the caller asks stack rules only)
        try:
            return list(self.stack(view, world))
        except Exception as error:
            return [_could_not_judge(error)]


def _could_not_judge(error: Exception) -> Objection:
    # Only the kind of error: its words may repeat what it choked on, and that could be a secret.
    return Objection(
        f"this could not be judged ({type(error).__name__}), and what cannot be judged is refused",
        "resources whose inputs have the form that their provider documents",
        "write the inputs as plain literals; if they are, report this as a bug of the policy pack",
    )


@dataclass(frozen=True)
class Verdict:
    """One objection of one rule, on its way to the engine."""

    rule: PolicyRule
    objection: Objection
    resource: Resource | None = field(default=None, compare=False)

    @property
    def finding(self) -> Finding:
        """The verdict in the findings model.

        Names in it are the judged program's, so each part is one line in which nothing hides: no name can pass for
        another part, or for the words of a rule.
        """
        objection = self.objection
        return Finding(
            rule=self.rule.name,
            severity=Severity.ERROR if self.rule.blocks else Severity.INFORMATION,
            message=visible(objection.found),
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
    lines += [f"{label}: {found}" for label, name in _LABELS.items() if (found := getattr(finding, name))]
    return "\n".join(lines)
