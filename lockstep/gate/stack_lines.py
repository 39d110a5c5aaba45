"""What a stack file says beside the settings of Lockstep, as lines of the manifest.

The settings have their effect on what is registered. What configures the providers, the secrets or the environment
does not: a metadata host or an environment to import from would otherwise be seen by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lockstep.gate.manifest import Line, flat
from lockstep.policy.exceptions import Exceptions
from lockstep.settings.stack_app import StackApp
from lockstep.yaml_file import read_yaml

_SUBJECT = "stack"


def stack_lines(path: Path, namespace: str) -> Iterator[Line]:
    """Yield the lines of a stack file, whose own settings have this namespace."""
    root = read_yaml(path)
    document: Any = root.value(as_written=True) if root else {}
    for key, value in document.items():
        if key != "config":
            yield from _lines(f"file {key}", value)
            continue
        for name, setting in (value or {}).items():
            secret = isinstance(setting, dict) and set(setting) == {"secure"}
            if ":" in name and not name.startswith(f"{namespace}:"):
                yield from _lines(f"setting {name}", "(a secret)" if secret else setting)


def adopted_lines(apps: Iterable[StackApp]) -> Iterator[Line]:
    """Yield which application each adopted app is: the state is bound to it, and no registration names it."""
    for app in apps:
        if app.adopted and app.client_id:
            yield Line(_SUBJECT, f"adopted {app.key} = {app.client_id}", words=(app.client_id,))


def exception_lines(exceptions: Exceptions, stack: str) -> Iterator[Line]:
    """Yield what the base's exceptions allow this stack."""
    for exception in exceptions.exceptions:
        if exception.stack == stack:
            what = f"{exception.rule} for {exception.type} {exception.resource or '(each)'}"
            yield Line(_SUBJECT, f"exception {what} = until {exception.expires}", True)
    for scope in exceptions.scopes:
        if scope.stack == stack:
            yield Line(_SUBJECT, f"scope {scope.scope} = until {scope.expires}")


def _lines(name: str, value: Any) -> Iterable[Line]:
    for path, text, listed in flat(value):
        yield Line(_SUBJECT, f"{name}{f'.{path}' if path else ''} {'∋' if listed else '='} {text}", words=(text,))
