"""The job that purges removed sites when their grace period is over, and sees each purge through to its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from application.faults import described
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.retention.findings import failed, held_back, overdue
from application.retention.purge import Purge
from application.retention.returns import Returns
from application.sealing.records import Held
from application.tenants.repository import Tenants
from application.tenants.views import TenantView
from domain.erasures import Receipt
from domain.errors import TooContended
from domain.ids import TenantId
from domain.retention import Obstacle, RetentionPolicy, is_overdue, obstacle
from ports.sources import Clock, Monotonic

_EVER: Final = timedelta(days=3_650)


class Purging:
    """A job: begins the purges that are due, does the next step of those that have begun, and forgets old entries.

    What goes wrong with one site is a finding, and keeps no other one waiting. A purge of a site of Forge is begun only
    by a process that has seen it due for hours: see `Returns`.
    """

    name = "purge-tenants"

    def __init__(
        self,
        purge: Purge,
        tenants: Tenants,
        policy: RetentionPolicy,
        ledger: timedelta,
        clock: Clock,
        monotonic: Monotonic,
    ) -> None:
        """Keep the ledger's entries for as long as `ledger` says, which is longer than any backup."""
        self._purge = purge
        self._tenants = tenants
        self._policy = policy
        self._ledger = ledger
        self._clock = clock
        self._returns = Returns(monotonic)

    async def plan(self) -> list[Due]:
        """Return when each removed site is to be purged, unless it is held, and when each purge goes on."""
        now = self._clock()
        due = [
            Due(at=now if each.at is None else each.at + self._policy.grace, what=_BEGIN, tenant=each.tenant)
            for each in await self._tenants.removed(now)
        ]
        due += [
            Due(at=held.due or now, what=_next(held.value), tenant=held.value.erasure.tenant)
            for held in await self._purge.receipts.due(now + _EVER)
        ]
        return sorted(due, key=lambda each: each.at)

    async def run(self, turn: Turn) -> Report:
        """Do what is due, site by site."""
        run = _Run()
        for part in (self._begin, self._take_up, self._go_on, self._forget):
            await part(turn, run)
        return Report(done=run.done, findings=tuple(run.findings), unfinished=run.unfinished)

    async def _begin(self, turn: Turn, run: "_Run") -> None:
        due = await self._tenants.removed(self._clock() - self._policy.grace)
        self._returns.keep({removed.tenant for removed in due})
        for removed in due:
            if run.must_stop(turn):
                return
            with run.one(removed.tenant):
                await self._begin_one(removed.tenant, run)

    async def _begin_one(self, tenant: TenantId, run: "_Run") -> None:
        known = await self._purge.receipts.find(tenant)
        if known is not None:
            await self._destroy_again(known.value, run)
            return
        view = await self._tenants.get(tenant)
        has_waited = view is None or self._returns.has_waited(view.tenant)
        if not has_waited or await self._purge.begin(tenant, self._policy) is None:
            run.findings += self._held_back(await self._tenants.get(tenant))

    async def _destroy_again(self, receipt: Receipt, run: "_Run") -> None:
        """Where everything was gone already, somebody has put records back."""
        if receipt.purged is not None:
            await self._purge.erase(receipt.erasure)
            run.count("purged sites destroyed again")

    def _held_back(self, view: TenantView | None) -> Iterator[Finding]:
        """A hold is told from the day on which the purge was due; any other obstacle has just come up, and is fine."""
        now = self._clock()
        if view is not None and obstacle(view.tenant, self._policy, now) is Obstacle.HELD:
            yield held_back(view.tenant.id)
            if is_overdue(view.tenant.uninstalled or now, now):
                yield overdue(view.tenant.id)

    async def _take_up(self, turn: Turn, run: "_Run") -> None:
        """Begin the receipts that are missing: after a restore the ledger may know more than they do."""
        begun = {receipt.erasure.tenant async for receipt in self._purge.receipts.everything()}
        for entry in [entry async for entry in self._purge.ledger.entries() if entry.tenant not in begun]:
            if run.must_stop(turn):
                return
            with run.one(entry.tenant):
                await self._purge.open_receipt(entry)

    async def _go_on(self, turn: Turn, run: "_Run") -> None:
        for held in await self._purge.receipts.due(self._clock() + _EVER):
            if run.must_stop(turn):
                return
            entry = held.value.erasure
            if is_overdue(entry.removed, self._clock()):
                run.findings.append(overdue(entry.tenant))
            with run.one(entry.tenant):
                await self._see_through(held, turn, run)
            turn.advance()

    async def _see_through(self, held: Held[Receipt] | None, turn: Turn, run: "_Run") -> None:
        """Do one step after the other, for as long as the next one is due and can be done."""
        while held is not None and held.due is not None and held.due <= self._clock() and not run.must_stop(turn):
            step = await self._purge.go_on(held)
            if step.done is not None:
                run.count(step.done)
            if step.finding is not None:
                run.findings.append(step.finding)
            if step.done is None or step.finding is not None:
                return
            held = step.receipt

    async def _forget(self, turn: Turn, run: "_Run") -> None:
        for entry in await self._purge.ledger.old(self._clock() - self._ledger):
            if run.must_stop(turn):
                return
            receipt = await self._purge.receipts.find(entry.value.tenant)
            if receipt is not None and receipt.value.shredded is not None:
                await self._purge.ledger.forget(entry)
                run.count("old entries of the ledger forgotten")


class _Run:
    """What comes of one turn."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.findings: list[Finding] = []
        self.unfinished = False

    def count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def must_stop(self, turn: Turn) -> bool:
        self.unfinished = self.unfinished or turn.is_over()
        return self.unfinished

    @contextmanager
    def one(self, tenant: TenantId) -> Iterator[None]:
        """Turn what goes wrong with one site into a finding."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - One site's fault is told with its place and must not end the others.
            told = error.code if isinstance(error, TooContended) else described(error)
            self.findings.append(failed(tenant, told))


_BEGIN: Final = "purge a removed site, unless it is held"


def _next(receipt: Receipt) -> str:
    if receipt.purged is None:
        return "destroy what a removed site has left behind"
    return "confirm a purge" if receipt.confirmed is None else "see whether a purged site is shredded"
