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
    """Return `value`, as known and as secret as it is, with no resource that it came from once it is known.

    Whatever is made from it still waits for the value, so the order of creation stays. Only for a value whose source
    may be deleted first. A value that is not known keeps the resources that it came from: after one of them failed, the
    engine leaves out what needs it (`--continue-on-error`).
    """
    output: Any = pulumi.Output.from_input(value)

    async def sources() -> set[pulumi.Resource]:
        return set() if await output.is_known() else await output.resources()

    content = _Asked(lambda: output.future(with_unknowns=True))
    return pulumi.Output(_Asked(sources), content, _Asked(output.is_known), _Asked(output.is_secret))


@dataclass(frozen=True)
class _Asked(Generic[Value]):
    """Asks when it is awaited and not before: after a failed registration nobody awaits all parts of an output."""

    ask: Callable[[], Awaitable[Value]]

    def __await__(self) -> Generator[Any, Any, Value]:
        return self.ask().__await__()
