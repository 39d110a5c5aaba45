"""What `lockstep gate` was asked for, and the same as words for the base's gate. Loads nothing of the gate itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lockstep.report.outputs import Outputs


@dataclass(frozen=True)
class GateOptions:
    """The words of the command line."""

    base: str
    outputs: Outputs
    using: str
    stack: tuple[str, ...] = ()
    changed_only: bool = False
    approve: str = ""
    policy_pack_config: tuple[Path, ...] = ()
    judge: bool = False
    cwd: Path = field(default_factory=Path)

    def words(self) -> list[str]:
        """Return the options as words of the command line, for the base's gate."""
        out = self.outputs
        valued: list[tuple[str, object]] = [
            ("base", self.base),
            *(("stack", name) for name in self.stack),
            ("approve", self.approve),
            *(("policy-pack-config", path) for path in self.policy_pack_config),
            # A base whose gate knows no other engine has no such option.
            ("using", self.using if self.using != "rehearsal" else ""),
            ("cwd", self.cwd),
            ("sarif", out.sarif),
            ("junit", out.junit),
            ("markdown", out.markdown),
            ("markdown-limit", out.markdown_limit),
        ]
        flags = {
            "changed-only": self.changed_only,
            "annotations": out.annotations,
            "json": out.as_json,
            "strict": out.strict,
        }
        words = [word for name, value in valued if value not in (None, "") for word in (f"--{name}", str(value))]
        return [*words, *(f"--{name}" for name, value in flags.items() if value)]
