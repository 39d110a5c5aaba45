"""The words of `lockstep catalogue show | diff | check | draft | api`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from lockstep.cli.options import CWD, FILE, JSON, Group, rehearse


@click.group(cls=Group)
def catalogue() -> None:
    """What vendors document: editions, apps and permissions."""


@catalogue.command(
    examples=(
        "lockstep catalogue show",
        "lockstep catalogue show contoso planner",
    )
)
@click.argument("vendor", required=False)
@click.argument("app", required=False)
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@JSON
def show(**options: Any) -> int:
    """Show the vendors, the apps of a VENDOR, or the permissions of one APP."""
    from lockstep.catalogue.showing import show_catalogue

    return show_catalogue(**options)


@catalogue.command(examples=("lockstep catalogue diff contoso 2024-11-01 2025-03-01",))
@click.argument("vendor")
@click.argument("old")
@click.argument("new", default="current")
@JSON
def diff(**options: Any) -> int:
    """Show what changed for a VENDOR between the editions OLD and NEW. Exit code 1 when anything did."""
    from lockstep.catalogue.showing import show_difference

    return show_difference(**options)


@catalogue.command(examples=("lockstep catalogue check --source article.html --draft draft.yaml",))
@click.option("--source", type=FILE, required=True, help="The page, saved from the vendor's site as text or HTML.")
@click.option("--vendor", help="Whose page it is.  [default: whose rows are found in it]")
@click.option("--edition", default="current", show_default=True, help="The documentation as of this date.")
@click.option("--draft", type=FILE, help="Write the draft of a new edition, if any row differs.")
@JSON
def check(**options: Any) -> int:
    """Compare a page saved from a vendor's site with the catalogue. Exit code 1 when any row differs."""
    from lockstep.catalogue.showing import check_saved_page

    return check_saved_page(**options)


@catalogue.command(
    examples=(
        "lockstep catalogue draft --page page.html --vendor contoso --out contoso.yaml",
        "lockstep catalogue draft --manifest manifest.json --out contoso.yaml",
        "lockstep catalogue draft --tenant 99999999-9999-4999-8999-999999999999"
        " --app 88888888-8888-4888-8888-888888888888 --out contoso.yaml",
    )
)
@click.option("--page", type=FILE, help="A vendor's page, saved as HTML, Markdown or text.")
@click.option("--manifest", type=FILE, help="The manifest of an application registration, as JSON.")
@click.option("--tenant", help="The tenant, by its id, in which the vendor's app holds its permissions.")
@click.option("--app", help="The client id of that app, with --tenant.")
@click.option("--vendor", default="", help="The key of the vendor, such as contoso.")
@click.option(
    "--out", type=FILE, help="Write the draft to this file; an earlier draft in it is kept.  [default: stdout]"
)
@JSON
def draft(
    page: Path | None,
    manifest: Path | None,
    tenant: str | None,
    app: str | None,
    vendor: str,
    out: Path | None,
    as_json: bool,
) -> int:
    """Draft a vendor's first edition from a page, a manifest or a tenant. Exit code 1 while a person has to decide."""
    chosen = [name for name, value in (("--page", page), ("--manifest", manifest), ("--tenant", tenant)) if value]
    if len(chosen) != 1 or bool(app) != bool(tenant):
        raise click.UsageError("name one of --page, --manifest, or --tenant together with --app")
    if page is not None:
        from lockstep.catalogue.draft_files import draft_page

        return draft_page(page, vendor, out, as_json)
    if manifest is not None:
        from lockstep.catalogue.draft_files import draft_manifest

        return draft_manifest(manifest, vendor, out, as_json)
    from lockstep.audit.observed import draft_observed
    from lockstep.local.tenants import TenantWords, sources

    with ExitStack() as cleanup:
        return draft_observed(
            sources(TenantWords(tenants=(tenant or "",)), cleanup)[0], app or "", vendor, out, as_json
        )


@catalogue.command(
    examples=(
        "lockstep catalogue api --tenant 99999999-9999-4999-8999-999999999999"
        " --api 2d4d3d8e-2be3-4bef-9f87-7875a61c29de --out onenote.json",
    )
)
@click.option("--api", required=True, help="The API: its app id, or the key or a name of one that has a list.")
@click.option("--tenant", help="The tenant by its id, without a stack.")
@click.option("--stack", "-s", help="The tenant of this stack, by its settings: Pulumi.<stack>.yaml.")
@rehearse("Read the emulator of a stack with a real target instead.")
@CWD
@click.option("--key", help="The key that editions call the API by.  [default: from its name]")
@click.option("--out", type=FILE, help="Write the list to this new file.  [default: stdout]")
def api(api: str, tenant: str | None, key: str | None, out: Path | None, **options: Any) -> int:
    """Write down what an API offers, as a tenant's own principal of it shows it: a list for editions. Only reads."""
    from lockstep.audit.api_list import write_api_list
    from lockstep.local.tenants import TenantWords, sources

    with ExitStack() as cleanup:
        return write_api_list(
            sources(TenantWords(**options, tenants=(tenant,) if tenant else ()), cleanup)[0], api, key, out
        )
