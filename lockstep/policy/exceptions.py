"""Exceptions: what a stack may do although a rule refuses it, with who asked for it, why, and until when.

One YAML file beside the pack. It is part of the pack, not of a stack: nothing in a stack's settings or program can
add to it. Reads and finds; what an exception lifts is decided elsewhere.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lockstep.catalogue.shape import Day, Items, Record, Shape, Table, Text, Word
from lockstep.errors import nearest
from lockstep.yaml_file import read_yaml

CLOSED, VENDORS = "closed", "vendors"
LONGEST = datetime.timedelta(days=366)
"""The furthest that an expiry date may lie ahead."""

_BECAUSE: dict[str, Shape] = {
    "stack": Text("the stack", r"[A-Za-z0-9_.-]{1,100}"),
    "owner": Text("who answers for it"),
    "reason": Text("why it is needed"),
    "expires": Day("the last day on which it holds"),
}
_FILE = Record(
    "the exceptions file",
    required={},
    optional={
        "exceptions": Items(
            "the exceptions",
            Record(
                "an exception",
                required={
                    "rule": Text("the rule that it lifts"),
                    "type": Text("the type of the resource", r"[A-Za-z][\w-]*:[\w/.-]*:[\w/.-]+"),
                    **_BECAUSE,
                },
                optional={"resource": Text("the name of the resource")},
            ),
        ),
        "scopes": Items(
            "the stacks that are not judged as a whole",
            Record("a scope", required={"scope": Word("what is judged", (VENDORS,)), **_BECAUSE}),
        ),
    },
)


class Excusable(Protocol):
    """What has to be known of a rule to read its exceptions."""

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
        found = [
            each
            for each in self.exceptions
            if (each.rule, each.stack, each.type) == (rule, stack, type_) and each.resource in ("", resource)
        ]
        return max(found, key=lambda each: each.expires, default=None)

    def scope(self, stack: str, today: datetime.date) -> str:
        """Return what is judged in a stack: everything (`closed`), unless a scope that has not expired says less."""
        return next((each.scope for each in self.scopes if each.stack == stack and each.expires >= today), CLOSED)


def read_exceptions(path: Path, rules: Mapping[str, Excusable], today: datetime.date) -> Exceptions:
    """Return the exceptions in a file, none when there is no file; UsageError with file, line and column otherwise.

    `rules` are the rules of the pack by name. An expired exception is read: it lifts nothing, but it is named in the
    refusal.
    """
    if not path.is_file():
        return Exceptions()
    root = read_yaml(path)
    found = _FILE.read(root) if root is not None else {}
    return Exceptions(
        tuple(_exception(entry, rules, today) for entry in found.get("exceptions", ())),
        tuple(_scope(entry, today) for entry in found.get("scopes", ())),
    )


def _exception(entry: Table, rules: Mapping[str, Excusable], today: datetime.date) -> StackException:
    name = entry["rule"]
    takers = [each for each, rule in rules.items() if rule.excusable]
    allowed = f"these take exceptions: {', '.join(takers)}"
    if name not in rules:
        raise entry.nodes["rule"].refuse(f"there is no rule {name!r}; {allowed}{nearest(name, takers)}")
    if name not in takers:
        raise entry.nodes["rule"].refuse(f"rule {name!r} takes no exceptions; {allowed}")
    if rules[name].by_name and "resource" not in entry:
        raise entry.node.refuse(f"an exception to {name} holds for one resource; add `resource`, its name")
    return StackException(
        rule=name,
        type=entry["type"],
        resource=entry.get("resource", ""),
        line=entry.node.line,
        **_because(entry, today),
    )


def _scope(entry: Table, today: datetime.date) -> StackScope:
    return StackScope(scope=entry["scope"], line=entry.node.line, **_because(entry, today))


def _because(entry: Table, today: datetime.date) -> dict[str, Any]:
    expires = datetime.date.fromisoformat(entry["expires"])
    if expires - today > LONGEST:
        latest = (today + LONGEST).isoformat()
        raise entry.nodes["expires"].refuse(f"{expires} is more than a year ahead; {latest} is the latest date")
    return {"stack": entry["stack"], "owner": entry["owner"], "reason": entry["reason"], "expires": expires}
