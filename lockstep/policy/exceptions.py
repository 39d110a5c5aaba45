"""Exceptions: what a stack may do although a rule refuses it, with who asked for it, why, and until when.

One YAML file beside the pack. It is part of the pack, not of a stack: nothing in a stack's settings or program can
add to it. Reads and finds; what an exception lifts is decided elsewhere.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from lockstep.catalogue.shape import Day, FileShape, Some, Text, checked, matching
from lockstep.errors import nearest
from lockstep.yaml_file import Node, read_yaml

CLOSED, VENDORS = "closed", "vendors"
LONGEST = datetime.timedelta(days=366)
"""The furthest that an expiry date may lie ahead."""


class _ReasonedEntry(FileShape):
    """What every entry says of itself."""

    stack: Annotated[str, matching("[A-Za-z0-9_.-]{1,100}")] = Field(description="the stack")
    owner: Text = Field(description="who answers for it")
    reason: Text = Field(description="why it is needed")
    expires: Day = Field(description="the last day on which it holds")


class ExceptionEntry(_ReasonedEntry, title="an exception"):
    """One exception as it is written."""

    rule: Text = Field(description="the rule that it lifts")
    type: Annotated[str, matching(r"[A-Za-z][\w-]*:[\w/.-]*:[\w/.-]+")] = Field(description="the type of the resource")
    resource: Text = Field("", description="the name of the resource")


class StackScopeEntry(_ReasonedEntry, title="a scope"):
    """One stack that is not judged as a whole, as it is written."""

    scope: Literal["vendors"] = Field(description="what is judged")


class ExceptionsFile(FileShape, title="the exceptions file"):
    """The whole file."""

    exceptions: Some[ExceptionEntry] = Field([], description="the exceptions")
    scopes: Some[StackScopeEntry] = Field([], description="the stacks that are not judged as a whole")


class Excusable(Protocol):
    """What has to be known of a rule to read its exceptions."""

    @property
    def name(self) -> str:
        """The name by which exceptions call it."""

    @property
    def excusable(self) -> bool:
        """Whether an exception may lift it."""

    @property
    def by_name(self) -> bool:
        """Whether an exception has to name the resource."""


@dataclass(frozen=True)
class StackException:
    """One exception. `resource` empty means every resource of the type in the stack."""

    rule: str
    stack: str
    type: str
    resource: str
    owner: str
    reason: str
    expires: datetime.date
    line: int

    @property
    def where(self) -> str:
        """The place in the file."""
        return f"policy/exceptions.yaml:{self.line}"


@dataclass(frozen=True)
class StackScope:
    """A stack in which only the vendors' apps and the shared principals are judged."""

    stack: str
    scope: str
    owner: str
    reason: str
    expires: datetime.date
    line: int


@dataclass(frozen=True)
class Exceptions:
    """Everything in one exceptions file, in the file's order."""

    exceptions: tuple[StackException, ...] = ()
    scopes: tuple[StackScope, ...] = ()

    def find(self, rule: str, stack: str, type_: str, resource: str) -> StackException | None:
        """Return the exception for a resource, expired or not; the one that holds longest when there are several."""
        fitting = [
            entry
            for entry in self.exceptions
            if (entry.rule, entry.stack, entry.type) == (rule, stack, type_) and entry.resource in ("", resource)
        ]
        return max(fitting, key=lambda entry: entry.expires, default=None)

    def scope(self, stack: str, today: datetime.date) -> str:
        """Return what is judged in a stack: everything (`closed`), unless a scope that has not expired says less."""
        return next((entry.scope for entry in self.scopes if entry.stack == stack and entry.expires >= today), CLOSED)


def read_exceptions(path: Path, rules: Mapping[str, Excusable], today: datetime.date) -> Exceptions:
    """Return the exceptions in a file, none when there is no file; UsageError with file, line and column otherwise.

    `rules` are the rules of the pack by name. An expired exception is read: it lifts nothing, but it is named in the
    refusal.
    """
    if not path.is_file():
        return Exceptions()
    root = read_yaml(path)
    if root is None:
        return Exceptions()
    file = checked(root, ExceptionsFile)
    exceptions = zip(file.exceptions, _entries(root, "exceptions"), strict=True)
    scopes = zip(file.scopes, _entries(root, "scopes"), strict=True)
    return Exceptions(
        tuple(_exception(entry, node, rules, today) for entry, node in exceptions),
        tuple(StackScope(scope=entry.scope, **_because(entry, node, today)) for entry, node in scopes),
    )


def _entries(root: Node, name: str) -> list[Node]:
    return root.fields[name].items if name in root.fields else []


def _exception(
    entry: ExceptionEntry, node: Node, rules: Mapping[str, Excusable], today: datetime.date
) -> StackException:
    takers = [name for name, rule in rules.items() if rule.excusable]
    allowed = f"these take exceptions: {', '.join(takers)}"
    if entry.rule not in rules:
        there_is_none = f"there is no rule {entry.rule!r}; {allowed}{nearest(entry.rule, takers)}"
        raise node.fields["rule"].refuse(there_is_none)
    if entry.rule not in takers:
        raise node.fields["rule"].refuse(f"rule {entry.rule!r} takes no exceptions; {allowed}")
    if rules[entry.rule].by_name and not entry.resource:
        raise node.refuse(f"an exception to {entry.rule} holds for one resource; add `resource`, its name")
    return StackException(rule=entry.rule, type=entry.type, resource=entry.resource, **_because(entry, node, today))


def _because(entry: _ReasonedEntry, node: Node, today: datetime.date) -> dict[str, Any]:
    expires = datetime.date.fromisoformat(entry.expires)
    if expires - today > LONGEST:
        latest = (today + LONGEST).isoformat()
        raise node.fields["expires"].refuse(f"{expires} is more than a year ahead; {latest} is the latest date")
    facts = {"stack": entry.stack, "owner": entry.owner, "reason": entry.reason}
    return {**facts, "expires": expires, "line": node.line}
