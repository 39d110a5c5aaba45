"""What rules are asked about, and what they answer: a resource, and an objection to it.

A rule yields objections; it never decides what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
