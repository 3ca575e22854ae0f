"""What `panorama failover plan` and `run` show, and the report that they leave."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from application.failover.reports import FailoverReport, Outcome
from entrypoints.cli.output import Output
from entrypoints.private_files import make_private_folder

_MARKS: Final = {Outcome.DONE: "", Outcome.WOULD: "would ", Outcome.AMISS: "! ", Outcome.FAILED: "! failed: "}


def show_report(output: Output, report: FailoverReport) -> None:
    """Show how a failover went, or would go."""
    if output.json:
        output.document(report)
        return
    rows = [(step.name, _MARKS[step.outcome] + step.found, f"{step.seconds:.1f} s") for step in report.steps]
    output.table(("step", "found", "time"), rows)
    for sentence in sentences(report):
        output.line(sentence)


def sentences(report: FailoverReport) -> Iterator[str]:
    """Say what came of it."""
    if report.seconds_to_first_write is not None:
        yield (
            f"Site {report.site} writes in epoch {report.epoch}: the first write was acknowledged "
            f"{report.seconds_to_first_write:.1f} s after the command was given (RTO)."
        )
    if report.nothing_lost:
        yield f"Nothing was lost: site {report.former} was stopped, and each record that it had is there (RPO 0 s)."
    elif report.recovery_point is not None and report.lost_seconds is not None:
        yield (
            f"Everything that was acknowledged before {report.recovery_point.isoformat(timespec='milliseconds')} is "
            f"there. Site {report.former} could not be asked; at the most the {report.lost_seconds:.1f} s before it "
            "was fenced off are lost (RPO)."
        )
    if report.revoked is not None:
        yield (
            f"The only fence against site {report.former} is that this has been revoked: {report.revoked}. "
            "Make sure of it."
        )
    for flaw in report.flaws:
        yield f"{flaw}; taken from another store."


def write_report(report: FailoverReport, folder: Path) -> Path:
    """Leave the report as Markdown and as JSON; return where the first is. Raises OSError."""
    make_private_folder(folder)
    name = f"failover-{report.at:%Y%m%dT%H%M%SZ}-{report.site}"
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    path = folder / f"{name}.md"
    path.write_text("\n".join(_markdown(report)) + "\n", encoding="utf-8")
    return path


def _markdown(report: FailoverReport) -> Iterator[str]:
    yield f"# Failover to {report.site}, {report.at:%Y-%m-%d %H:%M:%S} UTC"
    yield ""
    yield from (f"- {sentence}" for sentence in sentences(report))
    if report.seconds_to_first_write is None:
        yield f"- Site {report.site} does not write."
    yield ""
    yield "| step | outcome | found | seconds |"
    yield "|---|---|---|---|"
    for step in report.steps:
        yield f"| {step.name} | {step.outcome.value} | {step.found} | {step.seconds:.1f} |"
