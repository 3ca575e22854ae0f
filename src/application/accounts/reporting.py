"""Reporting the accounts of one tenant: batch after batch, each answer acted upon before the next."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from application.accounts.batches import Batch
from application.accounts.cycles import Cycles
from application.accounts.ways import look_at
from application.maintenance.jobs import Finding, Report, Turn
from application.sealing.records import Held
from application.users import Users
from domain.accounts import Cycle, Verdict, advanced, completed, failed, put_off
from domain.ids import TenantId
from domain.users import User
from ports.accounts import BATCH, AccountReports, Answer, ForgeInstallation, Throttled, Way
from ports.errors import Conflict, PortError
from ports.sources import Clock, Sleep

_OBEYED: Final = {Verdict.CLOSED: "accounts erased", Verdict.UPDATED: "accounts refreshed"}


class Reporting:
    """Reports a tenant's accounts and does what Jira says of each.

    How far it has come is noted after each batch, so that whatever breaks off repeats one batch at most. Raises what
    `Records` raises, and Conflict where somebody else goes on with the same report.
    """

    def __init__(self, users: Users, cycles: Cycles, reports: AccountReports, clock: Clock, sleep: Sleep) -> None:
        self._users = users
        self._cycles = cycles
        self._reports = reports
        self._clock = clock
        self._sleep = sleep

    async def of_installation(self, tenant: TenantId, token: str, turn: Turn) -> None:
        """Report for an installation that Forge has just given a token for, if its report is due."""
        held = await self._cycles.get(tenant)
        if held is not None and held.value.due <= self._clock():
            with suppress(Conflict):
                await self.go_on(tenant, held, ForgeInstallation(token), turn)

    async def go_on(self, tenant: TenantId, held: Held[Cycle], way: Way, turn: Turn) -> Report:
        """Go on with the report where it is, to its end or to that of the turn."""
        done: Counter[str] = Counter()
        batch = Batch(self._reports, way, self._sleep)
        while not turn.is_over():
            users = await self._users.page(tenant, held.value.after, BATCH)
            if not users:
                await self._note(held, completed(held.value, self._clock()), way)
                done["reports completed"] += 1
                return Report(done=dict(+done), findings=_refusals(tenant, batch))
            try:
                answer = await batch.report(users)
            except PortError as error:
                await self._note(held, self._after(error, held.value), way)
                done["reports put off"] += 1
                return Report(done=dict(+done), findings=(*_refusals(tenant, batch), *_failures(tenant, error)))
            done.update(await self._obeyed(tenant, users, answer))
            done["accounts reported"] += sum(user.account is not None for user in users)
            held = await self._note(held, advanced(held.value, users[-1].id, answer.period), way)
            turn.advance(len(users))
        return Report(done=dict(+done), findings=_refusals(tenant, batch), unfinished=True)

    async def _obeyed(self, tenant: TenantId, users: Sequence[User], answer: Answer) -> Counter[str]:
        """Do what the answer says of those who were reported, whoever else it may name."""
        done: Counter[str] = Counter()
        for user in users:
            verdict = answer.verdicts.get(user.account or "")
            if verdict is not None:
                obey = self._users.depart if verdict is Verdict.CLOSED else self._users.refresh
                await obey(tenant, user.id)
                done[_OBEYED[verdict]] += 1
        return done

    def _after(self, error: PortError, cycle: Cycle) -> Cycle:
        """Go on when Jira asks for it, or after a while that grows with each failure."""
        now = self._clock()
        return put_off(cycle, now, error.wait) if isinstance(error, Throttled) else failed(cycle, now)

    async def _note(self, held: Held[Cycle], cycle: Cycle, way: Way) -> Held[Cycle]:
        return await self._cycles.replace(held, cycle, look_at(cycle, way))


def _refusals(tenant: TenantId, batch: Batch) -> tuple[Finding, ...]:
    if not batch.refused:
        return ()
    what = (
        f"Jira takes {batch.refused} of the account ids that are kept for no account ids at all; a client of the API "
        "has made them up, and they stand for nobody"
    )
    return (Finding(code="account-refused", what=what, tenant=tenant),)


def _failures(tenant: TenantId, error: PortError) -> tuple[Finding, ...]:
    if isinstance(error, Throttled):
        return ()
    what = (
        f"Jira did not take a report of accounts ({error.code}); it is tried again within a day. If that lasts, the "
        "site has removed the app without telling, or refuses its signature: have the app installed again"
    )
    return (Finding(code="account-report-failed", what=what, tenant=tenant),)
