"""`panorama preflight`."""

import asyncio
import os
from itertools import groupby
from typing import Annotated

import msgspec
import typer

from entrypoints.cli.exits import Exit
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import read
from entrypoints.configuration_sites import check_sites
from entrypoints.preflight.findings import NOT_TRIED, Finding
from entrypoints.preflight.running import Report
from entrypoints.preflight.running import preflight as run_preflight


def preflight(
    site: Annotated[
        str | None, typer.Option(metavar="NAME", help="The site to try; else the active one.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Try on a site's real services whether they do what is expected; exit code 0 is a go, 1 a no-go.

    What it writes has a place of its own and is removed again; nothing else is touched.
    """
    output = Output.chosen(json)
    settings = read(config, os.environ if site is None else {**os.environ, "PANORAMA_ACTIVE": site})
    check_sites(settings)
    with output.doing("Trying") as doing:
        report = asyncio.run(run_preflight(settings, doing))
    if output.json:
        output.document(msgspec.to_builtins(report))
    else:
        _print(report, output)
    if not report.go:
        raise typer.Exit(Exit.REFUSED)


def _print(report: Report, output: Output) -> None:
    columns = ["capability", "expected", "found", "time"]
    if any(finding.missing for finding in report.findings):
        columns.append("missing permission")
    rows: list[tuple[str, ...]] = []
    for part, findings in groupby(report.findings, lambda finding: finding.part):
        rows += [(part, *[""] * (len(columns) - 1)), *(_row(finding)[: len(columns)] for finding in findings)]
    output.table(columns, rows)
    for finding in report.findings:
        if finding.note:
            output.line(f"{_mark(finding)} {finding.part} {finding.capability}: {finding.note}")
    output.line(f"Site {report.site}: {_verdict(report)}.")


def _row(finding: Finding) -> tuple[str, ...]:
    time = f"{finding.seconds * 1000:.0f} ms"
    return (f"{_mark(finding)} {finding.capability}", finding.expected, finding.found, time, finding.missing)


def _mark(finding: Finding) -> str:
    return " " if finding.go else "!"


def _verdict(report: Report) -> str:
    if report.go:
        return "go"
    left = sum(finding.found == NOT_TRIED for finding in report.findings)
    failed = sum(not finding.go for finding in report.findings) - left
    untried = f", {left} could not be tried" if left else ""
    return f"no-go: {failed} of {len(report.findings)} are not as expected{untried}"
