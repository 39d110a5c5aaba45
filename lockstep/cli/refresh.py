"""The words of `lockstep refresh`."""

from __future__ import annotations

from lockstep.cli.options import deploying

refresh = deploying("refresh", "Write down in the state what is really there.", ("lockstep refresh --stack dev",))
