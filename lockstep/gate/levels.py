"""Starts a policy pack only to ask which rules it has, and how binding each is. Judges nothing."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from pulumi.runtime.proto import analyzer_pb2

from lockstep.errors import UsageError
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter, bare_environment
from lockstep.rehearsal.policies import Pack
from lockstep.settings.project import Project
from lockstep.settings.stack_file import read_stack_file

_LEVELS = {
    int(level): name
    for level, name in (
        (analyzer_pb2.DISABLED, "disabled"),
        (analyzer_pb2.ADVISORY, "advisory"),
        (analyzer_pb2.MANDATORY, "mandatory"),
        (analyzer_pb2.REMEDIATE, "remediate"),
    )
}


def levels(pack: Path, directory: Path, stack: str, interpreter: Interpreter = INSTALLED) -> dict[str, str]:
    """Return the level of each rule of a pack, started for a stack of a project; UsageError when it does not start."""
    project = Project.load(directory)
    config = {**project.defaults, **read_stack_file(directory / f"Pulumi.{stack}.yaml", namespace=project.name).config}
    with tempfile.TemporaryDirectory(prefix="lockstep-pack-") as home:
        variables = {
            **bare_environment(home),
            "PULUMI_PROJECT": project.name,
            "PULUMI_STACK": stack,
            "PULUMI_ORGANIZATION": "organization",
            "PULUMI_DRY_RUN": "true",
            "PULUMI_CONFIG": json.dumps(config),
        }
        if not (pack / "PulumiPolicy.yaml").is_file():
            raise UsageError("it has no PulumiPolicy.yaml")
        running = Pack(pack, variables, interpreter)
        try:
            running.connect()
            return {name: _LEVELS[int(level)] for name, level in running.levels.items()}
        finally:
            running.close()
