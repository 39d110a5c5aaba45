"""Hands a value from one resource to another without the engine's record that the one needs the other.

The engine deletes in layers, by how many recorded dependencies lie between a resource and the stack, and a layer starts
when the one before it is gone. azuread waits about 20 seconds for each application that it deletes. So applications
that need each other's values would be deleted one after the other, although Entra deletes them in any order. Knows no
app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pulumi

Value = TypeVar("Value")


def without_dependency(value: pulumi.Input[Value]) -> pulumi.Output[Value]:
    """Return `value`, as known and as secret as it is, with no resource that it came from.

    Whatever is made from it still waits for the value, so the order of creation stays. Only for a value whose source
    may be deleted first.

    | | resources that the value comes from | why |
    |---|---|---|
    | it is known | none | the engine shall record no dependency |
    | not known, in a preview | none | a plan of the preview holds only if the deployment records the same |
    | not known, in a deployment | as before | its source failed, and the engine leaves out what needs that |
    """
    output: Any = pulumi.Output.from_input(value)

    async def sources() -> set[pulumi.Resource]:
        unrecorded = pulumi.runtime.is_dry_run() or await output.is_known()
        return set() if unrecorded else await output.resources()

    content = _Asked(lambda: output.future(with_unknowns=True))
    return pulumi.Output(_Asked(sources), content, _Asked(output.is_known), _Asked(output.is_secret))


@dataclass(frozen=True)
class _Asked(Generic[Value]):
    """Asks when it is awaited and not before: after a failed registration nobody awaits all parts of an output."""

    ask: Callable[[], Awaitable[Value]]

    def __await__(self) -> Generator[Any, Any, Value]:
        return self.ask().__await__()
