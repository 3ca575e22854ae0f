"""`panorama preflight`."""

import asyncio
import os
from typing import Annotated

import msgspec
import typer

from entrypoints.cli.exits import Exit
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import read
from entrypoints.configuration_sites import check_sites
from entrypoints.preflight.findings import Finding
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
    report = asyncio.run(run_preflight(settings))
    if output.json:
        output.document(msgspec.to_builtins(report))
    else:
        output.table(("part", "capability", "expected", "found", "time", "missing"), [*map(_row, report.findings)])
        failed = sum(not finding.go for finding in report.findings)
        verdict = "go" if report.go else f"no-go: {failed} of {len(report.findings)} are not as expected"
        output.line(f"Site {report.site}: {verdict}.")
    if not report.go:
        raise typer.Exit(Exit.REFUSED)


def _row(finding: Finding) -> tuple[str, ...]:
    mark = "" if finding.go else "! "
    time = f"{finding.seconds * 1000:.0f} ms"
    return (
        f"{mark}{finding.part}",
        finding.capability,
        finding.expected,
        finding.found,
        time,
        finding.missing,
    )
