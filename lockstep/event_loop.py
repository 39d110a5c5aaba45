"""Runs a coroutine to its end, in an event loop of its own. Knows nothing of what it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")


def run_to_end(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Return what a coroutine returns.

    Like asyncio.run, but the result stays outside of the task. When asyncio.run puts back the handler of Ctrl-C, Python
    makes a text of the task with its result, and throws it away; that of a whole tenant takes longer than to read it.
    """
    results: list[Value] = []

    async def keep() -> None:
        results.append(await coroutine)

    kept = keep()
    try:
        asyncio.run(kept)
    finally:
        for left in (kept, coroutine):
            left.close()  # where the machine had no event loop left for it
    return results[0]
