"""What a stack of this project deploys: the apps that its stack file names, each as the class of its own."""

from components import atera, atlas
from lockstep import program


def run() -> None:
    """Deploy the running stack."""
    program.run(components=[*atlas.COMPONENTS, *atera.COMPONENTS])
