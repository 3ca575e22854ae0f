"""The rotation of one tenant's index key, step by step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from application.keys.blind_index import IndexSecret
from application.keys.generations import Generations
from application.keys.index_keys import IndexKeys
from application.keys.witness import Witness
from application.maintenance.jobs import Turn
from application.panoramas.repository import Panoramas
from application.panoramas.walking import issues_of, panoramas_of
from application.sealing.records import Held
from domain.ids import TenantId
from domain.index_keys import (
    ANNOUNCEMENT,
    END,
    HANDOVER,
    announced,
    in_use,
    is_due,
    is_late,
    may_have_leaked,
    superseded,
)
from domain.keys import SETTLING, active
from domain.rotation import Policy
from ports.storage import Storage

MADE: Final = "index keys made"
USED: Final = "index keys put in use"
WALKED: Final = "panoramas indexed anew"
TAKEN: Final = "old index entries removed"
DESTROYED: Final = "index keys destroyed"

STRIDE: Final = 100
"""After so many panoramas it is noted how far the walk has come."""


class Carried(NamedTuple):
    """How far a tenant has come."""

    done: Mapping[str, int]
    is_late: bool = False
    unfinished: bool = False


class IndexSuccession:
    """Announces a key, puts it in use, makes every entry anew under it, and then takes the older ones away.

    Each step waits until everybody acts upon the one before, by this process's own monotonic clock. The entries come
    from the trees: what no tree knows any more is not made anew. Raises what its parts raise; a repeat goes on.
    """

    def __init__(
        self,
        keys: IndexKeys,
        panoramas: Panoramas,
        storage: Storage,
        generations: Generations,
        witness: Witness,
        policy: Policy,
        *,
        stride: int = STRIDE,
    ) -> None:
        """How far the walk is, is noted after each `stride` panoramas."""
        self.keys = keys
        self.policy = policy
        self._panoramas = panoramas
        self._storage = storage
        self._generations = generations
        self._witness = witness
        self._stride = stride
        self._clock = panoramas.clock

    async def carry_on(self, tenant: TenantId, turn: Turn) -> Carried:
        """Do what is due for one tenant, as far as it can be done now."""
        done, now = Counter[str](), self._clock()
        listed = await self.keys.of(tenant)
        keys = [held.value for held in listed]
        if not keys:
            return Carried(done)
        current, waiting, old = in_use(keys), announced(keys), superseded(keys)
        unfinished = False
        if waiting:
            done[USED] += await self._put_in_use(tenant, waiting[-1])
        elif old:
            leaving = [held for held in listed if held.value in old]
            unfinished = await self._hand_over(tenant, current, leaving, turn, done)
        else:
            done[MADE] += await self._announce(tenant, keys, now)
        turn.advance(done[MADE] + done[USED])
        late = any(is_late(key, self.policy, now) for key in (current, *old))
        return Carried(+done, late and not done[DESTROYED], unfinished)

    async def _announce(self, tenant: TenantId, keys: Sequence[IndexSecret], now: datetime) -> int:
        """Make the next key if one is due. One that may have leaked is replaced when the data key has been."""
        generations = await self._generations.of(tenant)
        newest, current = active(generations), in_use(keys)
        if newest is None:
            return 0
        if not is_due(current, self.policy, now):
            if newest.suspected or not may_have_leaked(current, generations):
                return 0
            if self._witness.saw(("new data key", tenant, newest.number)) < SETTLING.total_seconds():
                return 0
        number = await self.keys.announce(tenant, keys, newest.number)
        self._witness.saw(("announced", tenant, number))
        self._witness.forget(("new data key", tenant, newest.number))
        return 1

    async def _put_in_use(self, tenant: TenantId, key: IndexSecret) -> int:
        if self._witness.saw(("announced", tenant, key.number)) < ANNOUNCEMENT.total_seconds():
            return 0
        await self.keys.put_in_use(tenant, key.number)
        self._witness.saw(("in use", tenant, key.number))
        self._witness.forget(("announced", tenant, key.number))
        return 1

    async def _hand_over(
        self, tenant: TenantId, current: IndexSecret, old: Sequence[Held[IndexSecret]], turn: Turn, done: Counter[str]
    ) -> bool:
        """Make the entries anew, then let the old ones go; return whether the turn ended first."""
        if self._witness.saw(("in use", tenant, current.number)) < HANDOVER.total_seconds():
            return False
        if not await self._walk(tenant, current, turn, done):
            return True
        for held in old:
            while taken := await self._panoramas.places.take_away(tenant, held.value.number):
                done[TAKEN] += taken
                turn.advance(taken)
                if turn.is_over():
                    return True
            await self.keys.destroy(held)
            done[DESTROYED] += 1
        self._witness.forget(("in use", tenant, current.number))
        return False

    async def _walk(self, tenant: TenantId, key: IndexSecret, turn: Turn, done: Counter[str]) -> bool:
        """Make the entries of all panoramas anew; return whether the end was reached."""
        walked, since = key.walked, 0
        async for panorama in panoramas_of(self._storage, tenant, walked):
            if turn.is_over():
                await self.keys.note_walked(tenant, key.number, walked)
                return False
            issues = await issues_of(tenant, panorama, self._panoramas)
            await self._panoramas.places.make_anew(tenant, panorama, issues, key)
            walked, since = panorama, since + 1
            done[WALKED] += 1
            turn.advance()
            if not since % self._stride:
                await self.keys.note_walked(tenant, key.number, walked)
        if walked != END:
            await self.keys.note_walked(tenant, key.number, END)
        return True
