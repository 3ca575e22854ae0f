"""`panorama storage`: databases, before the service uses them and when it does no more."""

import asyncio
import os
from typing import Annotated

import msgspec
import typer

from application.failover.emptying import empty as emptied
from application.failover.emptying import unshipped_in
from domain.epochs import in_force
from entrypoints.cli.exits import Refusal
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.sites import fenced_settings
from entrypoints.configuration_file import Settings, read
from entrypoints.container import opened_control, opened_site
from entrypoints.preparing import prepare_storage


class Unshipped(msgspec.Struct, frozen=True):
    """What no backup holds."""

    tenant: str
    kind: str
    records: int


def prepare(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Make what the active site's storage and vault need and do not have yet, and say what was made.

    A repeat makes nothing twice. A database of MongoDB needs indexes; a file of SQLite needs nothing.
    """
    output = Output.chosen(json)
    prepared = asyncio.run(prepare_storage(read(config, os.environ)))
    if output.json:
        output.document(prepared)
        return
    for part in prepared:
        made = f"made the indexes {', '.join(part.made)}" if part.made else "has all that it needs"
        output.line(f"{part.part}: {made}.")


def empty(
    site: Annotated[str, typer.Option("--site", metavar="SITE", help="The site that is emptied.")],
    lose_unshipped: Annotated[
        bool, typer.Option("--lose-unshipped", help="Even if there is something that no backup holds.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be lost, and remove nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Remove everything from the storage and the vault of a site that another has taken over from.

    Then it can follow. What it had acknowledged and not shipped is in no backup: it is told, and stays unless you say
    otherwise. The site that writes is never emptied.
    """
    output, settings = Output.chosen(json), fenced_settings(config, site)
    unshipped, removed = asyncio.run(_emptied(settings, site, lose_unshipped=lose_unshipped, dry_run=dry_run))
    if output.json:
        output.document({"would" if dry_run else "emptied": {"site": site, "unshipped": unshipped, "removed": removed}})
        return
    if unshipped:
        output.table(("tenant", "kind", "in no backup"), [(each.tenant, each.kind, each.records) for each in unshipped])
    lost = "Nothing is in no backup." if not unshipped else "The above is in no backup."
    output.line(
        f"Site {site} would be emptied. {lost}" if dry_run else f"Site {site} is empty: {removed} records removed."
    )


async def _emptied(
    settings: Settings, site: str, *, lose_unshipped: bool, dry_run: bool
) -> tuple[list[Unshipped], int]:
    async with opened_control(settings) as control:
        word = in_force(await control.majority_words())
    if word is None or word.site == site:
        raise Refusal(
            f"site {site} is the one that writes, or nobody can tell",
            "`panorama failover status` tells; have another take over first",
        )
    async with opened_site(settings) as outside:
        unshipped = [Unshipped(*where, records) for where, records in sorted((await unshipped_in(outside.own)).items())]
        if dry_run:
            return unshipped, 0
        if unshipped and not lose_unshipped:
            raise Refusal(
                f"site {site} has {sum(each.records for each in unshipped)} records that no backup holds",
                "--dry-run tells which; export what is to be kept, then add --lose-unshipped",
            )
        return unshipped, await emptied(outside.own) + await emptied(outside.vault_storage)
