"""What the deployment engine writes: URNs, marks on the wire, and the state file of a stack.

The file has deployment version 3, which `pulumi stack import` takes. It is written whole and swapped in, so that a kill
at any moment leaves the old file or the new one. Knows no plugin and no program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import is_
from pathlib import Path
from typing import Any

from lockstep import __version__
from lockstep.errors import StateError
from lockstep.text_file import read_text, write_text

Properties = dict[str, Any]
"""Property names as they go over the wire (camelCase) -> JSON values."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that a preview cannot know yet. It looks like a GUID: compare, never parse."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The property by which an object on the wire says that it is something else, such as a secret."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  (the mark of a secret on the wire, not one)

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"

_VERSION = 3
_MAKER = f"lockstep-{__version__}"


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource of `type_` called `name` under `parent` (a URN, or nothing)."""
    chain = qualified_type(parent) if parent else ""
    prefix = f"{chain}$" if chain and chain != STACK_TYPE else ""
    return f"urn:pulumi:{stack}::{project}::{prefix}{type_}::{name}"


def stack_urn(stack: str, project: str) -> str:
    """Return the URN of the stack's root resource."""
    return make_urn(stack, project, "", STACK_TYPE, f"{project}-{stack}")


def qualified_type(urn: str) -> str:
    """Return the chain of types of a URN, the resource's own last."""
    return urn.split("::", 3)[2]


def urn_type(urn: str) -> str:
    """Return the resource's own type."""
    return qualified_type(urn).rpartition("$")[2]


def urn_name(urn: str) -> str:
    """Return the resource's logical name."""
    return urn.split("::", 3)[3]


def package_of(type_: str) -> str:
    """Return the package that a type or function token belongs to."""
    return type_.split(":", 1)[0]


def is_provider(type_: str) -> bool:
    """Tell whether a type is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


@dataclass
class StateResource:
    """One resource of a state, with the fields of the file that this engine understands."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    protect: bool = False
    external: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    delete: bool = False
    pending_replacement: bool = False
    init_errors: list[str] = field(default_factory=list)
    import_id: str = ""
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    rest: dict[str, Any] = field(default_factory=dict)

    def needs(self) -> set[str]:
        """Return the URNs that must outlive this resource."""
        urns = {self.parent, self.deleted_with, self.provider.rpartition("::")[0], *self.dependencies}
        return urns.union(*self.property_dependencies.values()) - {""}


_KEYS = {  # attribute -> key in the file, in the order in which the engine writes them
    "urn": "urn",
    "custom": "custom",
    "delete": "delete",
    "id": "id",
    "type": "type",
    "inputs": "inputs",
    "outputs": "outputs",
    "parent": "parent",
    "protect": "protect",
    "external": "external",
    "dependencies": "dependencies",
    "init_errors": "initErrors",
    "provider": "provider",
    "property_dependencies": "propertyDependencies",
    "pending_replacement": "pendingReplacement",
    "import_id": "importID",
    "retain_on_delete": "retainOnDelete",
    "deleted_with": "deletedWith",
    "created": "created",
    "modified": "modified",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
}


@dataclass
class PendingOperation:
    """A step that was begun and, when it is still in the file, was never finished."""

    type: str  # creating, updating, deleting, importing
    resource: StateResource


@dataclass
class Snapshot:
    """All that a state file holds."""

    resources: list[StateResource] = field(default_factory=list)
    pending: list[PendingOperation] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


def now() -> str:
    """Return the present moment as the state file writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def load_state(path: Path) -> Snapshot:
    """Read a state file; a missing one is an empty snapshot, a broken one is refused and left alone."""
    if not path.exists():
        return Snapshot()
    return parse_state(read_text(path, f"state file {path}", most=None, error=StateError), str(path))


def parse_state(text: str, where: str) -> Snapshot:
    """Read the text of a state file; `where` names it in errors."""
    hint = "restore it from a copy, or delete it together with the emulator's state to start afresh"
    try:
        document = json.loads(text)
    except ValueError:
        raise StateError(f"state file {where} is truncated or not JSON; {hint}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != _VERSION:
        raise StateError(f"state file {where} has version {version!r}; this Lockstep reads version {_VERSION}; {hint}")
    try:
        deployment = document["deployment"]
        return Snapshot(
            resources=[_resource(entry) for entry in deployment.get("resources") or []],
            pending=[
                PendingOperation(entry["type"], _resource(entry["resource"]))
                for entry in deployment.get("pending_operations") or []
            ],
            metadata=deployment.get("metadata") or {},
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise StateError(f"state file {where} is not a deployment ({error}); {hint}") from None


class StateWriter:
    """Writes the state file of a stack, again and again during one operation.

    A resource whose values are those of the last time is not put into JSON anew: of a hundred, a step changes one. That
    goes by which objects its values are, so whoever changes one gives it another value and never changes one inside.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[int, tuple[list[Any], str]] = {}

    def write(self, snapshot: Snapshot) -> None:
        """Write the snapshot beside the file and swap it in; StateError when that cannot be done."""
        write_text(self._path, self.text(snapshot), f"state file {self._path}", error=StateError)

    def text(self, snapshot: Snapshot) -> str:
        """Return the text of the state file: one line, since indenting is slow."""
        manifest = {"time": now(), "magic": hashlib.sha256(_MAKER.encode()).hexdigest(), "version": _MAKER}
        parts = {"manifest": _json(manifest), "secrets_providers": "{}", "resources": self._list(snapshot.resources)}
        if snapshot.pending:
            pending = [{"resource": _entry(entry.resource), "type": entry.type} for entry in snapshot.pending]
            parts["pending_operations"] = _json(pending)
        parts["metadata"] = _json(snapshot.metadata)
        deployment = ", ".join(f'"{name}": {text}' for name, text in parts.items())
        return f'{{"version": {_VERSION}, "deployment": {{{deployment}}}}}\n'

    def _list(self, resources: Iterable[StateResource]) -> str:
        texts = []
        for resource in resources:
            values = list(vars(resource).values())
            kept = self._texts.get(id(resource))
            if kept is None or not all(map(is_, kept[0], values)):
                kept = self._texts[id(resource)] = values, _json(_entry(resource))
            texts.append(kept[1])
        return f"[{', '.join(texts)}]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _entry(resource: StateResource) -> dict[str, Any]:
    always = ("urn", "custom", "type")
    entry = {key: value for name, key in _KEYS.items() if (value := getattr(resource, name)) or name in always}
    return entry | resource.rest


def _resource(entry: dict[str, Any]) -> StateResource:
    fields = {name: entry[key] for name, key in _KEYS.items() if key in entry}
    rest = {key: value for key, value in entry.items() if key not in _KEYS.values()}
    return StateResource(**fields, rest=rest)


def deletion_levels(resources: Iterable[StateResource]) -> list[list[StateResource]]:
    """Return the resources in groups to delete one after the other: nothing goes before what needs it.

    As the engine does it, by the longest way from what needs nothing: so a resource may wait for others that do not
    need it. https://github.com/pulumi/pulumi/blob/v3.260.0/pkg/resource/deploy/step_generator.go, `ScheduleDeletes`
    """
    left = list(resources)
    levels: list[list[StateResource]] = []
    while left:
        urns = {resource.urn for resource in left}
        level = [resource for resource in left if not (resource.needs() - {resource.urn}) & urns] or left[:1]
        levels.append(level[::-1])
        chosen = {id(resource) for resource in level}
        left = [resource for resource in left if id(resource) not in chosen]
    return levels[::-1]
