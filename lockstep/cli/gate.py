"""The words of `lockstep gate`."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, FILE, Command, findings, stack_option
from lockstep.report.outputs import Outputs


@click.command(
    cls=Command,
    examples=(
        "lockstep gate --base origin/main --sarif gate.sarif",
        "lockstep gate --stack prod",
    ),
)
@click.option("--base", default="origin/main", show_default=True, help="The commit to judge against, and by.")
@stack_option("A stack to run; any number.  [default: all]", multiple=True)
@click.option("--changed-only", is_flag=True, help="Run only the stacks that the change can touch.")
@click.option("--approve", default="", metavar="DIGEST", help="Take this difference as approved, for a trial.")
@click.option("--policy-pack-config", multiple=True, type=FILE, help="A pack's configuration that deployments use.")
@click.option("--judge", is_flag=True, hidden=True)
@click.option(
    "--using",
    type=click.Choice(["pulumi", "rehearsal"]),
    default="rehearsal",
    show_default=True,
    help="The engine of the stacks: the Pulumi CLI, or the rehearsal in this process.",
)
@CWD
@findings
def gate(outputs: Outputs, **options: Any) -> int:
    """Judge a pull request: run its stacks on an emulator, and refuse what nobody approved. Needs no credentials."""
    from lockstep.gate.gating import gate as judge
    from lockstep.gate.options import GateOptions

    return judge(GateOptions(outputs=outputs, **options))
