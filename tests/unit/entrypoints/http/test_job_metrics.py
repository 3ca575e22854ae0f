"""What is counted and shown of maintenance."""

from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from application.maintenance.jobs import Progress, Report
from application.maintenance.loop import Advanced, Known
from application.maintenance.states import Failure, JobState, Outlook, Ran
from entrypoints.http.job_metrics import JobMetrics

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Read:
    """The metrics of one job, and what a scrape reads of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = JobMetrics(self.registry, ["work"])

    def __call__(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"panorama_job_{name}", {"job": "work", **labels})


@pytest.fixture
def read() -> Read:
    """Return metrics of which nothing has been told."""
    return Read()


def test_a_job_that_has_done_nothing_shows(read: Read) -> None:
    """So that an alarm has something to compare from the first minute on."""
    for name in (
        "runs_total",
        "steps_total",
        "seconds_count",
        "last_success_timestamp_seconds",
        "planned",
        "overdue",
        "progress",
        "progress_total",
    ):
        assert read(name) == 0, name


def test_turns_are_counted_with_their_steps_seconds_and_failures(read: Read) -> None:
    """A failure by its code."""
    read.metrics.tell(Ran(job="work", at=NOW, seconds=2, steps=3, report=Report(done={"x": 3})))
    read.metrics.tell(Ran(job="work", at=NOW, seconds=4, steps=1, failure=Failure("unavailable")))
    assert (read("runs_total"), read("steps_total"), read("seconds_sum")) == (2, 4, 6)
    assert read("failures_total", code="unavailable") == 1


def test_progress_shows_until_the_turn_ends(read: Read) -> None:
    """Between turns it is zero."""
    read.metrics.tell(Advanced("work", Progress(3)))
    assert (read("progress"), read("progress_total")) == (3, 0)
    read.metrics.tell(Advanced("work", Progress(4, 10)))
    assert (read("progress"), read("progress_total")) == (4, 10)
    read.metrics.tell(Ran(job="work", at=NOW, steps=4))
    assert (read("progress"), read("progress_total")) == (0, 0)


def test_what_all_instances_know_shows(read: Read) -> None:
    """Success, what is planned and late, and findings by code; what is mended goes to zero."""
    outlook = Outlook(at=NOW, planned=5, overdue=2, soonest=NOW)
    red = JobState(succeeded=NOW, outlook=outlook, findings={"missing-wrap": 3, "late": 1})
    read.metrics.tell(Known("work", red, elsewhere=True))
    assert read("last_success_timestamp_seconds") == NOW.timestamp()
    assert (read("planned"), read("overdue")) == (5, 2)
    assert (read("findings", code="missing-wrap"), read("findings", code="late")) == (3, 1)
    read.metrics.tell(Known("work", JobState(findings={"late": 2})))
    assert (read("findings", code="missing-wrap"), read("findings", code="late")) == (0, 2)


def test_no_label_holds_what_is_no_code(read: Read) -> None:
    """A job that gives a sentence for a code by mistake gives nothing away by it, and no count is lost."""
    read.metrics.tell(Ran(job="work", at=NOW, failure=Failure("Ann's panorama")))
    read.metrics.tell(Known("work", JobState(findings={"Ann's panorama": 2, "Ben": 3})))
    assert read("failures_total", code="other") == 1
    assert read("findings", code="other") == 5
