"""The Pulumi program of this project: see stacks/program.py."""

from stacks.program import run

run()
