"""What could weaken the policy pack without a rule saying so: its configuration, or fewer and softer rules.

Reads files of the head as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lockstep.errors import UsageError
from lockstep.report import Location
from lockstep.yaml_file import Node, read_yaml

LEVELS = ("disabled", "advisory", "mandatory", "remediate")
"""The enforcement levels of a policy, the weakest first."""


def weakening(path: Path, name: str, rules: Mapping[str, str]) -> Iterator[tuple[Location, str]]:
    """Yield each entry of a policy pack's configuration that makes a rule weaker, with what it says.

    `rules` gives the level of each rule of the pack. YAML reads JSON too, and keeps its lines.
    """
    try:
        root = read_yaml(path, where=name)
    except UsageError:
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
