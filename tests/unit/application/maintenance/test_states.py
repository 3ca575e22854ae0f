"""What is kept of a job, and how turns and plans are summed up."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from application.maintenance.jobs import Due, Finding, Progress, Report
from application.maintenance.states import (
    FINDINGS_KEPT,
    Failure,
    JobState,
    Outlook,
    Ran,
    ended,
    joined,
    outlook_on,
)
from domain.ids import TenantId
from domain.leases import Lease

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RAN = Ran(job="work", at=NOW)
HELD = JobState(lease=Lease(7, "one"), progress=Progress(3, 10), succeeded=NOW - timedelta(days=1))


def test_the_end_of_a_turn_gives_up_the_lease_and_tells() -> None:
    """The token stays, the progress is over, and success is dated."""
    state = ended(HELD, RAN, None)
    assert state == JobState(lease=Lease(7, None), last=RAN, succeeded=NOW)


def test_only_a_turn_that_leaves_nothing_to_do_is_a_success() -> None:
    """A failure, a lost lease or a rest does not count; the last success stays known."""
    for ran in (
        replace(RAN, failure=Failure("unavailable")),
        replace(RAN, lost=True),
        replace(RAN, report=Report(unfinished=True)),
    ):
        assert not ran.is_done
        assert ended(HELD, ran, None).succeeded == HELD.succeeded
    assert RAN.is_done


def test_findings_are_all_counted_and_not_all_kept() -> None:
    """A record has a limit, whatever goes wrong at however many tenants."""
    many = tuple(Finding(code="missing-wrap", what="x", tenant=TenantId(str(number))) for number in range(1_000))
    state = ended(HELD, replace(RAN, report=Report(findings=(*many, Finding(code="late", what="y")))), None)
    assert state.findings == {"missing-wrap": 1_000, "late": 1}
    assert state.last is not None
    assert len(state.last.report.findings) == FINDINGS_KEPT


def test_an_outlook_stays_until_there_is_a_newer_one() -> None:
    """Not every turn asks."""
    old, new = (Outlook(at=NOW, planned=number, overdue=0, soonest=None) for number in (1, 2))
    state = ended(replace(HELD, outlook=old), RAN, None)
    assert state.outlook == old
    assert ended(state, RAN, new).outlook == new


def test_a_plan_in_numbers() -> None:
    """How much there is, how much of it is late, and when the first is due."""
    plan = [Due(at=NOW + timedelta(days=days), what="work") for days in (1, 0, -1)]
    assert outlook_on(plan, NOW) == Outlook(at=NOW, planned=3, overdue=2, soonest=NOW - timedelta(days=1))
    assert outlook_on([], NOW) == Outlook(at=NOW, planned=0, overdue=0, soonest=None)


def test_two_turns_in_a_row_add_up() -> None:
    """What was done is summed; whether it is finished, failed or red is for the second to say."""
    first = replace(RAN, seconds=1, steps=2, report=Report(done={"a": 1, "b": 2}, unfinished=True))
    then = replace(RAN, seconds=2, steps=3, report=Report(done={"b": 3}, findings=(Finding(code="c", what="d"),)))
    both = joined(first, then)
    assert (both.seconds, both.steps, both.report.done) == (3, 5, {"a": 1, "b": 5})
    assert (both.report.unfinished, both.report.findings) == (False, then.report.findings)


def test_another_turn_is_wanted_where_the_last_one_got_somewhere() -> None:
    """Steps or things done; not after a failure or by somebody who has lost the lease."""
    left = replace(RAN, report=Report(unfinished=True))
    assert not left.wants_more
    assert not RAN.wants_more
    assert replace(left, steps=1).wants_more
    assert replace(RAN, report=Report(done={"a": 1}, unfinished=True)).wants_more
    assert not replace(left, steps=1, lost=True).wants_more
    assert not replace(left, steps=1, failure=Failure("fault")).wants_more
