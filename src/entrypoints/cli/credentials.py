"""`panorama credentials`: the passwords of databases, and when they are replaced."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import Progress

from application.credentials.rotation import RotatingCredentials, Status
from application.maintenance.jobs import Finding, Report, Turn
from domain.credentials import Step
from entrypoints.cli.exits import Exit
from entrypoints.cli.maintain_outcomes import moment
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import Settings, read
from entrypoints.container import Sources
from entrypoints.credentials import opened_credentials

_LOOK: Final = 1.0
"""How many seconds lie between two looks at the clock while the user before can still log in."""


def status(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show by what each part is logged in at, how old the password is, and what is done when. Shows no password.

    Exit code 1 where something is not as it should be.
    """
    output, settings = Output.chosen(json), read(config, os.environ)
    statuses = asyncio.run(_statuses(settings))
    _show(output, statuses, Sources().clock()())
    if any(each.findings for each in statuses):
        raise typer.Exit(Exit.REFUSED)


def rotate(
    now: Annotated[
        bool, typer.Option("--now", help="Replace every password though it is not due, and wait until that is over.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Replace the passwords that are due, and disable the users before whose time is over; `maintain` does the same.

    No request fails meanwhile. Interrupted, repeat it, or leave the rest to `maintain`. Exit code 1 where a password
    could not be replaced.
    """
    output, settings = Output.chosen(json), read(config, os.environ)
    if dry_run:
        _show_dry_run(output, asyncio.run(_statuses(settings)), Sources().clock()(), now=now)
        return
    report = asyncio.run(_rotated(settings, wait=now))
    _show_report(output, report)
    if report.findings:
        raise typer.Exit(Exit.REFUSED)


async def _statuses(settings: Settings) -> list[Status]:
    async with opened_credentials(settings) as rotation:
        return await rotation.statuses()


async def _rotated(settings: Settings, *, wait: bool) -> Report:
    async with opened_credentials(settings) as rotation:
        return await (_replaced(rotation) if wait else rotation.advance(_turn(), {}))


async def _replaced(rotation: RotatingCredentials) -> Report:
    """Replace every password once, and wait until the users before are disabled."""
    away_from = {each.part: each.version for each in await rotation.statuses() if each.version is not None}
    done, clock = dict[str, int](), Sources().clock()
    while True:
        report = await rotation.advance(_turn(), away_from)
        for what, count in report.done.items():
            done[what] = done.get(what, 0) + count
        waiting = [each.due for each in await rotation.statuses() if each.next is Step.SETTLE and each.due is not None]
        pending = [due for due in waiting if due > clock()]
        if not pending:
            return Report(done=done, findings=report.findings)
        await _passed(min(pending))


async def _passed(due: datetime) -> None:
    """Wait until then beside a progress bar on the standard error stream, if that is a terminal."""
    console, sources = Console(stderr=True), Sources()
    clock, sleep = sources.clock(), sources.sleep()
    total = max((due - clock()).total_seconds(), 0)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("until every process has followed…", total=total)
        while (left := (due - clock()).total_seconds()) > 0:
            progress.update(task, completed=total - left)
            await sleep(min(left, _LOOK))


def _turn() -> Turn:
    """Return a turn for as long as it takes."""
    return Turn(Sources().monotonic(), timedelta(days=1).total_seconds())


def _show(output: Output, statuses: Sequence[Status], now: datetime) -> None:
    if output.json:
        output.document({"credentials": [_document(each, now) for each in statuses]})
        return
    rows = [
        (each.part, each.kind, each.user or "", _age(each, now), each.next.value if each.next else "", moment(each.due))
        for each in statuses
    ]
    output.table(("part", "by", "user", "age", "next", "due"), rows)
    if not statuses:
        output.line("Nobody logs in anywhere: everything is in files of this machine.")
    _complain(output, [finding for each in statuses for finding in each.findings])


def _document(status: Status, now: datetime) -> dict[str, Any]:
    return {
        "part": status.part,
        "by": status.kind,
        "user": status.user,
        "version": status.version,
        "since": status.since,
        "days": None if status.since is None else (now - status.since).days,
        "next": status.next.value if status.next else None,
        "due": status.due,
        "findings": status.findings,
    }


def _age(status: Status, now: datetime) -> str:
    return "" if status.since is None else f"{(now - status.since).days} days"


def _show_dry_run(output: Output, statuses: Sequence[Status], at: datetime, *, now: bool) -> None:
    would = []
    for each in statuses:
        steps = [each.next] if each.next is not None and each.due is not None and each.due <= at else []
        if now and each.next is not None:
            steps.append(Step.REPLACE)
        would += [f"{step.value} ({each.part})" for step in dict.fromkeys(steps)]
    if output.json:
        output.document({"would": would})
        return
    for each_step in would:
        output.line(f"Would {each_step}.")
    if not would:
        output.line("Nothing is due now.")


def _show_report(output: Output, report: Report) -> None:
    if output.json:
        output.document({"done": report.done, "findings": report.findings})
        return
    for what, count in report.done.items():
        output.line(f"{what}: {count}")
    if not report.done:
        output.line("Nothing was due.")
    _complain(output, report.findings)


def _complain(output: Output, findings: Sequence[Finding]) -> None:
    for finding in findings:
        output.line(f"! {finding.what}")
