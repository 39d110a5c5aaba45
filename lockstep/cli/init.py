"""The words of `lockstep init`."""

from __future__ import annotations

from pathlib import Path

import click

from lockstep.cli.options import FILE, JSON, Command


@click.command(
    cls=Command,
    examples=(
        "lockstep init contoso-entra",
        "lockstep init contoso-entra --host azure-devops",
        "lockstep init . --update",
    ),
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", default="", help="The project's name, which its settings carry.  [default: the folder's]")
@click.option(
    "--host", type=click.Choice(["github", "azure-devops"]), default="github", show_default=True,
    help="Whose pipelines are written.",
)  # fmt: skip
@click.option("--wheel", type=FILE, help="The wheel of this Lockstep.  [default: the one that pip's index has]")
@click.option("--reviewers", default="", metavar="@ORG/TEAM", help="Who has to agree to changes, for CODEOWNERS.")
@click.option("--update", is_flag=True, help="Take the project in DIR to this Lockstep: its lock, its pack and plugin.")
@JSON
def init(
    directory: Path, name: str, host: str, wheel: Path | None, reviewers: str, update: bool, as_json: bool
) -> None:
    """Write a new project into DIR: stack files, program, policy pack, plugin, pipelines, and a lock with hashes."""
    from lockstep.report.screen import Screen
    from lockstep.scaffold.project import create_project, update_project

    screen = Screen(as_json=as_json)
    if update:
        files = update_project(directory, wheel=wheel)
    else:
        files = create_project(directory, name, host=host, wheel=wheel, reviewers=reviewers)
    for file in files:
        screen.result(file)
    following = f"cd {directory} && make up" if not update else "make up, then preview every stack: nothing may change"
    screen.progress(f"{len(files)} files written; next: {following}", "bold")
    screen.document({"operation": "init", "directory": str(directory), "files": files})
