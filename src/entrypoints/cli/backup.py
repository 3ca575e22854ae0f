"""`panorama backup`: ship, look, list, read back, prune."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from application.backups.backups import Backups
from application.backups.problems import Part
from application.drills.results import Result
from application.maintenance.jobs import Progress, Turn
from entrypoints.cli import backup_views as views
from entrypoints.cli.bars import bar, byte_bar
from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.sites import settings_of
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_backups

T = TypeVar("T")

_PART: Final = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


def now(
    snapshot: Annotated[bool, typer.Option("--snapshot", help="Take a snapshot of everything, too.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Ship what has changed to every blob store, now; exit code 1 where a store cannot be given everything."""
    output = Output.chosen(json)

    async def act(backups: Backups) -> views.Now:
        shipped = await backups.shipper.ship()
        report = None
        if snapshot:
            with bar("taking a snapshot", "records") as told:
                report = await backups.snapshotting.take(_turn(lambda progress: told(progress.done, progress.total)))
        return views.Now(shipped=shipped, snapshot=report, status=await backups.status())

    done = _with_backups(config, act)
    views.show_now(output, done)
    if done.shipped.behind or (done.snapshot is not None and done.snapshot.unfinished):
        raise typer.Exit(Exit.REFUSED)


def status(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show how the backups stand; exit code 1 where a minute is not kept, a store fails or something is lost."""
    output = Output.chosen(json)
    found = _with_backups(config, views.look)
    views.show_status(output, found)
    if not found.fine:
        raise typer.Exit(Exit.REFUSED)


def list_all(
    segments: Annotated[bool, typer.Option("--segments", help="List every segment, too.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """List the snapshots, and from when to when any moment can be restored."""
    output = Output.chosen(json)
    views.show_list(output, _with_backups(config, views.listing), segments=segments)


def verify(
    part: Annotated[
        str, typer.Option(metavar="N/T", help="Read the objects of one part of several; else all of them.")
    ] = "1/1",
    repair: Annotated[bool, typer.Option("--repair", help="Give the stores once more what they lack.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Restore each store's backup where it harms nobody, and open all of it.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Read the backups back from every store; exit code 1 where anything is wrong, each named."""
    output, chosen = Output.chosen(json), _part(part)

    async def act(backups: Backups) -> list[views.Looked]:
        found = []
        for store in backups.ground.stores:
            with bar(f"reading {store.name}", "objects") as told:
                looked = await backups.verifier.verify(store, chosen, told)
            repaired = repair and await backups.verifier.repair(looked)
            found.append(views.Looked(looked, repaired, await _opened(backups, store.name) if deep else None))
        if any(each.repaired for each in found):
            await backups.shipper.ship()
        return found

    looked = _with_backups(config, act)
    views.show_looks(output, looked)
    if any(each.problems for each in looked):
        raise typer.Exit(Exit.REFUSED)


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Delete from every store what is kept no longer, under an identity that may; exit code 1 where that fails.

    A service does so by itself unless `backups.prune` is false, as it is where its identity may not delete.
    """
    output = Output.chosen(json)
    if dry_run:
        doomed, findings = _with_backups(config, lambda backups: backups.pruning.planned())
        views.show_planned(output, doomed, findings)
        if findings:
            raise typer.Exit(Exit.REFUSED)
        return

    async def act(backups: Backups) -> views.Pruned:
        with bar("pruning", "objects") as told:
            report = await backups.pruning.prune(_turn(lambda progress: told(progress.done, progress.total)))
        return views.Pruned(done=report.done, findings=report.findings)

    pruned = _with_backups(config, act)
    views.show_pruned(output, pruned)
    if pruned.findings:
        raise typer.Exit(Exit.REFUSED)


async def _opened(backups: Backups, store: str) -> Result:
    async with backups.deep[store]() as drill:
        with byte_bar(f"opening {store}") as told:
            return await drill.run(None, lambda done, total: told(done, total or done))


def _with_backups(config: Path | None, use: Callable[[Backups], Awaitable[T]]) -> T:
    return with_backups(settings_of(config, None), use)


def with_backups(settings: Settings, use: Callable[[Backups], Awaitable[T]]) -> T:
    """Open the backups of the active site, use them, and return what `use` returned; raises Refusal without any."""

    async def run() -> T:
        async with opened_backups(settings) as backups:
            if backups is None:
                raise Refusal("the site names no blob stores, so it has no backups", 'name them: blobs = ["dir:blobs"]')
            return await use(backups)

    return asyncio.run(run())


def _turn(told: Callable[[Progress], None]) -> Turn:
    return Turn(Sources().monotonic(), float("inf"), told=told)


def _part(text: str) -> Part:
    found = _PART.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise typer.BadParameter("write a part as in 3/28: the third of twenty-eight")
    return Part(int(found[1]), int(found[2]))
