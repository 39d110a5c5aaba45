"""The words of `lockstep up`."""

from __future__ import annotations

from lockstep.cli.options import deploying

up = deploying("up", "Deploy the stack, read the emulator back, and compare it with the catalogue.")
