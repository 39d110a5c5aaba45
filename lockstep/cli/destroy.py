"""The words of `lockstep destroy`."""

from __future__ import annotations

from lockstep.cli.options import deploying

destroy = deploying(
    "destroy", "Take back everything that the stack made, and nothing else.", ("lockstep destroy --stack dev",)
)
