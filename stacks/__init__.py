"""What a stack of this project deploys: the vendors' apps that its stack file names."""

from lockstep import program


def run() -> None:
    """Deploy the running stack."""
    program.run()
