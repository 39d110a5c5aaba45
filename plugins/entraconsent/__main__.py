"""The provider plugin of this project: Lockstep's own, with the private catalogue in this project's folder."""

from pathlib import Path

from lockstep.provider.plugin import main

main(project=Path(__file__).resolve().parents[2])
