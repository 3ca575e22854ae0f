"""`panorama failover`: which site writes."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from application.failover.takeover import take_over
from domain.epochs import FENCE_WAIT, Word, in_force, newest_epoch
from entrypoints.cli.exits import CODES, Refusal
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_sites import check_sites
from entrypoints.container import Sources, opened_control

commands = typer.Typer(help="See and change which site writes.", no_args_is_help=True, epilog=CODES)


@commands.command(epilog=CODES)
def status(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show what each control store holds, and which site may write."""
    output, settings = Output.chosen(json), _settings(config)
    words = asyncio.run(_words(settings))
    current = in_force(words)
    if output.json:
        output.document({"in_force": current, "stores": words})
        return
    rows = [(number, *_cells(word)) for number, word in enumerate(words, start=1)]
    output.table(("control store", "epoch", "site", "state"), rows)
    output.line(_verdict(current))


@commands.command(epilog=CODES)
def fence(
    to: Annotated[str, typer.Option("--to", metavar="SITE", help="The site that is to write.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Begin a new epoch, in which SITE writes and no other site does any more. Moves no data.

    What the site does not have yet is not there afterwards: ship and restore it before. Takes 20 seconds, in which
    nobody writes. Interrupted, repeat it.
    """
    output, settings = Output.chosen(json), _settings(config)
    sites = settings.configuration.sites
    if to not in sites:
        raise Refusal(f"there is no site {to}", f"name one of: {', '.join(sorted(sites))}")
    if dry_run:
        epoch = newest_epoch(asyncio.run(_words(settings))) + 1
        _tell(
            output, f"Epoch {epoch} would begin, in which {to} writes, after {FENCE_WAIT:.0f} s without writes.", None
        )
        return
    word = asyncio.run(_taken(settings, to, output))
    _tell(output, _verdict(word), word)


def _settings(config: Path | None) -> Settings:
    settings = read(config, os.environ)
    check_sites(settings)
    if not settings.control:
        raise Refusal("no control stores are configured, so nothing is fenced", "name them under [control] stores")
    return settings


async def _words(settings: Settings) -> list[Word | None]:
    async with opened_control(settings) as control:
        return await control.words()


async def _taken(settings: Settings, site: str, output: Output) -> Word:
    async with opened_control(settings) as control:
        return await take_over(control, site, Sources().sleep(), output.remark)


def _tell(output: Output, text: str, word: Word | None) -> None:
    if output.json:
        output.document({"would": text} if word is None else {"in_force": word})
    else:
        output.line(text)


def _cells(word: Word | None) -> tuple[str, ...]:
    if word is None:
        return ("", "", "empty, or does not answer")
    return (str(word.epoch), word.site, "writes" if word.open else "begins to write soon")


def _verdict(word: Word | None) -> str:
    if word is None:
        return "No majority agrees on a site: nobody may write."
    return f"Site {word.site} writes in epoch {word.epoch}." if word.open else f"Site {word.site} is about to write."
