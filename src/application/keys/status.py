"""How the keys of each tenant stand, without changing anything."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec

from application.keys.generations import Generations
from application.keys.wraps import Wraps
from domain.ids import TenantId
from domain.keys import Generation, active
from domain.rotation import Colour, Concern, Policy, concerns, retired, worst
from domain.wraps import Primary, lacking, outdated
from ports.sources import Clock
from ports.storage import Storage

COUNTED: Final = 100
"""Up to how many records under older keys are counted."""


class TenantKeys(msgspec.Struct, frozen=True):
    """One tenant's data keys."""

    tenant: TenantId
    generations: Sequence[Generation]
    lacking: Mapping[int, frozenset[str]]
    """By generation, the key managers that have no wrap of it."""

    outdated: Mapping[int, frozenset[str]]
    """By generation, those whose wrap is of an older version of their key."""

    sealed_below: int
    """How many records are under older generations than the active, up to COUNTED."""

    concerns: Sequence[Concern]

    @property
    def colour(self) -> Colour:
        """Return how all of it stands."""
        missing = [Colour.AMBER] if any(self.lacking.values()) else []
        return worst([*missing, *(concern.colour for concern in self.concerns)])


class KeyStatus:
    """Looks at the vault and at what is sealed; raises what they raise."""

    def __init__(self, generations: Generations, wraps: Wraps, storage: Storage, policy: Policy, clock: Clock) -> None:
        self._generations = generations
        self._wraps = wraps
        self._storage = storage
        self._policy = policy
        self._clock = clock

    async def everybody(self) -> AsyncIterator[TenantKeys]:
        """Yield how the keys of each tenant stand, the service's own included."""
        primaries = await self._wraps.primaries()
        async for tenant in self._generations.holders():
            yield await self.of(tenant, primaries)

    async def of(self, tenant: TenantId, primaries: Mapping[str, Primary] | None = None) -> TenantKeys:
        """Return how the keys of one tenant stand."""
        known = await self._wraps.primaries() if primaries is None else primaries
        listed = await self._generations.of(tenant)
        below = await self._sealed_below(tenant, listed)
        return TenantKeys(
            tenant=tenant,
            generations=listed,
            lacking={each.number: lacking(each, self._wraps.names) for each in listed},
            outdated={each.number: outdated(each, known) for each in listed},
            sealed_below=below,
            concerns=tuple(concerns(listed, self._policy, self._clock(), sealed_below=below > 0)),
        )

    async def _sealed_below(self, tenant: TenantId, listed: Sequence[Generation]) -> int:
        newest = active(listed)
        if newest is None or not retired(listed):
            return 0
        return len(await self._storage.sealed_below(tenant, newest.number, COUNTED))
