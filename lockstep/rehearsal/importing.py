"""Import from the JSON document that `pulumi import --file` reads, with components and parents.

What the tenant holds is taken into the state as it is; the next `up` brings it to what the program declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lockstep.deployment import STACK_TYPE, StateResource, make_urn, package_of, stack_urn
from lockstep.errors import UsageError, nearest
from lockstep.provider.wording import adopt_command
from lockstep.rehearsal.providers import Providers
from lockstep.rehearsal.results import REGISTRATIONS, ROOTS
from lockstep.rehearsal.steps import StepExecutor
from lockstep.text_file import read_json


@dataclass(frozen=True)
class ImportedResource:
    """One entry of an import document; `name` is unique in it, `logical_name` is what the resource is called.

    `parent` is the name of an entry before it, or the URN of a resource that the state has.
    """

    type: str
    name: str
    id: str = ""
    logical_name: str = ""
    parent: str = ""
    component: bool = False
    version: str = ""


_KEYS = {
    "type": "type",
    "name": "name",
    "id": "id",
    "logicalName": "logical_name",
    "parent": "parent",
    "component": "component",
    "version": "version",
}


def read_import_document(document: Path | Mapping[str, Any]) -> list[ImportedResource]:
    """Read an import document from a file or from JSON values."""
    where = str(document) if isinstance(document, Path) else "the import document"
    if isinstance(document, Path):
        document = read_json(document, hint=f"{adopt_command()} makes such a file")
    if not isinstance(document, Mapping) or not isinstance(document.get("resources"), list):
        raise UsageError(f"{where} must hold a list `resources`")
    table = document.get("nameTable") or {}
    if not isinstance(table, Mapping):
        raise UsageError(f"{where}: `nameTable` must map names to URNs")
    entries = [_entry(raw, where) for raw in document["resources"]]
    return [replace(entry, parent=str(table.get(entry.parent, entry.parent))) for entry in entries]


def _entry(raw: Any, where: str) -> ImportedResource:
    if not isinstance(raw, Mapping) or not raw.get("type") or not raw.get("name"):
        raise UsageError(f"{where}: every resource needs `type` and `name`: {raw!r}")
    fields = {attribute: raw[key] for key, attribute in _KEYS.items() if key in raw}
    entry = ImportedResource(**fields)
    if not entry.component and not entry.id:
        raise UsageError(f"{where}: {entry.name} has no `id`; only components go without")
    return entry


def import_resources(
    executor: StepExecutor, providers: Providers, entries: Sequence[ImportedResource], stack: str, project: str
) -> None:
    """Import the entries, parents first, each protected, as the CLI does."""
    root = _ensure_root(executor, stack, project)
    urns: dict[str, str] = {}
    for index, entry in enumerate(entries):
        if entry.name in urns:
            raise UsageError(
                f"the name {entry.name!r} is in the import document twice; make `name` unique and give `logicalName`"
            )
        parent = root if not entry.parent else _known(executor, entry.parent) or urns.get(entry.parent, "")
        if not parent:
            hint = nearest(entry.parent, urns)
            raise UsageError(f"{entry.name} names the parent {entry.parent!r}, which does not stand before it{hint}")
        urn = make_urn(stack, project, parent, entry.type, entry.logical_name or entry.name)
        urns[entry.name] = urn
        _import_one(
            executor, providers, entry, StateResource(urn, entry.type, custom=not entry.component, parent=parent), index
        )


def _known(executor: StepExecutor, parent: str) -> str:
    return parent if executor.ledger.any(parent) is not None else ""


def _import_one(
    executor: StepExecutor, providers: Providers, entry: ImportedResource, resource: StateResource, index: int
) -> None:
    if executor.ledger.any(resource.urn) is not None:
        executor.reporter.error(f"{entry.name} is already in the state as {resource.urn}", resource.urn)
        return
    if resource.parent and executor.ledger.any(resource.parent) is None:
        executor.reporter.error(f"{entry.name} was skipped: its parent could not be imported", resource.urn)
        return
    resource.protect = True
    rank = (REGISTRATIONS, index, resource.urn)
    if resource.custom:
        resource.import_id = entry.id
        resource.provider = providers.default(package_of(entry.type), entry.version)
    taken = executor.import_(resource, rank)
    if taken is None or not taken.custom:
        return
    taken.import_id = ""  # the CLI keeps it for the `import_` option only
    executor.calls.check(taken.urn, taken.type, taken.inputs, taken.inputs)
    executor.ledger.save()


def _ensure_root(executor: StepExecutor, stack: str, project: str) -> str:
    urn = stack_urn(stack, project)
    if executor.ledger.any(urn) is None:
        executor.ledger.keep(StateResource(urn, STACK_TYPE, custom=False), (ROOTS, 0, urn), changed=True)
    return urn
