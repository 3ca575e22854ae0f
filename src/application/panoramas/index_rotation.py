"""The rotation of index keys, of every tenant that has one."""

from collections import Counter
from datetime import datetime
from typing import Final

from application.faults import described
from application.keys.generations import Generations
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.panoramas.index_succession import IndexSuccession
from domain.ids import TenantId
from domain.index_keys import renewal_at
from ports.sources import Monotonic

LOOK: Final = 600.0
"""How many seconds lie between two looks at everybody's index keys."""


class IndexKeyRotation:
    """A job: whoever's index key is due has it replaced, and none that fails keeps the others from it."""

    name = "rotate-index-keys"

    def __init__(self, succession: IndexSuccession, generations: Generations, monotonic: Monotonic) -> None:
        self._succession = succession
        self._generations = generations
        self._monotonic = monotonic
        self._next_look = float("-inf")
        self._last = Report()

    async def plan(self) -> list[Due]:
        """Return when each tenant gets a new index key."""
        due: list[Due] = []
        async for tenant in self._generations.holders():
            keys = [held.value for held in await self._succession.keys.of(tenant)]
            if keys:
                at = renewal_at(max(keys, key=lambda key: key.number), self._succession.policy)
                due.append(Due(at=at, what="make a new index key", tenant=tenant))
        return sorted(due, key=_moment)

    async def run(self, turn: Turn) -> Report:
        """Look after everybody's index keys, every ten minutes; in between tell what was found last."""
        now = self._monotonic()
        if now < self._next_look:
            return Report(findings=self._last.findings)
        self._last = await self._look(turn)
        if not self._last.unfinished:
            self._next_look = now + LOOK
        return self._last

    async def _look(self, turn: Turn) -> Report:
        done, findings, unfinished = Counter[str](), list[Finding](), False
        async for tenant in self._generations.holders():
            if turn.is_over():
                unfinished = True
                break
            try:
                carried = await self._succession.carry_on(tenant, turn)
            except Exception as error:  # noqa: BLE001 - One tenant's fault is told with its place and must not end the others.
                findings.append(_failed(tenant, error))
                continue
            done.update(carried.done)
            unfinished |= carried.unfinished
            if carried.is_late:
                findings.append(_late(tenant))
        return Report(done=dict(done), findings=tuple(findings), unfinished=unfinished)


def _failed(tenant: TenantId, error: Exception) -> Finding:
    what = f"the index keys of a tenant could not be looked after: a repeat goes on, see the cause ({described(error)})"
    return Finding(code="index-rotation-failed", what=what, tenant=tenant)


def _late(tenant: TenantId) -> Finding:
    what = "an index key should have been replaced long ago: see that maintenance has its turns in a process that stays"
    return Finding(code="late-index-key", what=what, tenant=tenant)


def _moment(due: Due) -> datetime:
    return due.at
