"""`panorama follow`."""

import asyncio
from typing import Annotated

import typer

from application.failover.following import Follower, Turned
from domain.epochs import Word
from entrypoints.cli.endings import told_to_end
from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.follow_views import show_turn
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.restore_views import telling
from entrypoints.cli.sites import fenced_settings, other_site
from entrypoints.standing_by import opened_follower


def follow(
    site: Annotated[
        str | None,
        typer.Option("--site", metavar="SITE", help="The standby; else the active site.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="SITE", help="Whom it follows; else who writes.", show_default=False),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Take one turn, and end.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Keep a standby warm: fill a site's empty storage and vault, and take what is new as it comes.

    Goes on until SIGTERM or Ctrl-C, or until the site is the one that writes. Killed at any point, begin it again.
    """
    output, target = Output.chosen(json), fenced_settings(config, site)

    async def run() -> None:
        whom = source or await other_site(target)
        if whom == target.configuration.active:
            raise Refusal(f"site {whom} cannot follow itself", "name the standby with --site")
        async with opened_follower(target, fenced_settings(config, whom), telling(output)) as follower:
            if once:
                _end_with(output, await follower.turn())
            else:
                await _follow(output, follower)

    asyncio.run(run())


async def _follow(output: Output, follower: Follower) -> None:
    following = asyncio.create_task(follower.follow(lambda turned: show_turn(output, turned)))
    with told_to_end() as ending:
        told = asyncio.create_task(ending.wait())
        await asyncio.wait([following, told], return_when=asyncio.FIRST_COMPLETED)
        for task in (following, told):
            task.cancel()
    word: Word | BaseException = (await asyncio.gather(following, return_exceptions=True))[0]
    if isinstance(word, Word):
        output.remark(f"site {word.site} writes in epoch {word.epoch}; there is nothing more to follow")
    elif not isinstance(word, asyncio.CancelledError):
        raise word


def _end_with(output: Output, turned: Turned) -> None:
    show_turn(output, turned)
    if turned.caught is None:
        raise typer.Exit(Exit.REFUSED if turned.refused else Exit.UNAVAILABLE)
