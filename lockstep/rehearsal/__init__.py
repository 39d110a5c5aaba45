"""Rehearsal: runs the unmodified Pulumi program in process against the emulator, where the Pulumi CLI cannot be had.

A fallback and a test harness. It never talks to a real tenant.
"""

from __future__ import annotations

from lockstep.rehearsal.importing import ImportedResource, read_import_document
from lockstep.rehearsal.local import local_plugins
from lockstep.rehearsal.repair import Finder, Repaired
from lockstep.rehearsal.results import Diagnostic, DiffKind, Killed, Op, Progress, Result, Step, Violation
from lockstep.rehearsal.session import Rehearsal

__all__ = [
    "Diagnostic",
    "DiffKind",
    "Finder",
    "ImportedResource",
    "Killed",
    "Op",
    "Progress",
    "Rehearsal",
    "Repaired",
    "Result",
    "Step",
    "Violation",
    "local_plugins",
    "read_import_document",
]
