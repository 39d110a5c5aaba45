"""`lockstep capture`: a tenant's state as a profile for the emulator, on stdout. Reads only."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lockstep import __version__
from lockstep.audit.capture import capture
from lockstep.audit.document import TIME
from lockstep.local.door import run
from lockstep.local.tenants import Source, of_place
from lockstep.local.workplace import open_workplace
from lockstep.report.screen import Screen


def capture_tenant(stack: str, cwd: Path, rehearse: bool) -> int:
    """Print the capture; return the exit code."""
    screen = Screen(as_json=True)
    place = open_workplace(cwd, stack, rehearse=rehearse)
    screen.progress(place.target, "bold")

    async def take(source: Source) -> dict[str, Any]:
        async with source.graph(lambda text: screen.progress(f"  {text}")) as graph:
            return await capture(graph, source.plan.subjects)

    with ExitStack() as cleanup:
        found = run(take(of_place(place, cleanup)))
    made = {"lockstep": __version__, "time": datetime.now(UTC).strftime(TIME)}
    screen.document({"format": found.pop("format"), **made, **found})
    screen.progress(_holds(found))
    screen.progress(f"{place.target}: capture done", "bold")
    sys.stdout.flush()
    return 0


def _holds(found: dict[str, Any]) -> str:
    others = sum(len(found["others"][name]) for name in found["others"])
    return (
        f"holds {len(found['applications'])} applications and {len(found['servicePrincipals'])} principals of ours or"
        f" shared with us, {len(found['grants'])} grants, {len(found['assignments'])} application permissions, the"
        f" names of {others} others that look alike or are near; no secret, no key; {len(found['people'])} users and"
        " owners by number only"
    )
