"""What is logged of maintenance: what was done, and what changed."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from application.maintenance.jobs import Finding, Progress, Report
from application.maintenance.loop import Advanced, Known
from application.maintenance.states import FINDINGS_KEPT, Failure, JobState, Ran
from domain.ids import TenantId
from entrypoints.http.job_log import JobLog
from entrypoints.http.logs import open_log

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RAN = Ran(job="work", at=NOW, seconds=1.5, steps=2)


class Diary:
    """A log, and what was written since one last looked."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()
        self.log = JobLog(open_log(self._stream, lambda: NOW))

    def lines(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        self._stream.seek(0)
        self._stream.truncate()
        return [{name: value for name, value in line.items() if name != "time"} for line in lines]


@pytest.fixture
def diary() -> Diary:
    """Return an empty log."""
    return Diary()


def found(*findings: Finding) -> Ran:
    """Return a turn with findings."""
    return replace(RAN, report=Report(findings=findings))


def test_turns_that_did_nothing_are_not_logged(diary: Diary) -> None:
    """Nor is progress, or what is merely known."""
    diary.log.tell(RAN)
    diary.log.tell(Advanced("work", Progress(1)))
    diary.log.tell(Known("work", JobState()))
    assert diary.lines() == []


def test_what_was_done_is_logged(diary: Diary) -> None:
    """By its fixed phrases, with counts."""
    diary.log.tell(replace(RAN, report=Report(done={"keys made": 2})))
    line = {"level": "info", "event": "job", "job": "work", "seconds": 1.5, "steps": 2, "done": {"keys made": 2}}
    assert diary.lines() == [line]


def test_a_lease_that_was_lost_is_logged(diary: Diary) -> None:
    """So that a process that sleeps too often is noticed."""
    diary.log.tell(replace(RAN, lost=True))
    assert diary.lines()[0]["reason"] == "lease-lost"


def test_a_failure_is_logged_when_it_comes_and_when_it_goes(diary: Diary) -> None:
    """Not once a minute for as long as it lasts; another one is another."""
    out, fault = Failure("unavailable"), Failure("fault", "ValueError at x.py:1")
    for failure in (out, out, fault, None, None):
        diary.log.tell(replace(RAN, failure=failure))
    assert diary.lines() == [
        {"level": "error", "event": "job-failed", "job": "work", "reason": "unavailable", "where": ""},
        {"level": "error", "event": "job-failed", "job": "work", "reason": "fault", "where": "ValueError at x.py:1"},
        {"level": "info", "event": "job-recovered", "job": "work"},
    ]


def test_a_finding_is_logged_when_it_comes_and_when_it_goes(diary: Diary) -> None:
    """By its code and the tenant; turns that failed or ended early say nothing of it."""
    one, other = Finding(code="late", what="x", tenant=TenantId("t")), Finding(code="old", what="y")
    diary.log.tell(found(one))
    diary.log.tell(found(one, other))
    diary.log.tell(replace(RAN, failure=Failure("unavailable")))
    diary.log.tell(replace(RAN, report=Report(unfinished=True)))
    told = diary.lines()
    assert [line["event"] for line in told] == ["finding", "finding", "job-failed", "job-recovered"]
    assert told[0] == {"level": "warning", "event": "finding", "job": "work", "reason": "late", "tenant": "t"}
    assert (told[1]["reason"], told[1]["tenant"]) == ("old", None)
    diary.log.tell(found(other))
    assert diary.lines() == [{"level": "info", "event": "finding-gone", "job": "work", "reason": "late", "tenant": "t"}]


def test_however_many_findings_there_are_the_log_stays_readable(diary: Diary) -> None:
    """A hundred of one turn."""
    diary.log.tell(found(*(Finding(code="late", what="x", tenant=TenantId(str(number))) for number in range(1_000))))
    assert len(diary.lines()) == FINDINGS_KEPT
