"""What the engine asks of a resource type, in the same words for each of ours.

Knows no resource.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from lockstep.deployment import Properties
from lockstep.provider.outcome import ReadResult, ResourceDiff
from lockstep.provider.session import Severity

Say = Callable[[Severity, str], Awaitable[None]]
"""(severity, message): says something to the user about the resource that is being worked on."""


@dataclass(frozen=True)
class Order:
    """What the engine orders beside the inputs: for which resource, whether it is a preview, and how to speak of it."""

    urn: str
    preview: bool
    say: Say

    @property
    def owner(self) -> str:
        """The stack that the resource belongs to, as `project/stack`."""
        stack, project = self.urn.removeprefix("urn:pulumi:").split("::")[:2]
        return f"{project}/{stack}"


class Operations(Protocol):
    """One resource type over one session. Inputs have passed `check` before anything else is asked."""

    async def create(self, news: Properties, order: Order) -> tuple[str, Properties]:
        """Create the resource; returns its id and outputs."""

    async def update(self, id_: str, olds: Properties, news: Properties, order: Order) -> Properties:
        """Bring the resource from what was recorded to its new inputs; returns the outputs."""

    async def diff(self, olds: Properties, news: Properties, *, declared: Properties) -> ResourceDiff:
        """Compare what was recorded with new inputs; `declared` are the last run's, where the engine gives them."""

    async def read(self, id_: str, olds: Properties, declared: Properties) -> ReadResult:
        """Return what the tenant holds now; without `declared` for an import."""

    async def delete(self, olds: Properties) -> None:
        """Take back what is ours to take back."""
