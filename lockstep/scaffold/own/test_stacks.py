"""Tries every stack of this project on an emulator: `make test`. It signs in nowhere and needs no Pulumi."""

import unittest
from pathlib import Path

from lockstep.cli import run

PROJECT = Path(__file__).resolve().parent.parent
STACKS = [path.name.split(".")[1] for path in sorted(PROJECT.glob("Pulumi.*.yaml"))]


class Stacks(unittest.TestCase):
    """What the stack files ask for can be deployed, and no rule of the policy pack refuses it."""

    def test_each_stack_can_be_deployed(self) -> None:
        """Preview each stack with the policy pack; a real target is stood for by the emulator."""
        for stack in STACKS:
            with self.subTest(stack):
                words = ["preview", "--stack", stack, "--rehearse", "--using", "rehearsal", "--cwd", str(PROJECT)]
                self.assertEqual(run(words), 0)


if __name__ == "__main__":
    unittest.main()
