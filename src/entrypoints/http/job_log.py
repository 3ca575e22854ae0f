"""What is logged of maintenance: what was done, and what changed for the worse or the better."""

from typing import Final

from application.maintenance.jobs import Finding
from application.maintenance.loop import Advanced, Known
from application.maintenance.states import FINDINGS_KEPT, Failure, Ran
from domain.ids import TenantId
from entrypoints.http.logs import Log

_LOST: Final = "lease-lost"


class JobLog:
    """Writes a line where something was done, and one where a failure or a finding comes or goes, not for each turn."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._failures: dict[str, Failure] = {}
        self._findings: dict[str, set[tuple[str, TenantId | None]]] = {}

    def tell(self, event: Advanced | Ran | Known) -> None:
        """Take note of something that happened."""
        if not isinstance(event, Ran):
            return
        if event.report.done or event.lost:
            reason = {"reason": _LOST} if event.lost else {}
            done, seconds = event.report.done, round(event.seconds, 6)
            self._log.info("job", job=event.job, seconds=seconds, steps=event.steps, done=done, **reason)
        self._tell_failure(event.job, event.failure)
        if event.failure is None and not event.report.unfinished:
            self._tell_findings(event.job, event.report.findings)

    def _tell_failure(self, job: str, failure: Failure | None) -> None:
        before = self._failures.pop(job, None)
        if failure is not None:
            self._failures[job] = failure
        if failure == before:
            return
        if failure is None:
            self._log.info("job-recovered", job=job)
        else:
            self._log.error("job-failed", job=job, reason=failure.code, where=failure.where)

    def _tell_findings(self, job: str, findings: tuple[Finding, ...]) -> None:
        before = self._findings.get(job, set())
        found = {(finding.code, finding.tenant) for finding in findings[:FINDINGS_KEPT]}
        self._findings[job] = found
        for code, tenant in sorted(found - before, key=str):
            self._log.warning("finding", job=job, reason=code, tenant=tenant)
        for code, tenant in sorted(before - found, key=str):
            self._log.info("finding-gone", job=job, reason=code, tenant=tenant)
