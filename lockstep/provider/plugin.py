"""Starts the provider as a plugin of the Pulumi engine.

The plugin uses Pulumi's generated protocol stubs and nothing else of the SDK around them, whose import would take
longer than everything else that the plugin needs before it can answer.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from lockstep.cycles import look_rarely


def main(arguments: Sequence[str] | None = None, *, project: Path | None = None) -> None:
    """Run the plugin; the engine's address is the one argument of the form host:port.

    `project` is the folder of the project that the plugin lies in, whose private catalogue counts. Only for a process
    of its own: whoever imports Pulumi's SDK in it later gets an empty package.
    """
    look_rarely()
    _leave_out_the_sdk()
    from lockstep.provider.serving import serve

    words = sys.argv[1:] if arguments is None else list(arguments)
    addresses = [word for word in words if ":" in word and not word.startswith("-") and "/" not in word]
    asyncio.run(serve(addresses[-1] if addresses else None, project))


def _leave_out_the_sdk() -> None:
    """Put bare packages in the place of those around the stubs, so that importing a stub does not run them."""
    sdk = find_spec("pulumi")
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        bare = ModuleType(name)
        bare.__path__ = (
            [str(Path(root, *name.split(".")[1:])) for root in sdk.submodule_search_locations or ()] if sdk else []
        )
        sys.modules[name] = bare
