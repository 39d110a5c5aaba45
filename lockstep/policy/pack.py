"""How the pack starts: what it judges by is read, and it is served until the engine ends it.

The engine waits for that at the start of every run, so nothing else is imported before `start` says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.cycles import look_rarely

if TYPE_CHECKING:
    from lockstep.policy.analyzer import Analyzer


def start(folder: Path) -> None:
    """Serve the pack until the engine ends it. `folder` holds exceptions.yaml. What is wrong ends it in one line.

    The private catalogue that it judges by is the one of the project that the folder lies in.
    """
    look_rarely()
    from lockstep.catalogue import lay_over
    from lockstep.errors import LockstepError
    from lockstep.policy.analyzer import serve
    from lockstep.settings.project import project_at

    lay_over(project_at(folder.parent))
    try:
        service = service_of(folder, os.environ)
    except LockstepError as error:
        sys.exit(str(error))
    serve(service)


def service_of(folder: Path, environ: Mapping[str, str]) -> Analyzer:
    """Return the service of the pack in `folder`; LockstepError when it cannot judge the stack that `environ` names."""
    from lockstep.errors import LockstepError, UsageError
    from lockstep.policy.analyzer import Analyzer
    from lockstep.policy.judging import Judge
    from lockstep.policy.rules import EXCEPTION_USED, RULES, rules_by_name
    from lockstep.policy.world import read_world

    try:
        world = read_world(folder, environ, rules_by_name())
    except LockstepError as error:
        raise UsageError(f"the policy pack cannot judge this stack: {error}") from None
    return Analyzer(Judge(world, RULES, EXCEPTION_USED))
