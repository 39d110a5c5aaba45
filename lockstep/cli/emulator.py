"""The words of `lockstep emulator`. What a verb does is imported when it runs."""

from __future__ import annotations

from typing import Any

import click

from lockstep.cli.options import CWD, FILE, JSON, PORT, STATE, Group, profile_option


@click.group(cls=Group)
def emulator() -> None:
    """The local Entra emulator: a Graph and a sign-in on this machine only."""


@emulator.command(
    examples=(
        "lockstep emulator serve",
        "lockstep emulator serve --port 0 --profile brownfield --state try.sqlite",
    )
)
@PORT
@profile_option("What a new emulator holds.", default="fresh", show_default=True)
@click.option("--enforce-permissions", is_flag=True, help="Callers need the Graph permissions of each operation.")
@click.option("--faults", type=FILE, help="A YAML or JSON file that says what goes wrong.")
@STATE
@CWD
def serve(**options: Any) -> int:
    """Serve the emulator over TLS on localhost until interrupted."""
    from lockstep.local.emulator import serve_emulator

    return serve_emulator(**options)


@emulator.command(
    examples=(
        'eval "$(lockstep emulator env)"',
        "lockstep emulator env --shell pwsh | Out-String | Invoke-Expression",
    )
)
@PORT
@profile_option("What a new emulator holds.  [default: fresh]")
@STATE
@click.option("--shell", type=click.Choice(["bash", "pwsh"]), default="bash", show_default=True, help="Whose syntax.")
@CWD
def env(**options: Any) -> int:
    """Print exports that point Pulumi at the emulator, served in the background: eval "$(lockstep emulator env)"."""
    from lockstep.local.emulator import print_env

    return print_env(**options)


@emulator.command(examples=("lockstep emulator reset --profile fresh",))
@profile_option("What the emulator shall hold from now on.", required=True)
@STATE
@CWD
def reset(**options: Any) -> int:
    """Make the emulated tenant anew. What the stack knew of the old one is put aside, in before-reset/."""
    from lockstep.local.emulator import reset_emulator

    return reset_emulator(**options)


@emulator.command(examples=("lockstep emulator snapshot > tenant.json",))
@STATE
@CWD
def snapshot(**options: Any) -> int:
    """Print everything in the emulated tenant as JSON."""
    from lockstep.local.emulator import print_snapshot

    return print_snapshot(**options)


@emulator.command(
    examples=(
        "lockstep emulator token --app planner",
        "lockstep emulator token --app contoso --api graph --user ada@local.test --raw",
    )
)
@click.option(
    "--app", required=True, help="An app of the catalogue by key or name, or any client by name or client id."
)
@click.option(
    "--api", default="graph", show_default=True, help="The API: a key such as sharepoint, a name, URI or app id."
)
@click.option("--user", help="In whose name; without it, the app's own token and one of a user are shown.")
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@click.option("--raw", is_flag=True, help="Print the token itself, and nothing else on stdout.")
@STATE
@CWD
@JSON
def token(**options: Any) -> int:
    """Show what an app would get from the emulator: the consents in its tokens. Exit code 1 when some are missing."""
    from lockstep.local.emulator import print_token

    return print_token(**options)


@emulator.command(examples=("lockstep emulator stop",))
@STATE
@CWD
def stop(**options: Any) -> int:
    """End the background server that `env` started."""
    from lockstep.local.emulator import stop_emulator

    return stop_emulator(**options)
