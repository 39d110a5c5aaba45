"""A model of the azuread provider for rehearsals: the few types that this project uses, over the emulator's Graph."""

from __future__ import annotations

from lockstep.rehearsal.azuread.plugin import AzureAD

__all__ = ["AzureAD"]
