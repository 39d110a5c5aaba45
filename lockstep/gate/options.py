"""The words of `lockstep gate`, as values and as words again for the gate that it hands over to. Runs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lockstep.report.outputs import Outputs


@dataclass(frozen=True)
class GateOptions:
    """The words of the command line."""

    base: str
    outputs: Outputs
    stack: tuple[str, ...] = ()
    changed_only: bool = False
    approve: str = ""
    policy_pack_config: tuple[Path, ...] = ()
    judge: bool = False
    cwd: Path = field(default_factory=Path)


def words_of(options: GateOptions) -> list[str]:
    """Return the options as words of the command line, for the base's gate."""
    out = options.outputs
    valued: list[tuple[str, object]] = [
        ("base", options.base),
        *(("stack", name) for name in options.stack),
        ("approve", options.approve),
        *(("policy-pack-config", path) for path in options.policy_pack_config),
        ("cwd", options.cwd),
        ("sarif", out.sarif),
        ("junit", out.junit),
        ("markdown", out.markdown),
        ("markdown-limit", out.markdown_limit),
    ]
    flags = {
        "changed-only": options.changed_only,
        "annotations": out.annotations,
        "json": out.as_json,
        "strict": out.strict,
    }
    given = [word for name, value in valued if value not in (None, "") for word in (f"--{name}", str(value))]
    return [*given, *(f"--{name}" for name, value in flags.items() if value)]
