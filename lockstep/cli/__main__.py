"""`python -m lockstep.cli`, for where the `lockstep` script is not on PATH."""

from lockstep.cli import main

main()
