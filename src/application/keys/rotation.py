"""The rotation of data keys, of every tenant and of the service itself."""

from collections import Counter
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from application.keys.findings import failed, finding, findings_of
from application.keys.requests import RotationRequests
from application.keys.succession import DESTROYED, Means, Succession
from application.maintenance.jobs import Due, Finding, Report, Turn
from domain.ids import TenantId
from domain.keys import active
from domain.rotation import renewal_at, rest_ends, retired
from ports.sources import Clock, Monotonic

LOOK: Final = 600.0
"""How many seconds lie between two looks at everybody's keys."""

_RENEW: Final = "make a new data key"
_DESTROY: Final = "destroy an old data key, if no backup needs it"


class DataKeyRotation:
    """A job: whoever's keys are due are looked after, and none that fails keeps the others from it."""

    name = "rotate-data-keys"

    def __init__(self, succession: Succession, requests: RotationRequests, clock: Clock, monotonic: Monotonic) -> None:
        self._succession = succession
        self._generations = succession.lifecycle.generations
        self._requests = requests
        self._clock = clock
        self._monotonic = monotonic
        self._next_look = float("-inf")
        self._last = Report()
        self._has_traces = False

    async def plan(self) -> list[Due]:
        """Return when each tenant gets a new data key, and when the rest of each old one is over.

        What has rested waits for others, backups above all: when that ends nobody here can say.
        """
        due = [each async for tenant in self._generations.holders() for each in await self._planned(tenant)]
        return sorted(due, key=_moment)

    async def run(self, turn: Turn) -> Report:
        """Look after everybody's keys, every ten minutes; in between tell what was found last."""
        asked, now = await self._requests.carry_out(turn), self._monotonic()
        if not asked and now < self._next_look:
            return replace(self._last, done={})
        self._last = await self._look(turn)
        if not self._last.unfinished:
            self._next_look = now + LOOK
        return self._last

    async def _look(self, turn: Turn) -> Report:
        means = Means(await self._succession.lifecycle.wraps.primaries())
        done, findings, unfinished = Counter[str](), list[Finding](), False
        async for tenant in self._generations.holders():
            if turn.is_over():
                unfinished = True
                break
            try:
                carried = await self._succession.carry_on(tenant, turn, means)
            except Exception as error:  # noqa: BLE001 - One tenant's fault is told with its place and must not end the others.
                findings.append(failed(tenant, error))
                continue
            done.update(carried.done)
            findings += findings_of(tenant, carried)
            unfinished |= carried.unfinished
        if not means.can_make:
            findings.append(finding("key-manager-out"))
        await self._leave_no_trace(done)
        return Report(done=dict(done), findings=tuple(findings), unfinished=unfinished)

    async def _leave_no_trace(self, done: Counter[str]) -> None:
        """What was destroyed is overwritten in the vault, and then forgotten in its free pages and its log too."""
        self._has_traces |= done[DESTROYED] > 0
        if self._has_traces:
            await self._generations.leave_no_trace()
            self._has_traces = False

    async def _planned(self, tenant: TenantId) -> list[Due]:
        listed, policy = await self._generations.of(tenant), self._succession.policy
        newest = active(listed)
        if newest is None:
            return []
        rests = [(each, rest_ends(each, policy)) for each in retired(listed)]
        old = [Due(at=end, what=_DESTROY, tenant=tenant) for _, end in rests if end > self._clock()]
        return [Due(at=renewal_at(newest, policy), what=_RENEW, tenant=tenant), *old]


def _moment(due: Due) -> datetime:
    return due.at
