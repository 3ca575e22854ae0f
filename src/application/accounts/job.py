"""The job that reports accounts when they are due."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Final

from application.accounts.cycles import CYCLE, Cycles
from application.accounts.reporting import Reporting
from application.accounts.ways import way_of
from application.maintenance.due import each_due, planned, unsettled
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.sealing.records import Held, Records
from application.tenants.repository import Tenants
from domain.accounts import Cycle, is_behind, put_off
from domain.ids import TenantId
from domain.tenants import Tenant, is_served
from ports.errors import Conflict, Corrupt, NotFound, Unavailable
from ports.sources import Clock
from ports.storage import Record

_LATER: Final = timedelta(days=1)
"""When to look again after a tenant for which nothing can be done now."""


class ReportingAccounts:
    """A job: reports the accounts of every site that uses the app through Connect, once in each cycle.

    Installations of Forge are reported when Forge calls; the job only sees to it that it does.
    """

    name = "report-accounts"

    def __init__(
        self, records: Records, tenants: Tenants, reporting: Reporting, clock: Clock, *, enabled: bool = True
    ) -> None:
        """Report nothing where it is not enabled: there is no real Jira then."""
        self._records = records
        self._cycles = Cycles(records, clock)
        self._tenants = tenants
        self._reporting = reporting
        self._clock = clock
        self._enabled = enabled

    async def plan(self) -> list[Due]:
        """Return when each tenant is looked at next."""
        if not self._enabled:
            return []
        records = await planned(self._records.storage, CYCLE, self._clock)
        return [
            Due(at=record.due or record.updated, what="report accounts", tenant=TenantId(record.ref.tenant))
            for record in records
        ]

    async def run(self, turn: Turn) -> Report:
        """Report for one tenant after the other; one whose records are damaged or out of reach holds up no other."""
        done: Counter[str] = Counter()
        findings: list[Finding] = []
        if self._enabled:
            async for record in each_due(self._records.storage, CYCLE, self._clock, turn):
                try:
                    report = await self._settle(record, turn)
                except (Corrupt, Unavailable) as error:
                    findings.append(unsettled("the accounts of a site", TenantId(record.ref.tenant), error.code))
                else:
                    done.update(report.done)
                    findings += report.findings
        return Report(done=dict(done), findings=tuple(findings), unfinished=turn.is_over())

    async def _settle(self, record: Record, turn: Turn) -> Report:
        """A tenant that is gone is left to its purge; one that somebody else is at, to them."""
        tenant = TenantId(record.ref.tenant)
        with suppress(NotFound, Conflict):
            view = await self._tenants.get(tenant)
            if view is not None:
                return await self._look(view.tenant, await self._records.open(record, Cycle), turn)
        return Report()

    async def _look(self, tenant: Tenant, held: Held[Cycle], turn: Turn) -> Report:
        now = self._clock()
        behind = _behind(tenant) if is_served(tenant) and is_behind(held.value, now) else ()
        way = way_of(tenant)
        if is_served(tenant) and way is not None:
            report = await self._reporting.go_on(tenant.id, held, way, turn)
            return Report(done=report.done, findings=(*behind, *report.findings))
        cycle = held.value if is_served(tenant) else put_off(held.value, now, _LATER)
        await self._cycles.replace(held, cycle, now + _LATER)
        return Report(findings=behind)


def _behind(tenant: Tenant) -> tuple[Finding, ...]:
    if tenant.secrets is None:
        what = (
            "no report of accounts has been completed in time, because Forge has not called often enough: see that the "
            "app's manifest has the scheduled trigger of docs/personal-data.md"
        )
    else:
        what = "no report of accounts has been completed in time: see what became of those that were tried"
    return (Finding(code="account-reports-behind", what=what, tenant=tenant.id),)
