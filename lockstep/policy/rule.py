"""What rules are asked about, and what they answer: a resource, the whole stack at the end, and an objection.

A rule yields objections; it never decides what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_policy import PolicyResource

from lockstep.deployment import qualified_type


@dataclass(frozen=True)
class Resource:
    """One resource as the engine registers it: its inputs, its parent's URN, and its provider's name."""

    type: str
    name: str
    urn: str
    parent: str
    props: Mapping[str, Any]
    provider: str = ""

    @property
    def title(self) -> str:
        """The resource for a person: its type as programs write it, and its name."""
        package, _, rest = self.type.partition(":")
        return f'{package}:{rest.rpartition(":")[2]} "{self.name}"'

    @property
    def chain(self) -> tuple[str, ...]:
        """The types of all its parents, the outermost first, and its own."""
        return tuple(qualified_type(self.urn).split("$"))


@dataclass(frozen=True)
class Objection:
    """What a rule has against a resource: what is refused, what is allowed, how to fix it, and the source of that.

    `resource` is set where the objection is to another resource than the one that was asked about.
    """

    refused: str
    allowed: str
    fix: str
    source: str = ""
    resource: Resource | None = None


@dataclass(frozen=True)
class StackView:
    """The stack at the end of a run: what was registered, by what, and what came out of it, by URN.

    Inputs are those that the resource rules saw; outputs and dependencies are the engine's.
    """

    registered: Mapping[str, PolicyResource]
    inputs: Mapping[str, Resource]

    @cached_property
    def resources(self) -> list[Resource]:
        """The registered resources in order, as they were before the run touched them."""
        return [self.inputs[urn] for urn in sorted(self.registered) if urn in self.inputs]

    def of_type(self, type_: str) -> list[Resource]:
        """Return the resources of one type."""
        return [resource for resource in self.resources if resource.type == type_]

    def below(self, parent: str, type_: str) -> list[Resource]:
        """Return the resources of one type right below a component."""
        return [child for child in self._children.get(parent, ()) if child.type == type_]

    def outputs(self, resource: Resource) -> Mapping[str, Any]:
        """Return the outputs of a resource."""
        return self.registered[resource.urn].props

    def made_from(self, resource: Resource, key: str) -> set[str]:
        """Return the URNs that one property of a resource was made from."""
        return {entry.urn for entry in self.registered[resource.urn].property_dependencies.get(key, ())}

    def references(self, resource: Resource) -> set[str]:
        """Return the URNs that any property of a resource was made from."""
        dependencies = self.registered[resource.urn].property_dependencies
        return {entry.urn for entries in dependencies.values() for entry in entries}

    @cached_property
    def _children(self) -> Mapping[str, list[Resource]]:
        children: dict[str, list[Resource]] = {}
        for resource in self.resources:
            children.setdefault(resource.parent, []).append(resource)
        return children
