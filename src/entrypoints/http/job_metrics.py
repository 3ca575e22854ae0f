"""What is counted of maintenance. Labels are names of jobs and codes, both from the program itself."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from application.maintenance.loop import Advanced, Known
from application.maintenance.states import JobState, Ran

_BUCKETS: Final = (0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 900.0)
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_OTHER: Final = "other"


class JobMetrics:
    """Counts what this process does, and shows what all of them together know of each job."""

    def __init__(self, registry: CollectorRegistry, jobs: Iterable[str]) -> None:
        self._runs = Counter("panorama_job_runs", "Turns that ended.", ("job",), registry=registry)
        self._failures = Counter(
            "panorama_job_failures", "Turns that failed, by the code of the error.", ("job", "code"), registry=registry
        )
        self._seconds = Histogram(
            "panorama_job_seconds", "Seconds that a turn took.", ("job",), buckets=_BUCKETS, registry=registry
        )
        self._steps = Counter("panorama_job_steps", "Steps done.", ("job",), registry=registry)
        self._progress = Gauge(
            "panorama_job_progress",
            "Steps done of the turn under way here; 0 between turns.",
            ("job",),
            registry=registry,
        )
        self._total = Gauge(
            "panorama_job_progress_total", "Steps of the turn under way here, if counted.", ("job",), registry=registry
        )
        self._succeeded = Gauge(
            "panorama_job_last_success_timestamp_seconds",
            "When any instance last left nothing to do, since the epoch; 0: never.",
            ("job",),
            registry=registry,
        )
        self._planned = Gauge(
            "panorama_job_planned", "Things planned, as of the last look.", ("job",), registry=registry
        )
        self._overdue = Gauge(
            "panorama_job_overdue", "Things that should have been done by the last look.", ("job",), registry=registry
        )
        self._findings = Gauge(
            "panorama_job_findings", "Findings of the last turn of any instance.", ("job", "code"), registry=registry
        )
        self._codes: dict[str, set[str]] = {}
        for job in jobs:
            self._show(job, JobState())
            self._advance(job, 0, None)
            for counter in (self._runs, self._steps, self._seconds):
                counter.labels(job)

    def tell(self, event: Advanced | Ran | Known) -> None:
        """Take note of something that happened."""
        match event:
            case Advanced(job, progress):
                self._advance(job, progress.done, progress.total)
            case Known(job, state):
                self._show(job, state)
            case Ran():
                self._count(event)

    def _advance(self, job: str, done: int, total: int | None) -> None:
        self._progress.labels(job).set(done)
        self._total.labels(job).set(total or 0)

    def _count(self, ran: Ran) -> None:
        self._runs.labels(ran.job).inc()
        self._steps.labels(ran.job).inc(ran.steps)
        self._seconds.labels(ran.job).observe(ran.seconds)
        self._advance(ran.job, 0, None)
        if ran.failure is not None:
            self._failures.labels(ran.job, _word(ran.failure.code)).inc()

    def _show(self, job: str, state: JobState) -> None:
        self._succeeded.labels(job).set(_seconds(state.succeeded))
        self._planned.labels(job).set(state.outlook.planned if state.outlook else 0)
        self._overdue.labels(job).set(state.outlook.overdue if state.outlook else 0)
        known = self._codes.setdefault(job, set())
        for code in known:
            self._findings.labels(job, code).set(0)
        for code, count in state.findings.items():
            known.add(_word(code))
            self._findings.labels(job, _word(code)).inc(count)


def _word(code: str) -> str:
    """Return a code as it is fit for a label: a job that gives something else by mistake gives nothing away by it."""
    return code if _CODE.fullmatch(code) else _OTHER


def _seconds(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()
