"""What could weaken the policy pack without a rule saying so: its configuration, or fewer and softer rules.

Reads files of the head as data, and starts a pack only to ask which rules it has, and how binding each is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pulumi.runtime.proto import analyzer_pb2

from lockstep.errors import UsageError
from lockstep.gate.repository import plain
from lockstep.rehearsal.interpreter import INSTALLED, Interpreter, bare_environment
from lockstep.rehearsal.policies import open_pack, pack_environment
from lockstep.report import Location
from lockstep.settings.project import Project
from lockstep.settings.stack_file import read_stack
from lockstep.text_file import read_text
from lockstep.yaml_file import Node, read_yaml

LEVELS = ("disabled", "advisory", "mandatory", "remediate")
"""The enforcement levels of a policy, the weakest first."""

_NAMES = {
    int(analyzer_pb2.DISABLED): "disabled",
    int(analyzer_pb2.ADVISORY): "advisory",
    int(analyzer_pb2.MANDATORY): "mandatory",
    int(analyzer_pb2.REMEDIATE): "remediate",
}


def levels(
    pack: Path, directory: Path, stack: str, interpreter: Interpreter = INSTALLED, *, trusted: bool = False
) -> dict[str, str]:
    """Return the level of each rule of a pack, started for a stack of a project; UsageError when it does not start.

    Unless it is `trusted`, it is the head's, whose code and files nobody approved yet.
    """
    plain(directory, "Pulumi.yaml")
    project = Project.load(directory)
    config = read_stack(project, plain(directory, f"Pulumi.{stack}.yaml")).config
    with tempfile.TemporaryDirectory(prefix="lockstep-pack-") as home:
        variables = bare_environment(home) | pack_environment(project.name, stack, config, preview=True)
        if not (pack / "PulumiPolicy.yaml").is_file():
            raise UsageError("it has no PulumiPolicy.yaml")
        running = open_pack(pack, variables, interpreter, strange=not trusted)
        try:
            # A level that nobody knows binds nobody.
            return {name: _NAMES.get(int(level), LEVELS[0]) for name, level in running.levels.items()}
        finally:
            running.close()


def weakening(path: Path, name: str, rules: Mapping[str, str]) -> Iterator[tuple[Location, str]]:
    """Yield each entry of a policy pack's configuration that makes a rule weaker, with what it says.

    `rules` gives the level of each rule of the pack. YAML reads JSON too, and keeps its lines.
    """
    try:
        root = read_yaml(path, where=name)
    except UsageError:
        if _could_configure(path, rules):
            yield Location(name, 1, 1), "it cannot be read"
        return
    if root is None:
        return
    for rule, value in root.fields.items():
        level = _level(value)
        now = rules.get(rule, "mandatory" if rule == "all" else "")
        if level and now and LEVELS.index(level) < LEVELS.index(now):
            key = root.keys[rule]
            place = Location(name, key.line, key.column)
            yield place, f"{rule} is made {level}, and is {now}"


def _could_configure(path: Path, rules: Mapping[str, str]) -> bool:
    """Tell whether a file that cannot be read for its lines may configure a pack: it names a rule, or is no JSON."""
    keys: set[str] = set()
    try:
        json.loads(read_text(path, path.name), object_pairs_hook=lambda pairs: keys.update(key for key, _ in pairs))
    except (UsageError, ValueError, RecursionError):
        return True
    return not keys.isdisjoint({"all", *rules})


def softened(base: Mapping[str, str], head: Mapping[str, str]) -> Iterator[str]:
    """Yield what became of each rule that the head's pack no longer has, or has in a weaker form."""
    for rule, level in sorted(base.items()):
        if rule not in head:
            yield f"the rule {rule} is gone"
        elif LEVELS.index(head[rule]) < LEVELS.index(level):
            yield f"the rule {rule} is made {head[rule]}, and is {level}"


def candidates(paths: Iterable[str]) -> Iterator[str]:
    """Yield the files that could be a pack's configuration: JSON of this project that is no data of ours."""
    for path in paths:
        if path.endswith(".json") and not path.startswith(("docs/", "tests/", "benchmarks/", "lockstep/")):
            yield path


def _level(node: Node) -> str:
    """Return the level that a rule's entry sets, or nothing."""
    if "enforcementLevel" in node.fields:
        return _level(node.fields["enforcementLevel"])
    return node.text if node.text in LEVELS else ""
