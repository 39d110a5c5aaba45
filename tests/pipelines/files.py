"""The pipeline files, and the steps in them that run a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "pipelines"
GITHUB = sorted((FOLDER / "github").glob("*.yml"))
AZURE = sorted((FOLDER / "azure-devops").glob("*.yml"))


@dataclass(frozen=True)
class Step:
    """One script: its file below pipelines/, its name, its text and the environment that the file gives it."""

    file: str
    name: str
    text: str
    env: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        """What the step is known by."""
        return self.file, self.name


def document(path: Path) -> dict[str, Any]:
    """Return a pipeline file with every scalar as text, as both services read it; `on` stays a word."""
    loaded: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 (makes text only)
    return loaded


def nodes(value: Any, inherited: dict[str, str] | None = None) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Yield every mapping of a file, with the environment that is in force in it."""
    env = dict(inherited or {})
    if isinstance(value, dict):
        env.update(value["env"] if isinstance(value.get("env"), dict) else {})
        yield value, env
        for inner in value.values():
            yield from nodes(inner, env)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, env)


def steps() -> list[Step]:
    """Return every step of every file that runs a script."""
    found = []
    for path in (*GITHUB, *AZURE):
        for node, env in nodes(document(path)):
            for word in ("run", "bash", "script"):
                if isinstance(node.get(word), str):
                    name = node.get("name") or node.get("displayName") or node[word].splitlines()[0]
                    found.append(Step(path.relative_to(FOLDER).as_posix(), name, node[word], env))
    return found
