"""What happens to data keys after the first: made, retired, wrapped anew, withdrawn, destroyed.

Each of these is one compare-and-swap that may be repeated, and that two processes may do at once: what is made first
counts, and every state only moves on.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from application.keys.vault import KeyVault
from domain.ids import TenantId
from domain.keys import (
    DATA_KEY,
    Generation,
    State,
    ask_to_replace,
    destroy,
    is_retired,
    rewrapped,
    withdraw,
    wrap_context,
)
from domain.rotation import overdue_retirements, retire_by
from domain.wraps import Primary
from ports.key_checks import PLAIN_SIZE
from ports.sources import Clock, Random

NOTHING_KNOWN: Final[Mapping[str, Primary]] = {}


class LifeCycle:
    """Changes the generations of data keys. Raises what `Generations` and `Wraps` raise."""

    def __init__(self, vault: KeyVault, clock: Clock, random: Random) -> None:
        self._vault = vault
        self.generations = vault.generations
        self.wraps = vault.wraps
        self._clock = clock
        self._random = random

    async def renew(
        self, tenant: TenantId, listed: Iterable[Generation], primaries: Mapping[str, Primary] = NOTHING_KNOWN
    ) -> None:
        """Make the generation that follows those that the tenant is known to have; nothing happens where there is one.

        Everybody has wrapped it, and opened the wrap again, before it is stored; else nothing is stored, and that is
        told as Unavailable. Of two processes that make it at once one makes the key that both use. Where the tenant is
        being erased meanwhile, the new key is erased as well.
        """
        before = max(generation.number for generation in listed)
        number = before + 1
        plain, context = self._random(PLAIN_SIZE), wrap_context(tenant, number, DATA_KEY)
        wraps = await self.wraps.make(plain, context)
        await self.wraps.prove(wraps, plain, context)
        versions = {name: primaries[name].version for name in wraps if name in primaries}
        await self.generations.add(tenant, Generation(number, State.ACTIVE, self._clock(), wraps, versions=versions))
        if await self.generations.get(tenant, before) is None:
            await self._vault.erase(tenant)

    async def retire(self, tenant: TenantId, listed: Iterable[Generation]) -> int:
        """Retire each of the tenant's generations that a newer one has taken the place of; return how many.

        A retirement that a wrong clock has put into the future counts from now.
        """
        now = self._clock()
        due = overdue_retirements(listed, now)
        for generation in due:
            await self.generations.change(tenant, generation.number, partial(retire_by, at=now))
        return len(due)

    async def rewrap(
        self, tenant: TenantId, generation: Generation, names: frozenset[str], primaries: Mapping[str, Primary]
    ) -> frozenset[str]:
        """Make the wraps of these names anew, as far as the key managers answer; return whose were made."""
        context = wrap_context(tenant, generation.number, DATA_KEY)
        wraps = await self.wraps.renew(generation.wraps, sorted(names), context)
        versions = {name: primaries[name].version for name in wraps if name in primaries}
        await self.generations.change(tenant, generation.number, partial(rewrapped, wraps=wraps, versions=versions))
        return frozenset(wraps)

    async def rewrap_all(self, tenant: TenantId, primaries: Mapping[str, Primary]) -> tuple[int, int]:
        """Make every wrap of every generation anew; return how many were made, and how many could not be."""
        names, made, missing = self.wraps.names, 0, 0
        for generation in await self.generations.of(tenant):
            if generation.state is not State.DESTROYED:
                done = await self.rewrap(tenant, generation, names, primaries)
                made, missing = made + len(done), missing + len(names - done)
        return made, missing

    async def ask(self, tenant: TenantId, through: int, *, suspected: bool) -> None:
        """Ask to have every generation up to that number replaced."""
        step = partial(ask_to_replace, at=self._clock(), suspected=suspected)
        for generation in await self.generations.of(tenant):
            if generation.number <= through:
                await self.generations.change(tenant, generation.number, step)

    async def withdraw(self, tenant: TenantId, number: int) -> None:
        """Have the service open nothing with a generation any more; other processes forget it within 5 minutes."""
        await self.generations.change(tenant, number, partial(withdraw, at=self._clock()))

    async def destroy(self, tenant: TenantId, number: int) -> None:
        """Destroy every wrap of a retired generation; an active one is left alone."""
        at = self._clock()
        await self.generations.change(tenant, number, lambda it: destroy(it, at) if is_retired(it) else it)
