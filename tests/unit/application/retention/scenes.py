"""Sites that have just been removed, and what a turn of the job tells."""

from datetime import timedelta

from application.maintenance.jobs import Report
from domain.ids import TenantId
from tests.fakes.retention import POLICY, Office, opened

GRACE = POLICY.grace / timedelta(days=1)


def codes(report: Report) -> list[str]:
    """Return what a turn has found, by code."""
    return [finding.code for finding in report.findings]


async def removed(office: Office | None = None) -> tuple[Office, TenantId]:
    """Return a site that has just been removed."""
    office = office or await opened()
    tenant = await office.settle()
    await office.remove()
    return office, tenant
