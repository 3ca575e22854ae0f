"""`panorama failover`: which site writes."""

import asyncio
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from application.failover.switching import Failover
from application.failover.takeover import take_over
from domain.epochs import FENCE_WAIT, Word, in_force, newest_epoch
from entrypoints.cli.bars import byte_bar
from entrypoints.cli.failover_views import show_report, write_report
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.restore_views import telling
from entrypoints.cli.sites import ToOption, check_shared_store, fenced_settings, other_site
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_control
from entrypoints.standing_by import opened_failover

FromOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="SITE",
        help="The site to take over from; else the only other one, or who writes.",
        show_default=False,
    ),
]
AssumeDeadOption: TypeAlias = Annotated[
    bool, typer.Option("--assume-dead", help="Ask the former site for nothing, and go on though it is not fenced.")
]
RevokedOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="With --assume-dead: what you have revoked so that the former site cannot write.",
        show_default=False,
    ),
]


def status(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show what each control store holds, and which site may write."""
    output, settings = Output.chosen(json), fenced_settings(config)
    words = asyncio.run(_words(settings))
    current = in_force(words)
    if output.json:
        output.document({"in_force": current, "stores": words})
        return
    rows = [(number, *_cells(word)) for number, word in enumerate(words, start=1)]
    output.table(("control store", "epoch", "site", "state"), rows)
    output.line(_verdict(current))


def fence(
    to: ToOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Begin a new epoch, in which SITE writes and no other site does any more. Moves no data.

    What the site does not have yet is not there afterwards: ship and restore it before. Takes 20 seconds, in which
    nobody writes. Interrupted, repeat it.
    """
    output, settings = Output.chosen(json), fenced_settings(config, to)
    if dry_run:
        epoch = newest_epoch(asyncio.run(_words(settings))) + 1
        _tell(
            output, f"Epoch {epoch} would begin, in which {to} writes, after {FENCE_WAIT:.0f} s without writes.", None
        )
        return
    word = asyncio.run(_taken(settings, to, output))
    _tell(output, _verdict(word), word)


def plan(
    to: ToOption,
    source: FromOption = None,
    assume_dead: AssumeDeadOption = False,
    revoked: RevokedOption = None,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Say every step of a failover to SITE with what there is to it; change nothing."""
    asyncio.run(_fail_over(config, to, source, _revoked(assume_dead, revoked), Output.chosen(json), None))


def run(
    to: ToOption,
    source: FromOption = None,
    assume_dead: AssumeDeadOption = False,
    revoked: RevokedOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do as `plan` does.")] = False,
    reports: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where the report goes; else `reports` in the data directory.", show_default=False
        ),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Have SITE take over: stop the former site, bring everything over, begin a new epoch, write, read it all back.

    The former site is asked for what it has not shipped, if it can be reached: then nothing is lost. A standby that
    follows takes over in seconds; an empty site is restored first. Leaves a report. Interrupted, repeat it. The way
    back is the same command, when the former site has been emptied and follows.
    """
    output, named = Output.chosen(json), _revoked(assume_dead, revoked)
    folder = None if dry_run else reports or fenced_settings(config, to).data / "reports"
    asyncio.run(_fail_over(config, to, source, named, output, folder))


async def _fail_over(
    config: Path | None, to: str, source: str | None, revoked: str | None, output: Output, folder: Path | None
) -> None:
    target = fenced_settings(config, to)
    former = source or await other_site(target)
    left = fenced_settings(config, former)
    check_shared_store(target, left)
    with byte_bar("catching up") as progress:
        async with opened_failover(
            target,
            left,
            revoked=revoked,
            flaw=telling(output),
            told=output.remark,
            progress=progress,
        ) as failover:
            try:
                await (failover.plan() if folder is None else failover.run())
            finally:
                _leave(output, failover, folder)


def _leave(output: Output, failover: Failover, folder: Path | None) -> None:
    report = failover.report()
    if folder is not None:
        output.remark(f"report: {write_report(report, folder)}")
    show_report(output, report)


def _revoked(assume_dead: bool, revoked: str | None) -> str | None:
    if assume_dead != (revoked is not None):
        raise typer.BadParameter("--assume-dead and --revoked WHAT go together: a site that could write must not")
    return revoked


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
