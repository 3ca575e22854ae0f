"""A rotation at once: new keys, everything sealed anew, and the old keys out of use when nothing is under them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from application.faults import described
from application.keys.succession import Means, Succession
from application.maintenance.jobs import Progress, Turn
from domain.ids import TenantId
from domain.keys import SETTLING, State
from ports.sources import Monotonic, Sleep

_AT_MOST: Final = 365 * 24 * 3_600.0
_STEP: Final = 1.0


class Stage(Enum):
    """What is being done."""

    REPLACING = "replacing data keys"
    WAITING = "waiting until nobody writes under the old ones"
    WITHDRAWING = "taking the old ones out of use"


class Came(NamedTuple):
    """What came of it."""

    done: Mapping[str, int]
    in_use: Mapping[TenantId, str]
    """Whose old keys are still in use, and why: the code of an error, or empty. Maintenance goes on with them."""


class Emergency:
    """Does at once what maintenance would do over a while; interrupted, it leaves the rest to that.

    The generations have been marked as suspected before: see `RotationRequests`.
    """

    def __init__(self, succession: Succession, monotonic: Monotonic, sleep: Sleep) -> None:
        self._succession = succession
        self._monotonic = monotonic
        self._sleep = sleep

    async def under_way(self, tenants: Sequence[TenantId]) -> list[TenantId]:
        """Return the tenants whose keys may have leaked, as somebody has said before, and are still in use."""
        return await self._with(tenants, State.ACTIVE, State.DECRYPT_ONLY)

    async def run(
        self, tenants: Sequence[TenantId], told: Callable[[Stage, Progress], None], ending: asyncio.Event
    ) -> Came:
        """Rotate these tenants' keys, telling how far it is; return early once `ending` is set."""
        done: Counter[str] = Counter()
        failed = await self._carry_on(tenants, done, lambda progress: told(Stage.REPLACING, progress), ending)
        if await self._with(tenants, State.DECRYPT_ONLY):
            await self._wait(lambda progress: told(Stage.WAITING, progress), ending)
            failed |= await self._carry_on(tenants, done, lambda progress: told(Stage.WITHDRAWING, progress), ending)
        return Came(+done, {tenant: failed.get(tenant, "") for tenant in await self.under_way(tenants)})

    async def _carry_on(
        self, tenants: Sequence[TenantId], done: Counter[str], told: Callable[[Progress], None], ending: asyncio.Event
    ) -> dict[TenantId, str]:
        """Do what is due for each tenant; return the errors of those that failed."""
        means = Means(await self._succession.lifecycle.wraps.primaries())
        failed: dict[TenantId, str] = {}
        turn = Turn(self._monotonic, _AT_MOST, may_go_on=lambda: not ending.is_set())
        for count, tenant in enumerate(tenants):
            if turn.is_over():
                return failed
            told(Progress(count, len(tenants)))
            try:
                done.update((await self._succession.carry_on(tenant, turn, means)).done)
            except Exception as error:  # noqa: BLE001 - One tenant's fault is told with its place and must not end the others.
                failed[tenant] = described(error)
        told(Progress(len(tenants), len(tenants)))
        return failed

    async def _wait(self, told: Callable[[Progress], None], ending: asyncio.Event) -> None:
        seconds, began = SETTLING.total_seconds(), self._monotonic()
        while (passed := self._monotonic() - began) < seconds and not ending.is_set():
            told(Progress(int(passed), int(seconds)))
            await self._sleep(min(_STEP, seconds - passed))

    async def _with(self, tenants: Sequence[TenantId], *states: State) -> list[TenantId]:
        """Return the tenants that have a generation in one of these states that may have leaked."""
        generations = self._succession.lifecycle.generations
        return [
            tenant
            for tenant in tenants
            if any(each.suspected and each.state in states for each in await generations.of(tenant))
        ]
