"""The words of the command line: verbs, options and their help. What a verb does is imported when it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lockstep import __version__
from lockstep.cli.outputs import Outputs, outputs
from lockstep.errors import nearest


class _Group(click.Group):
    """A group that knows what a misspelt command was meant to be."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            ctx.fail(f"there is no command {args[0]!r}; there are {', '.join(known)}{nearest(args[0], known)}")
        return super().resolve_command(ctx, args)


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_stack = click.option("--stack", "-s", default="dev", show_default=True, help="The stack: Pulumi.<stack>.yaml.")
_cwd = click.option("--cwd", "-C", type=_FOLDER, default=Path("."), help="The project's folder, or one inside it.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
_port = click.option("--port", type=click.IntRange(0, 65535), help="The port on localhost.  [default: 8443]")
_state = click.option("--state", type=_FILE, help="The emulator's state file.  [default: the stack dev's own]")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lockstep")
def lockstep() -> None:
    """Keep the Entra ID permissions of vendor applications exactly at what their vendors document.

    up, preview, refresh and destroy work on the local Entra emulator; a real tenant is deployed with plain `pulumi`.

    Exit codes: 0 fine; 1 findings; 2 usage or configuration; 3 tenant, sign-in or network.
    """


def _deploying(verb: str, help_text: str) -> None:
    """Add one of the verbs that run an engine; they take the same options."""

    @lockstep.command(verb, help=help_text)
    @_stack
    @_cwd
    @click.option("--rehearse", is_flag=True, help="Run a stack with a real target on the emulator instead.")
    @click.option(
        "--profile",
        help="What a new emulator holds: fresh, legacy-spfx, both-spfx, no-spfx, brownfield, drifted.",
    )
    @click.option(
        "--using",
        type=click.Choice(["auto", "pulumi", "rehearsal"]),
        default="auto",
        show_default=True,
        help="The engine: the Pulumi CLI, or the rehearsal in this process.",
    )
    @click.option("--expect-no-changes", is_flag=True, help="Change nothing, and end with 1, if anything would change.")
    @_json
    def command(**options: Any) -> int:
        from lockstep.cli.deploy import Options, deploy

        return deploy(Options(verb=verb, **options))


_deploying("up", "Deploy the stack, read the emulator back, and compare it with the catalogue.")
_deploying("preview", "Show what `up` would do, by permission name; changes nothing.")
_deploying("refresh", "Write down in the state what is really there.")
_deploying("destroy", "Take back everything that the stack made, and nothing else.")


@lockstep.command()
@_stack
@_cwd
@click.option("--rehearse", is_flag=True, help="Repair the rehearsal of a stack with a real target.")
@_json
def repair(**options: Any) -> int:
    """Clear the lock and the pending operations of a killed run, and take up what it had made. Real targets too."""
    from lockstep.cli.repair import repair_stack

    return repair_stack(**options)


_vendor = click.option("--vendor", "vendors", multiple=True, help="A vendor; may be repeated.  [default: all]")
_tenant_options = (
    click.option("--stack", "-s", help="The tenant of this stack, by its settings: Pulumi.<stack>.yaml."),
    click.option("--tenant", "tenants", multiple=True, help="A tenant by its id, without a stack; may be repeated."),
    click.option("--tenants", "file", type=_FILE, help="A file with one tenant id a line; # begins a remark."),
    _vendor,
    click.option("--edition", default="current", show_default=True, help="The documentation as of this date."),
    click.option("--atera-client-id", help="Atera's client id, which the vendor does not publish."),
    click.option("--rehearse", is_flag=True, help="Read the emulator of a stack with a real target instead."),
    _cwd,
)


def _of_tenants(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say which tenants it reads."""
    for option in reversed(_tenant_options):
        command = option(command)
    return command


@lockstep.command()
@_stack
@_cwd
@click.option("--rehearse", is_flag=True, help="Look at the emulator of a stack with a real target instead.")
@_json
def doctor(**options: Any) -> int:
    """Check tools, settings, sign-in, rights and what the tenant has already, and say what to type next. Only reads."""
    from lockstep.cli.doctor import examine

    return examine(**options)


@lockstep.command()
@_stack
@_cwd
@click.option("--rehearse", is_flag=True, help="Capture the emulator of a stack with a real target instead.")
def capture(**options: Any) -> int:
    """Print the state of a stack's tenant, our apps only, as a profile for the emulator. Only reads; nothing secret."""
    from lockstep.cli.capturing import capture_tenant

    return capture_tenant(**options)


@lockstep.command()
@_of_tenants
@click.option("--compare", type=_FILE, help="Show what changed since this earlier audit (--json), and who did it.")
@outputs
def audit(compare: Path | None, outputs: Outputs, **options: Any) -> int:
    """Show where tenants stand against what vendors document: missing, extra, look-alikes, secrets. Only reads."""
    from lockstep.cli.auditing import audit_tenants
    from lockstep.cli.tenants import Wanted

    return audit_tenants(Wanted(**options), compare, outputs)


@lockstep.command()
@_stack
@_cwd
@click.option("--rehearse", is_flag=True, help="Look at the emulator in place of a real target.")
@click.option("--profile", help="What a new emulator holds.")
@click.option(
    "--using",
    type=click.Choice(["auto", "pulumi", "rehearsal"]),
    default="auto",
    show_default=True,
    help="The engine that imports on the emulator.",
)
@click.option("--app", "apps", multiple=True, metavar="KEY=OBJECT_ID", help="Which application it is; `KEY=new`: none.")
@click.option("--claim", is_flag=True, help="Take over documented scopes that somebody granted on shared principals.")
@click.option("--write", is_flag=True, help="Write the settings and the import document, and import it.")
@_json
def adopt(**options: Any) -> int:
    """Show what the tenant has of the stack's apps; with --write take it over. Changes nothing in the tenant."""
    from lockstep.cli.adopting import Options
    from lockstep.cli.adopting import adopt as run_adoption

    return run_adoption(Options(**options))


@lockstep.command()
@click.argument("app", metavar="APP[=OBJECT_ID]")
@_stack
@_cwd
@click.option("--rehearse", is_flag=True, help="Restore on the emulator in place of a real target.")
@_json
def restore(**options: Any) -> int:
    """Put a deleted APP back into the tenant, with its ids and its service principal. Real targets too."""
    from lockstep.cli.restoring import restore_app

    return restore_app(**options)


@lockstep.command()
@click.option("--base", default="origin/main", show_default=True, help="The commit to judge against, and by.")
@click.option("--stack", "-s", multiple=True, help="A stack to run; any number.  [default: all]")
@click.option("--changed-only", is_flag=True, help="Run only the stacks that the change can touch.")
@click.option("--approve", default="", metavar="DIGEST", help="Take this difference as approved, for a trial.")
@click.option("--policy-pack-config", multiple=True, type=_FILE, help="A pack's configuration that deployments use.")
@click.option("--judge", is_flag=True, hidden=True)
@_cwd
@outputs
def gate(outputs: Outputs, **options: Any) -> int:
    """Judge a pull request: run its stacks on an emulator, and refuse what nobody approved. Needs no credentials."""
    from lockstep.cli.gating import GateOptions, gate, words_of

    chosen = GateOptions(outputs=outputs, **options)
    return gate(chosen, words_of(chosen))


@lockstep.group(cls=_Group)
def emulator() -> None:
    """The local Entra emulator: a Graph and a sign-in on this machine only."""


@emulator.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="The port on localhost.")
@click.option("--profile", default="fresh", show_default=True, help="What a new emulator holds.")
@click.option("--enforce-permissions", is_flag=True, help="Callers need the Graph permissions of each operation.")
@click.option("--faults", type=_FILE, help="A YAML or JSON file that says what goes wrong.")
@_state
@_cwd
def serve(**options: Any) -> int:
    """Serve the emulator over TLS on localhost until interrupted."""
    from lockstep.cli.serving import serve_emulator

    return serve_emulator(**options)


@emulator.command()
@_port
@click.option("--profile", help="What a new emulator holds.  [default: fresh]")
@_state
@click.option("--shell", type=click.Choice(["bash", "pwsh"]), default="bash", show_default=True, help="Whose syntax.")
@_cwd
def env(**options: Any) -> int:
    """Print exports that point Pulumi at the emulator, served in the background: eval "$(lockstep emulator env)"."""
    from lockstep.cli.serving import print_env

    return print_env(**options)


@emulator.command()
@click.option("--profile", required=True, help="What the emulator shall hold from now on.")
@_state
@_cwd
def reset(**options: Any) -> int:
    """Make the emulated tenant anew. The stack's own state stays: `lockstep refresh` sees what is gone."""
    from lockstep.cli.serving import reset_emulator

    return reset_emulator(**options)


@emulator.command()
@_state
@_cwd
def snapshot(**options: Any) -> int:
    """Print everything in the emulated tenant as JSON."""
    from lockstep.cli.serving import print_snapshot

    return print_snapshot(**options)


@emulator.command()
@click.option(
    "--app", required=True, help="An app of the catalogue by key or name, or any client by name or client id."
)
@click.option("--api", default="graph", show_default=True, help="The API: graph, sharepoint, a name, URI or app id.")
@click.option("--user", help="In whose name; without it, the app's own token and one of a user are shown.")
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@click.option("--raw", is_flag=True, help="Print the token itself, and nothing else on stdout.")
@_state
@_cwd
@_json
def token(**options: Any) -> int:
    """Show what an app would get from the emulator: the consents in its tokens. Exit code 1 when some are missing."""
    from lockstep.cli.tokens import print_token

    return print_token(**options)


@emulator.command()
@_state
@_cwd
def stop(**options: Any) -> int:
    """End the background server that `env` started."""
    from lockstep.cli.serving import stop_emulator

    return stop_emulator(**options)


@lockstep.command()
@click.option("--vendor", help="One vendor only.  [default: all, or those of the stack]")
@click.option("--edition", help="The documentation as of this date.  [default: current, or the stack's]")
@click.option("--compare", metavar="EDITION", help="Compare with this edition.  [default: every earlier one]")
@click.option("--stack", "-s", help="Show the decisions of a stack: Pulumi.<stack>.yaml.")
@click.option("--audit", type=_FILE, help="Show what a tenant grants: a file that lockstep audit --json printed.")
@_cwd
@click.option("--html", type=_FILE, help="Write one self-contained HTML file; - is stdout.")
@click.option("--markdown", type=_FILE, help="Write Markdown; - is stdout.")
@_json
def report(**options: Any) -> int:
    """Show what applications ask for, why, and how dangerous it is: the page that a reviewer signs. Needs no tenant."""
    from lockstep.cli.dossier import ReportOptions
    from lockstep.cli.dossier import report as write_report

    return write_report(ReportOptions(**options))


@lockstep.command("show")
@_stack
@_cwd
@click.option("--rehearse", is_flag=True, help="Show the rehearsal of a stack with a real target.")
@click.option("--markdown", type=_FILE, help="Write Markdown; - is stdout.")
@_json
def show_stack(**options: Any) -> int:
    """Show the hand-over sheet of a stack: ids, scopes, credentials, consents and where to find them. No secrets."""
    from lockstep.cli.handing_over import show as show_sheet

    return show_sheet(**options)


@lockstep.group(cls=_Group)
def catalogue() -> None:
    """What vendors document: editions, apps and permissions."""


@catalogue.command()
@click.argument("vendor", required=False)
@click.argument("app", required=False)
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@_json
def show(**options: Any) -> int:
    """Show the vendors, the apps of a VENDOR, or the permissions of one APP."""
    from lockstep.cli.showing import show_catalogue

    return show_catalogue(**options)


@catalogue.command()
@click.argument("vendor")
@click.argument("old")
@click.argument("new", default="current")
@_json
def diff(**options: Any) -> int:
    """Show what changed for a VENDOR between the editions OLD and NEW. Exit code 1 when anything did."""
    from lockstep.cli.showing import show_difference

    return show_difference(**options)


@catalogue.command()
@click.option("--source", type=_FILE, required=True, help="The page, saved from the vendor's site as text or HTML.")
@click.option("--vendor", help="Whose page it is.  [default: whose rows are found in it]")
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@click.option("--draft", type=_FILE, help="Write the draft of a new edition, if any row differs.")
@_json
def check(**options: Any) -> int:
    """Compare a page saved from a vendor's site with the catalogue. Exit code 1 when any row differs."""
    from lockstep.cli.checking import check as check_catalogue

    return check_catalogue(**options)
