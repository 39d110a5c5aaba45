"""One resource registration of the program: what it asks for, read from the SDK's request.

What a rehearsal does not model is refused by name, so that nobody believes that it had an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.deployment import Properties, StateResource, make_urn
from lockstep.errors import UsageError
from lockstep.provider.structs import values_of
from lockstep.rehearsal.values import refuse_secrets, reveal

UNMODELLED_OPTIONS: Mapping[str, Callable[[Any], object]] = {
    "remote components": lambda request: request.remote,
    "aliases": lambda request: request.aliases or request.aliasURNs,
    "transforms": lambda request: request.transforms,
    "resource hooks": lambda request: any(list(urns) for _, urns in request.hooks.ListFields()),
    "replace_with": lambda request: request.replace_with,
    "parameterized packages": lambda request: request.packageRef,
}
"""What a registration may ask for and is refused, and how to tell that it asks for it. docs/rehearsal.md names each."""


@dataclass(frozen=True)
class Goal:
    """The wanted state of one resource."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str
    provider: str
    version: str
    dependencies: tuple[str, ...]
    property_dependencies: dict[str, list[str]]
    protect: bool | None
    retain_on_delete: bool | None
    deleted_with: str
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool | None
    import_id: str
    secret_outputs: tuple[str, ...]

    def resource(self, inputs: Properties, provider: str) -> StateResource:
        """Return the state that this goal leads to, without id and outputs."""
        return StateResource(
            urn=self.urn,
            type=self.type,
            custom=self.custom,
            inputs=inputs,
            parent=self.parent,
            provider=provider,
            dependencies=list(self.dependencies),
            property_dependencies={key: list(urns) for key, urns in self.property_dependencies.items()},
            protect=bool(self.protect),
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            import_id=self.import_id,
            ignore_changes=list(self.ignore_changes),
            replace_on_changes=list(self.replace_on_changes),
        )

    def needs(self) -> set[str]:
        """Return the URNs that have to be there before this resource."""
        urns = {self.parent, self.deleted_with, *self.dependencies}
        return urns.union(*self.property_dependencies.values()) - {""}


def read_goal(request: Any, stack: str, project: str, public: frozenset[str] = frozenset()) -> Goal:
    """Return what a RegisterResourceRequest asks for; `public` inputs may come wrapped as secrets."""
    urn = make_urn(stack, project, request.parent, request.type, request.name)
    _refuse_unmodelled(request, urn)
    inputs = reveal(values_of(request.object), public)
    refuse_secrets(urn, "input", inputs)
    return Goal(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        provider=request.provider,
        version=request.version,
        dependencies=tuple(dict.fromkeys(request.dependencies)),
        property_dependencies={key: list(value.urns) for key, value in request.propertyDependencies.items()},
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        import_id=request.importId,
        secret_outputs=tuple(request.additionalSecretOutputs),
    )


def _refuse_unmodelled(request: Any, urn: str) -> None:
    for feature, used in UNMODELLED_OPTIONS.items():
        if used(request):
            raise UsageError(f"{urn} uses {feature}, which rehearsal does not model; run it with the Pulumi CLI")
