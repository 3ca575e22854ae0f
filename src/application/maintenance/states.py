"""What every instance can know of a job: who is at it, how far, what came of it last, and what is due."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from application.maintenance.jobs import Due, Finding, Progress, Report
from domain.leases import Lease, given_up

FINDINGS_KEPT: Final = 100
"""How many findings of the last turn are kept in full, at the most; all of them are counted."""


class Failure(msgspec.Struct, frozen=True):
    """Why a turn ended before its time."""

    code: str
    """The code of the port's error, or FAULT."""

    where: str = ""
    """For a fault, the kind of the error and the place in the code where it was raised."""


FAULT: Final = "fault"
"""The code of an error that is none of the ports' and that nobody expected."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a turn of a job, or of several in a row."""

    job: str
    at: datetime
    """When it ended."""

    seconds: float = 0.0
    steps: int = 0
    report: Report = Report()
    failure: Failure | None = None
    """What ended it; what was done before is done."""

    lost: bool = False
    """Whether another instance has taken the lease meanwhile, so that this is written down nowhere."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left that the job could do now."""
        return self.failure is None and not self.lost and not self.report.unfinished

    @property
    def wants_more(self) -> bool:
        """Whether another turn at once would go on from where this one got to; not if it got nowhere."""
        got_somewhere = self.steps > 0 or bool(self.report.done)
        return self.failure is None and not self.lost and self.report.unfinished and got_somewhere


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a job has planned, in numbers."""

    at: datetime
    """When it was asked."""

    planned: int
    overdue: int
    """How much of that should have been done by then."""

    soonest: datetime | None
    """When the first of it is due."""


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """A job's record. Each turn of each instance writes it, never a backup: it is about this storage and about now."""

    lease: Lease = Lease()
    progress: Progress = Progress()
    """How far its holder is, as of the last renewal."""

    last: Ran | None = None
    succeeded: datetime | None = None
    """When a turn last left nothing to do."""

    findings: dict[str, int] = {}
    """How many findings of each code the last turn had."""

    outlook: Outlook | None = None


def ended(state: JobState, ran: Ran, outlook: Outlook | None) -> JobState:
    """The end of a turn gives the lease up and tells what came of it; an outlook stays until there is a newer one."""
    kept = replace(ran, report=replace(ran.report, findings=ran.report.findings[:FINDINGS_KEPT]))
    return JobState(
        lease=given_up(state.lease),
        last=kept,
        succeeded=ran.at if ran.is_done else state.succeeded,
        findings=counted(ran.report.findings),
        outlook=outlook or state.outlook,
    )


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many there are of each code."""
    return dict(Counter(finding.code for finding in findings))


def outlook_on(plan: list[Due], now: datetime) -> Outlook:
    """Return a plan in numbers."""
    return Outlook(
        at=now,
        planned=len(plan),
        overdue=sum(due.at <= now for due in plan),
        soonest=min((due.at for due in plan), default=None),
    )


def joined(first: Ran, then: Ran) -> Ran:
    """Return two turns of a job in a row as one: what was done adds up, and the second has the last word."""
    done = Counter(first.report.done)
    done.update(then.report.done)
    return replace(
        then,
        seconds=first.seconds + then.seconds,
        steps=first.steps + then.steps,
        report=replace(then.report, done=dict(done)),
    )
