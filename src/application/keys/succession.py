"""One tenant's data keys: whatever is due for them is done, as far as that is possible now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from application.keys.lifecycle import LifeCycle
from application.keys.uses import GenerationUses
from application.keys.witness import Witness
from application.maintenance.jobs import Turn
from application.sealing.resealing import Resealing
from domain.ids import TenantId
from domain.keys import SETTLING, Generation, active, rested
from domain.rotation import Concern, Policy, concerns, may_be_withdrawn, needs_renewal, retired
from domain.wraps import Primary, lacking, outdated
from ports.errors import PortError, Unavailable
from ports.sources import Clock
from ports.storage import SCAN_LIMIT, Ref

MADE: Final = "data keys made"
RETIRED: Final = "data keys retired"
WRAPPED: Final = "wraps made anew"
RESEALED: Final = "records sealed anew"
WITHDRAWN: Final = "data keys withdrawn"
DESTROYED: Final = "data keys destroyed"

_SETTLED: Final = SETTLING.total_seconds()
_REFUSALS: Final = SCAN_LIMIT // 2
"""How many records that do not open are passed over, at the most."""


class Means(msgspec.Struct):
    """What a turn has found out of the key managers, so that no two tenants wait for the same silence."""

    primaries: Mapping[str, Primary] = {}
    silent: set[str] = msgspec.field(default_factory=set)
    """Those that gave no wrap."""

    can_make: bool = True
    """Whether everybody has wrapped so far."""


class Carried(NamedTuple):
    """How far a tenant has come."""

    done: Mapping[str, int]
    concerns: tuple[Concern, ...] = ()
    lacking: int = 0
    """How many wraps are missing, and could not be made."""

    refused: int = 0
    """How many records do not open, so that they keep their generation."""

    kept_unasked: int = 0
    """How many generations stay only because nobody could tell whether backups need them."""

    unfinished: bool = False
    """Whether the turn ended first."""


class Swept(NamedTuple):
    """What a sweep has left."""

    refused: int = 0
    unfinished: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether a scan has found nothing under an older generation."""
        return not self.refused and not self.unfinished


class Succession:
    """Makes, retires, wraps, sweeps out, withdraws and destroys; each step leaves what the next one goes on from.

    A generation is withdrawn or destroyed only after a scan that found nothing under it, and that began when this
    process had known for `SETTLING` that nobody seals under it any more. Raises what its parts raise; a repeat goes on.
    """

    def __init__(
        self,
        lifecycle: LifeCycle,
        resealing: Resealing,
        uses: GenerationUses,
        witness: Witness,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self.lifecycle = lifecycle
        self.policy = policy
        self.witness = witness
        self._resealing = resealing
        self._uses = uses
        self._clock = clock

    async def carry_on(self, tenant: TenantId, turn: Turn, means: Means) -> Carried:
        """Do what is due for one tenant, until nothing is or the turn is over."""
        done, began = Counter[str](), self._clock()
        listed = await self._listed(tenant)
        newest = active(listed)
        if newest is None:
            return Carried(done)
        if means.can_make and needs_renewal(newest, self.policy, began):
            done[MADE] += await self._make(tenant, listed, means)
            listed = await self._listed(tenant)
        done[RETIRED] += await self.lifecycle.retire(tenant, listed)
        for generation in listed:
            done[WRAPPED] += await self._mend(tenant, generation, means)
        if done.total():
            listed = await self._listed(tenant)
        turn.advance(done.total())
        settled = frozenset(old.number for old in retired(listed) if self._is_settled(tenant, old))
        swept = await self._sweep_out(tenant, listed, turn, done)
        unasked = 0
        if swept.is_clean and settled:
            unasked = await self._let_go(tenant, [old for old in retired(listed) if old.number in settled], began, done)
            listed = await self._listed(tenant)
        worries = concerns(listed, self.policy, began, sealed_below=not swept.is_clean)
        missing = sum(len(lacking(generation, self.lifecycle.wraps.names)) for generation in listed)
        return Carried(+done, tuple(worries), missing, swept.refused, unasked, swept.unfinished)

    async def _listed(self, tenant: TenantId) -> Sequence[Generation]:
        return await self.lifecycle.generations.of(tenant)

    async def _make(self, tenant: TenantId, listed: Sequence[Generation], means: Means) -> int:
        """Where a key manager does not wrap, no key is made, and edits go on under the one there is."""
        try:
            await self.lifecycle.renew(tenant, listed, means.primaries)
        except Unavailable:
            means.can_make = False
            return 0
        return 1

    async def _mend(self, tenant: TenantId, generation: Generation, means: Means) -> int:
        missing = lacking(generation, self.lifecycle.wraps.names)
        due = (missing | outdated(generation, means.primaries)) - means.silent
        if not due:
            return 0
        try:
            made = await self.lifecycle.rewrap(tenant, generation, due, means.primaries)
        except PortError:
            # Nobody opens this generation now, or the vault is out: what else is due for the tenant does not wait.
            return 0
        means.silent |= due - made
        return len(made)

    def _is_settled(self, tenant: TenantId, generation: Generation) -> bool:
        return self.witness.saw(("retired", tenant, generation.number)) >= _SETTLED

    async def _sweep_out(self, tenant: TenantId, listed: Sequence[Generation], turn: Turn, done: Counter[str]) -> Swept:
        newest = active(listed)
        if newest is None or not retired(listed):
            return Swept()
        refused: set[Ref] = set()
        while not turn.is_over():
            batch = await self._resealing.some(tenant, newest.number, refused)
            refused |= batch.refused
            done[RESEALED] += batch.sealed
            turn.advance(batch.sealed)
            if batch.was_last or len(refused) > _REFUSALS:
                return Swept(len(refused))
        return Swept(len(refused), unfinished=True)

    async def _let_go(self, tenant: TenantId, settled: Sequence[Generation], now: datetime, done: Counter[str]) -> int:
        """Withdraw what may have leaked, destroy what has rested and nobody needs; return how many nobody knows of."""
        for old in filter(may_be_withdrawn, settled):
            await self.lifecycle.withdraw(tenant, old.number)
            done[WITHDRAWN] += 1
        over = [old for old in settled if rested(old, now, self.policy.rest)]
        try:
            needed = await self._uses.needed(tenant) if over else frozenset()
        except PortError:
            return len(over)
        for old in over:
            if old.number not in needed:
                await self.lifecycle.destroy(tenant, old.number)
                self.witness.forget(("retired", tenant, old.number))
                done[DESTROYED] += 1
        return 0
