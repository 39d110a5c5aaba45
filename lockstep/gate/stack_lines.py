"""What a stack file says beside the settings of Lockstep, as lines of the manifest.

The settings have their effect on what is registered. What configures the providers, the secrets or the environment
does not: a metadata host or an environment to import from would otherwise be seen by nobody. A secret is never shown;
its line has a digest of its cipher text, so that another one is another line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from lockstep.gate.manifest import Line, flat
from lockstep.policy.exceptions import Exceptions
from lockstep.settings.stack_app import StackApp
from lockstep.settings.stack_file import is_secret
from lockstep.yaml_file import Node, read_yaml

_SUBJECT = "stack"
# What a stack file holds of its secrets provider: the encrypted key, and what a passphrase is checked by.
# https://www.pulumi.com/docs/iac/concepts/secrets/
_KEYS = frozenset({"encryptedkey", "encryptionsalt"})


def stack_lines(path: Path, namespace: str) -> Iterator[Line]:
    """Yield the lines of a stack file, whose own settings have this namespace."""
    root = read_yaml(path)
    for key, value in root.fields.items() if root else ():
        if key != "config":
            yield from _lines(f"file {key}", _masked(value, secret=key in _KEYS))
            continue
        for name, setting in value.fields.items():
            if ":" in name and not name.startswith(f"{namespace}:"):
                yield from _lines(f"setting {name}", _masked(setting))


def _masked(value: Node, *, secret: bool = False) -> Any:
    """Return a value as it is written, with a digest in place of each secret in it, at any depth."""
    if is_secret(value):
        return _digest(value.fields["secure"].text)
    if value.kind == "map":
        return {name: _masked(entry, secret=secret) for name, entry in value.fields.items()}
    if value.kind == "seq":
        return [_masked(item, secret=secret) for item in value.items]
    return _digest(value.text) if secret else value.text


def _digest(text: str) -> str:
    return f"(a secret, sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()})"


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
