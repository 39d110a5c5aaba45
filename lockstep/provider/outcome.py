"""What an operation of a resource returns, before it becomes a wire message. Knows neither gRPC nor Graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from lockstep.deployment import Properties
from lockstep.errors import LockstepError


class ChangeKind(Enum):
    """How one property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"
    REPLACE = "replace"


@dataclass(frozen=True)
class ResourceDiff:
    """The answer to a Diff: each property path that changes, with its kind; none means no change."""

    paths: dict[str, ChangeKind] = field(default_factory=dict)

    @property
    def replaces(self) -> list[str]:
        """The top-level properties that force a replacement."""
        return [path for path, kind in self.paths.items() if kind is ChangeKind.REPLACE]


@dataclass(frozen=True)
class ReadResult:
    """The answer to a Read; an empty id means that the resource is gone."""

    id: str
    inputs: Properties
    outputs: Properties


class InitFailedError(LockstepError):
    """The resource exists and is recorded, but is not finished: the engine keeps it and updates it next time."""

    def __init__(self, id_: str, inputs: Properties, outputs: Properties, reason: str) -> None:
        super().__init__(reason)
        self.id = id_
        self.inputs = inputs
        self.outputs = outputs
        self.reason = reason
