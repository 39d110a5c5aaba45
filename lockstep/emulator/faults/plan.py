"""What a plan of faults may say: a seed, and settings for each kind. A missing kind does not happen."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from lockstep.emulator.faults.absent import Absent, AbsentKind
from lockstep.emulator.faults.conflicts import Conflicts, ConflictsKind
from lockstep.emulator.faults.connections import Connections, ConnectionsKind
from lockstep.emulator.faults.errors import Errors, ErrorsKind
from lockstep.emulator.faults.kind import Kind, Scene
from lockstep.emulator.faults.latency import Latency
from lockstep.emulator.faults.replication import Replication, ReplicationKind
from lockstep.emulator.faults.rules import Fault
from lockstep.emulator.faults.throttling import Throttling, ThrottlingKind
from lockstep.emulator.faults.tokens import Tokens, TokensKind
from lockstep.emulator.faults.writer import Writer, WriterKind

_KINDS: dict[str, Any] = {
    "throttling": ThrottlingKind,
    "tokens": TokensKind,
    "conflicts": ConflictsKind,
    "connections": ConnectionsKind,
    "errors": ErrorsKind,
    "replication": ReplicationKind,
    "absent": AbsentKind,
    "writer": WriterKind,
}
"""In the order in which a request meets them."""


@dataclass(frozen=True)
class Plan:
    """Everything that is to go wrong. The same plan, seed and requests give the same faults."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    seed: int = 0
    stopped_clock: bool = False
    """Whether the clock stands still until somebody waits; for clients that wait by the emulator's clock."""
    latency: Latency | None = None
    throttling: Throttling | None = None
    tokens: Tokens | None = None
    conflicts: Conflicts | None = None
    connections: Connections | None = None
    errors: Errors | None = None
    replication: Replication | None = None
    absent: Absent | None = None
    writer: Writer | None = None
    rules: list[Fault] = field(default_factory=list)

    def kinds(self, scene: Scene) -> list[Kind]:
        """Return the kinds that the plan asks for, ready to strike."""
        wanted = [(make, getattr(self, name)) for name, make in _KINDS.items()]
        return [make(settings, scene) for make, settings in wanted if settings is not None]


KINDS = tuple(entry.name for entry in fields(Plan) if entry.name not in ("seed", "stopped_clock", "rules"))
"""The names of all kinds of fault."""
