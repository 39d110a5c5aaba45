"""Lockstep keeps the Entra ID permissions of vendor applications exactly at what their vendors document."""

import sys
from types import ModuleType
from typing import cast

__version__ = "0.1.0"

# httpx tries to import a command line of its own, and does without where it cannot. With it would come rich and
# pygments, a fifth of a second for each process of ours.
sys.modules.setdefault("httpx._main", cast(ModuleType, None))
