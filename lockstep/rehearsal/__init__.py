"""Rehearsal: runs the unmodified Pulumi program in process against the emulator, where the Pulumi CLI cannot be had.

A fallback and a test harness. It never talks to a real tenant.
"""

from __future__ import annotations

from .importing import ImportedResource, read_import_document
from .model import Diagnostic, DiffKind, Event, Killed, Op, Result, Step, Violation
from .project import Project
from .repair import Finder, Repaired
from .session import Rehearsal
from .state import PendingOperation, Resource, Snapshot
from .state import load as load_state

__all__ = [
    "Diagnostic",
    "DiffKind",
    "Event",
    "Finder",
    "ImportedResource",
    "Killed",
    "Op",
    "PendingOperation",
    "Project",
    "Rehearsal",
    "Repaired",
    "Resource",
    "Result",
    "Snapshot",
    "Step",
    "Violation",
    "load_state",
    "read_import_document",
]
