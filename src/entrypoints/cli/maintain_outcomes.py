"""What came of the jobs that `panorama maintain` has given their turns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from application.maintenance.jobs import Finding
from application.maintenance.states import FAULT, Failure, Ran
from entrypoints.cli.exits import Exit
from entrypoints.cli.failures import OUT_CODES
from entrypoints.cli.output import Output

_ELSEWHERE: Final = "left to another instance"
_LOST: Final = "taken over by another instance"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job, as machines are told it."""

    job: str
    outcome: str
    """done, unfinished, failed, or who has it."""

    done: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
    seconds: float = 0.0
    steps: int = 0


def outcome_of(job: str, ran: Ran | None) -> Outcome:
    """Return what came of a job; None: another instance is at it."""
    if ran is None:
        return Outcome(job=job, outcome=_ELSEWHERE)
    return Outcome(
        job=job,
        outcome=word_of(ran),
        done=ran.report.done,
        findings=ran.report.findings,
        failure=ran.failure,
        seconds=round(ran.seconds, 3),
        steps=ran.steps,
    )


def code_of(failures: Iterable[Failure | None], findings: Sequence[Finding] = ()) -> Exit:
    """Return how the command ends: what is out goes before what is refused, and a finding is no success."""
    codes = {failure.code for failure in failures if failure is not None}
    if codes & OUT_CODES:
        return Exit.UNAVAILABLE
    return Exit.REFUSED if codes or findings else Exit.DONE


def show_outcomes(output: Output, outcomes: Sequence[Outcome]) -> None:
    """Print what came of every job, and each finding with its way out."""
    if output.json:
        output.document({"jobs": outcomes})
        return
    rows = [(each.job, each.outcome, _done(each.done), f"{each.seconds:.1f} s") for each in outcomes]
    output.table(("job", "outcome", "done", "time"), rows)
    for each in outcomes:
        for line in _complaints(each):
            output.line(line)


def show_outcome(output: Output, outcome: Outcome, at: datetime) -> None:
    """Print one line for one turn; for people only where it did or found something."""
    if output.json:
        output.document(outcome)
        return
    if outcome.done or outcome.failure:
        output.line(f"{moment(at)} {outcome.job}: {outcome.outcome}. {_done(outcome.done)}".rstrip())
    for line in _complaints(outcome):
        output.line(line)


def word_of(ran: Ran) -> str:
    """Return in a word or two how a turn ended."""
    if ran.failure is not None:
        return "failed"
    if ran.lost:
        return _LOST
    return "unfinished" if ran.report.unfinished else "done"


def reason_of(failure: Failure) -> str:
    """Return why a job failed, and the way out."""
    if failure.code == FAULT:
        return f"the program has a fault, {failure.where}; report it with this line"
    return f"{failure.code}; `panorama config check --connect` tells which part it is"


def moment(at: datetime | None) -> str:
    """Return a time as people read it, in UTC; nothing for never."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _done(done: Mapping[str, int]) -> str:
    return ", ".join(f"{what}: {count}" for what, count in done.items())


def _complaints(outcome: Outcome) -> list[str]:
    failed = [] if outcome.failure is None else [f"! {outcome.job} failed: {reason_of(outcome.failure)}"]
    return failed + [
        f"! {outcome.job}: {finding.what}" + (f" (tenant {finding.tenant})" if finding.tenant else "")
        for finding in outcome.findings
    ]
