"""The Pulumi program of this project: see stacks/."""

from stacks import run

run()
