"""`panorama restore`."""

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from application.failover.takeover import begin_closed, open_up
from application.restore.site import Prepared, Restored, SiteRestore
from domain.epochs import FIRST
from entrypoints.cli.bars import bar, byte_bar
from entrypoints.cli.exits import Refusal
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.restore_views import show_brought, show_plan, show_restored, telling
from entrypoints.cli.services import panorama_id_named, tenant_named
from entrypoints.cli.sites import check_shared_store, settings_of
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened, opened_control
from entrypoints.restoring import opened_panorama_restore, opened_restore


def restore(
    site: Annotated[
        str | None,
        typer.Option("--site", metavar="SITE", help="Whose backups; else the active site's.", show_default=False),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="SITE",
            help="The site whose empty storage and vault are filled; else the active one.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="As of when, with the offset from UTC: 2026-11-26T15:04:05Z; else the newest.",
            show_default=False,
        ),
    ] = None,
    written_before: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Believe in no manifest that a store says was written later; else in all.",
            show_default=False,
        ),
    ] = None,
    tenant: Annotated[
        str | None,
        typer.Option("--tenant", metavar="TENANT", help="Only this site's panoramas; see below.", show_default=False),
    ] = None,
    panorama: Annotated[
        str | None,
        typer.Option("--panorama", metavar="ID", help="Only this panorama of --tenant.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be restored, and write nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Restore a whole site from its blob stores into an empty storage and an empty vault, and read it all back.

    Nobody may write meanwhile: a new epoch begins, in which the restored site writes when it is whole. Panoramas are
    as they were at the moment that is asked for; sites, their secrets, people and what was erased are as they were
    last. Interrupted, repeat it.

    With --tenant, panoramas are brought back into a site that goes on, as new ones beside those that there are.
    """
    if panorama is not None and tenant is None:
        raise typer.BadParameter("say whose panorama it is, with --tenant")
    output, moment, before = Output.chosen(json), _moment(at), _moment(written_before)
    target, source = settings_of(config, to), settings_of(config, site)
    check_shared_store(target, source)
    if not source.blobs:
        raise Refusal("the site names no blob stores, so it has no backups", 'name them: blobs = ["dir:blobs"]')

    async def bring_back(alias: str) -> None:
        async with opened(target) as services:
            whose = (await tenant_named(alias, services)).id
            only = None if panorama is None else panorama_id_named(panorama)
            async with opened_panorama_restore(target, source, services, telling(output)) as restoring:
                with byte_bar("gathering") as told:
                    show_brought(output, await restoring.run(whose, only, moment, told, write=not dry_run))

    async def run() -> None:
        async with opened_restore(target, source, telling(output), before) as restoring:
            prepared = await restoring.prepare(moment)
            if dry_run:
                show_plan(output, prepared, target.configuration.active)
                return
            show_restored(output, await _restored(restoring, prepared, target, output), target.configuration.active)

    asyncio.run(run() if tenant is None else bring_back(tenant))


async def _restored(restoring: SiteRestore, prepared: Prepared, target: Settings, output: Output) -> Restored:
    """Restore in an epoch of its own; without control stores, in the first, which only the newest moment can be in."""
    if not target.control:
        return await _run(restoring, prepared, FIRST)
    async with opened_control(target) as control:
        beyond = await restoring.beyond(prepared)
        word = await begin_closed(control, target.configuration.active, beyond, Sources().sleep(), output.remark)
        # What the old site has shipped until it was stopped is restored too.
        restored = await _run(restoring, await restoring.prepare(prepared.restoring.at), word.epoch)
        await open_up(control, word)
    return restored


async def _run(restoring: SiteRestore, prepared: Prepared, epoch: int) -> Restored:
    read_back = 0
    with byte_bar("restoring") as told, bar("reading back", "records") as looked:

        def advance(records: int) -> None:
            nonlocal read_back
            read_back += records
            looked(read_back, None)

        return await restoring.run(prepared, epoch, told, advance)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError as exc:
        raise typer.BadParameter("write a time as in 2026-11-26T15:04:05Z") from exc
    if moment.tzinfo is None:
        raise typer.BadParameter("say the offset from UTC, as in 2026-11-26T15:04:05Z or 2026-11-26T16:04:05+01:00")
    return moment
