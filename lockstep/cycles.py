"""How often a process of ours looks for cycles, the objects that only point at each other. Knows nothing of its work.

A process that ends soon makes much, mostly by importing, and throws little away. At the usual rate of Python the search
takes a tenth of its time, and the last search, over everything as the process ends, another tenth to a fifth.
"""

from __future__ import annotations

import atexit
import gc


def look_rarely() -> None:
    """Look for cycles rarely, and not as the process ends. For a process of our own, at its start."""
    # More objects than a command makes, and no more than some 100 MB where all of them are such cycles.
    gc.set_threshold(500_000, 20, 50)
    end_without_looking()


def end_without_looking() -> None:
    """Look for no cycles as the process ends: its memory goes with it."""
    atexit.register(gc.freeze)
