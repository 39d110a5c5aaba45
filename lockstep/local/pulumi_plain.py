"""Plain `pulumi` on a stack with a real target: the caller's own backend, environment and sign-in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lockstep.errors import FindingError


class PlainPulumi:
    """The few commands that a repair and an adoption need."""

    def __init__(self, project: Path, stack: str) -> None:
        self._project = project
        self._stack = stack

    def cancel(self) -> bool:
        """Take the lock away, if there is one."""
        return self._run(["cancel", self._stack, "--yes"], check=False).returncode == 0

    def export(self) -> dict[str, Any]:
        """Return the deployment."""
        found: dict[str, Any] = json.loads(self._run(["stack", "export", "--stack", self._stack]).stdout)
        return found

    def import_(self, file: Path) -> None:
        """Replace the deployment."""
        self._run(["stack", "import", "--force", "--stack", self._stack, "--file", str(file)])

    def take_in(self, document: Path) -> None:
        """Import what a document names into the state."""
        self._run(import_words(document, self._stack))

    def refresh(self, urns: Sequence[str]) -> None:
        """Read some resources from the tenant."""
        targets = [word for urn in urns for word in ("--target", urn)]
        self._run(["refresh", "--yes", "--skip-preview", "--stack", self._stack, *targets])

    def _run(self, words: Sequence[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            ["pulumi", *words, "--non-interactive"],  # noqa: S607  (whichever pulumi the user has on PATH)
            cwd=self._project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if check and done.returncode:
            lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            reason = next((line for line in reversed(lines) if line.startswith("error:")), lines[-1] if lines else "")
            raise FindingError(f"`pulumi {' '.join(words[:2])}` failed: {reason.removeprefix('error: ')}")
        return done


def import_words(document: Path, stack: str) -> list[str]:
    """Return the words behind `pulumi` that import a document; it protects what it takes in."""
    words = ["import", "--file", str(document), "--stack", stack]
    return [*words, "--yes", "--skip-preview", "--generate-code=false"]
