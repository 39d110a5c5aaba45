"""Which Python runs a project's own code or a pack's, which Lockstep that code sees, and what else it gets to see."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Interpreter:
    """The Python that runs a project's own code, and the folder whose `lockstep` that code has to see.

    `library` is empty where the Lockstep is meant that is installed for this Python.
    """

    python: str = sys.executable
    library: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that make this Python see that library, before anything installed."""
        return {"PYTHONPATH": self.library} if self.library else {}


INSTALLED = Interpreter()
"""This Python, with the Lockstep that is installed for it."""


def bare_environment(home: str) -> dict[str, str]:
    """Return the environment of a program that is not trusted: where programs are, and nothing of the caller's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": home, "TMPDIR": home, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
