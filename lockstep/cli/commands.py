"""The words of the command line: verbs, options and their help. What a verb does is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lockstep import __version__
from lockstep.cli.catalogue import catalogue
from lockstep.cli.emulator import emulator
from lockstep.cli.options import CWD, FILE, JSON, STACK, USING, Group, of_tenants
from lockstep.report.outputs import Outputs, outputs


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lockstep")
def lockstep() -> None:
    """Keep the Entra ID permissions of vendor applications exactly at what their vendors document.

    up, preview, refresh and destroy work on the local Entra emulator; a real tenant is deployed with plain `pulumi`.

    Exit codes: 0 fine; 1 findings; 2 usage or configuration; 3 tenant, sign-in or network.
    """


def _deploying(verb: str, help_text: str) -> None:
    """Add one of the verbs that run an engine; they take the same options."""

    @lockstep.command(verb, help=help_text)
    @STACK
    @CWD
    @click.option("--rehearse", is_flag=True, help="Run a stack with a real target on the emulator instead.")
    @click.option(
        "--profile",
        help="What a new emulator holds: fresh, legacy-spfx, both-spfx, no-spfx, brownfield, drifted.",
    )
    @USING
    @click.option("--expect-no-changes", is_flag=True, help="Change nothing, and end with 1, if anything would change.")
    @JSON
    def command(**options: Any) -> int:
        from lockstep.local.deploy import Options, deploy

        return deploy(Options(verb=verb, **options))


_deploying("up", "Deploy the stack, read the emulator back, and compare it with the catalogue.")
_deploying("preview", "Show what `up` would do, by permission name; changes nothing.")
_deploying("refresh", "Write down in the state what is really there.")
_deploying("destroy", "Take back everything that the stack made, and nothing else.")


@lockstep.command()
@STACK
@CWD
@click.option("--rehearse", is_flag=True, help="Repair the rehearsal of a stack with a real target.")
@JSON
def repair(**options: Any) -> int:
    """Clear the lock and the pending operations of a killed run, and take up what it had made. Real targets too."""
    from lockstep.local.repair import repair_stack

    return repair_stack(**options)


@lockstep.command()
@STACK
@CWD
@click.option("--rehearse", is_flag=True, help="Look at the emulator of a stack with a real target instead.")
@JSON
def doctor(**options: Any) -> int:
    """Check tools, settings, sign-in, rights and what the tenant has already, and say what to type next. Only reads."""
    from lockstep.local.doctor import examine

    return examine(**options)


@lockstep.command()
@STACK
@CWD
@click.option("--rehearse", is_flag=True, help="Capture the emulator of a stack with a real target instead.")
def capture(**options: Any) -> int:
    """Print the state of a stack's tenant, our apps only, as a profile for the emulator. Only reads; nothing secret."""
    from lockstep.cli.capture import capture_tenant

    return capture_tenant(**options)


@lockstep.command()
@of_tenants
@click.option("--compare", type=FILE, help="Show what changed since this earlier audit (--json), and who did it.")
@outputs
def audit(compare: Path | None, outputs: Outputs, **options: Any) -> int:
    """Show where tenants stand against what vendors document: missing, extra, look-alikes, secrets. Only reads."""
    from lockstep.cli.audit import audit_tenants
    from lockstep.local.tenants import Wanted

    return audit_tenants(Wanted(**options), compare, outputs)


@lockstep.command()
@STACK
@CWD
@click.option("--rehearse", is_flag=True, help="Look at the emulator in place of a real target.")
@click.option("--profile", help="What a new emulator holds.")
@USING
@click.option("--app", "apps", multiple=True, metavar="KEY=OBJECT_ID", help="Which application it is; `KEY=new`: none.")
@click.option("--claim", is_flag=True, help="Take over documented scopes that somebody granted on shared principals.")
@click.option("--write", is_flag=True, help="Write the settings and the import document, and import it.")
@JSON
def adopt(**options: Any) -> int:
    """Show what the tenant has of the stack's apps; with --write take it over. Changes nothing in the tenant."""
    from lockstep.adopt.adoption import Options
    from lockstep.adopt.adoption import adopt as run_adoption

    return run_adoption(Options(**options))


@lockstep.command()
@click.argument("app", metavar="APP[=OBJECT_ID]")
@STACK
@CWD
@click.option("--rehearse", is_flag=True, help="Restore on the emulator in place of a real target.")
@JSON
def restore(**options: Any) -> int:
    """Put a deleted APP back into the tenant, with its ids and its service principal. Real targets too."""
    from lockstep.adopt.restoring import restore_app

    return restore_app(**options)


@lockstep.command()
@click.option("--base", default="origin/main", show_default=True, help="The commit to judge against, and by.")
@click.option("--stack", "-s", multiple=True, help="A stack to run; any number.  [default: all]")
@click.option("--changed-only", is_flag=True, help="Run only the stacks that the change can touch.")
@click.option("--approve", default="", metavar="DIGEST", help="Take this difference as approved, for a trial.")
@click.option("--policy-pack-config", multiple=True, type=FILE, help="A pack's configuration that deployments use.")
@click.option("--judge", is_flag=True, hidden=True)
@CWD
@outputs
def gate(outputs: Outputs, **options: Any) -> int:
    """Judge a pull request: run its stacks on an emulator, and refuse what nobody approved. Needs no credentials."""
    from lockstep.gate.gating import gate
    from lockstep.gate.options import GateOptions, words_of

    chosen = GateOptions(outputs=outputs, **options)
    return gate(chosen, words_of(chosen))


@lockstep.command()
@click.option("--vendor", help="One vendor only.  [default: all, or those of the stack]")
@click.option("--edition", help="The documentation as of this date.  [default: current, or the stack's]")
@click.option("--compare", metavar="EDITION", help="Compare with this edition.  [default: every earlier one]")
@click.option("--stack", "-s", help="Show the decisions of a stack: Pulumi.<stack>.yaml.")
@click.option("--audit", type=FILE, help="Show what a tenant grants: a file that lockstep audit --json printed.")
@CWD
@click.option("--html", type=FILE, help="Write one self-contained HTML file; - is stdout.")
@click.option("--markdown", type=FILE, help="Write Markdown; - is stdout.")
@JSON
def report(**options: Any) -> int:
    """Show what applications ask for, why, and how dangerous it is: the page that a reviewer signs. Needs no tenant."""
    from lockstep.cli.report import ReportOptions
    from lockstep.cli.report import report as write_report

    return write_report(ReportOptions(**options))


@lockstep.command("show")
@STACK
@CWD
@click.option("--rehearse", is_flag=True, help="Show the rehearsal of a stack with a real target.")
@click.option("--markdown", type=FILE, help="Write Markdown; - is stdout.")
@JSON
def show_stack(**options: Any) -> int:
    """Show the hand-over sheet of a stack: ids, scopes, credentials, consents and where to find them. No secrets."""
    from lockstep.cli.show import show as show_sheet

    return show_sheet(**options)


lockstep.add_command(emulator)
lockstep.add_command(catalogue)
