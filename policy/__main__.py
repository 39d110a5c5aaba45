"""The policy pack of this project: the rules of Lockstep, with the exceptions and approvals in this folder."""

from pathlib import Path

from lockstep.policy.pack import start

start(Path(__file__).resolve().parent)
