"""Rehearsal: runs the unmodified Pulumi program in process against the emulator, where the Pulumi CLI cannot be had.

A fallback and a test harness. It never talks to a real tenant.
"""

from __future__ import annotations

from lockstep.deployment import PendingOperation, Resource, Snapshot
from lockstep.deployment import load as load_state
from lockstep.rehearsal.importing import ImportedResource, read_import_document
from lockstep.rehearsal.local import local_plugins
from lockstep.rehearsal.model import Diagnostic, DiffKind, Event, Killed, Op, Result, Step, Violation
from lockstep.rehearsal.repair import Finder, Repaired
from lockstep.rehearsal.session import Rehearsal
from lockstep.rehearsal.values import UNKNOWN
from lockstep.settings.project import Project

__all__ = [
    "UNKNOWN",
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
    "local_plugins",
    "read_import_document",
]
