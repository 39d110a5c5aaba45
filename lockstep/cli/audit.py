"""The words of `lockstep audit`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from lockstep.cli.options import CWD, FILE, Command, findings, rehearse, stack_option
from lockstep.report.outputs import Outputs


@click.command(
    cls=Command,
    examples=(
        "lockstep audit --stack prod",
        "lockstep audit --tenant 99999999-9999-4999-8999-999999999999 --json > audit.json",
        "lockstep audit --tenants customers.txt --sarif audit.sarif",
    ),
)
@stack_option("The tenant of this stack, by its settings: Pulumi.<stack>.yaml.")
@click.option("--tenant", "tenants", multiple=True, help="A tenant by its id, without a stack; may be repeated.")
@click.option("--tenants", "file", type=FILE, help="A file with one tenant id a line; # begins a remark.")
@click.option("--vendor", "vendors", multiple=True, help="A vendor; may be repeated.  [default: all]")
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@click.option(
    "--client-id",
    "client_ids",
    multiple=True,
    metavar="KEY=CLIENT_ID",
    help="The client id of a vendor's enterprise app, by its app key; may be repeated.",
)
@rehearse("Read the emulator of a stack with a real target instead.")
@CWD
@click.option("--compare", type=FILE, help="Show what changed since this earlier audit (--json), and who did it.")
@findings
def audit(compare: Path | None, outputs: Outputs, **options: Any) -> int:
    """Show where tenants stand against what vendors document: missing, extra, look-alikes, secrets. Only reads."""
    from lockstep.audit.run import audit_tenants
    from lockstep.local.tenants import TenantWords, sources

    tenants = TenantWords(**options)
    with ExitStack() as cleanup:
        return audit_tenants(sources(tenants, cleanup), tenants.project, compare, outputs)
