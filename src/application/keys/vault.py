"""The key vault: each tenant's data keys, wrapped by every key manager, in a store of their own."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from application.keys.erasing import erase_keys, held_of
from application.keys.freshness import FreshMemory
from application.keys.generations import Generations, holder
from application.keys.recovery import RecoveryKey
from application.keys.wraps import Wraps
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, STORED_WITHIN, Generation, MissingWrap, State, missing_wraps, wrap_context
from domain.keys import active as active_generation
from ports.errors import NotFound, Unavailable
from ports.key_checks import PLAIN_SIZE
from ports.keys import KeyManager
from ports.sources import Clock, Monotonic, Random
from ports.storage import Storage

KEY_LIFETIME: Final = 300.0
"""For how many seconds a plain data key stays in memory, at the most."""

VIEW_LIFETIME: Final = 60.0
"""For how many seconds a generation is believed to be the active one without looking again."""

REMEMBERED: Final = 10_000
"""Of how many generations the plain keys are in memory at once, at the most."""


class DataKey(msgspec.Struct, frozen=True):
    """One generation of a tenant's data key, in plain; never stored, never shown."""

    generation: int
    secret: bytes

    def __repr__(self) -> str:
        """Leave out the secret, so that no log and no traceback holds it."""
        return f"DataKey(generation={self.generation})"


class KeyVault:
    """Makes data keys and opens them; the only one who sees them wrapped.

    `storage` is the vault's own, apart from what the keys seal. Every key manager, and the recovery key if there is
    one, wraps a key before its first use, and any key manager's wrap opens it.
    """

    def __init__(
        self,
        storage: Storage,
        managers: Sequence[KeyManager],
        *,
        clock: Clock,
        monotonic: Monotonic,
        random: Random,
        recovery: RecoveryKey | None = None,
    ) -> None:
        self.monotonic = monotonic
        """The clock by which keys are believed in."""

        self.generations = Generations(storage, clock)
        self.wraps = Wraps(managers, recovery)
        self._storage = storage
        self._clock = clock
        self._random = random
        self._keys = FreshMemory[tuple[TenantId, int], DataKey](monotonic, lifetime=KEY_LIFETIME, bound=REMEMBERED)
        self._views = FreshMemory[TenantId, int](monotonic, lifetime=VIEW_LIFETIME, bound=REMEMBERED)

    async def create(self, tenant: TenantId) -> None:
        """Give the tenant its first data key; nothing happens where it has one, or another process is faster.

        Raises Unavailable, with nothing stored, where a key manager does not wrap.
        """
        if await self.generations.of(tenant):
            return
        number = 1
        wraps = await self.wraps.make(self._random(PLAIN_SIZE), wrap_context(tenant, number, DATA_KEY))
        await self.generations.enter(tenant)
        await self.generations.add(tenant, Generation(number, State.ACTIVE, self._clock(), wraps))

    def cached(self, tenant: TenantId, generation: int | None) -> DataKey | None:
        """Return that generation's key, or the active one's for None, if it is in memory and fresh."""
        number = self._views.peek(tenant) if generation is None else generation
        return None if number is None else self._keys.peek((tenant, number))

    async def active(self, tenant: TenantId) -> DataKey:
        """Return the key that new bodies are sealed under, as of at most 60 seconds ago.

        The service's own first key is made when it is first asked for. Raises NotFound where the tenant has none, and
        as `key` and, for the service itself, `create` do.
        """
        number = await self._views.get(tenant, lambda: self._look_up_active(tenant))
        return await self.key(tenant, number)

    def writing(self) -> Callable[[], bool]:
        """Begin to seal something; return how to ask whether it may still be stored."""
        until = self.monotonic() + STORED_WITHIN.total_seconds()
        return lambda: self.monotonic() < until

    async def key(self, tenant: TenantId, generation: int) -> DataKey:
        """Return the key of that generation.

        Raises NotFound where there is none or it has been destroyed, Corrupt where every key manager refuses its
        wrap, Unavailable where one that might open it is out or not configured, or where it has been withdrawn.
        """
        return await self._keys.get((tenant, generation), lambda: self._open(tenant, generation))

    async def key_to_replace(self, tenant: TenantId, generation: int) -> DataKey:
        """Return the key as `key` does, a withdrawn one too: what is still sealed under that can be sealed anew."""
        return self._keys.peek((tenant, generation)) or await self._unwrapped(
            tenant, await self.generations.get(tenant, generation)
        )

    async def missing_wraps(self) -> list[MissingWrap]:
        """Return where a key manager, or the recovery key, could not open a generation that is not destroyed."""
        return [
            finding
            async for tenant in self.generations.holders()
            for finding in missing_wraps(tenant, await self.generations.of(tenant), self.wraps.names)
        ]

    async def numbers(self, tenant: TenantId) -> tuple[int, ...]:
        """Return the numbers of the tenant's generations, oldest first, damaged ones included."""
        return tuple(int(record.ref.key) for record in await self._storage.scan(tenant, DATA_KEY))

    async def holdings(self, tenant: TenantId) -> dict[str, int]:
        """Return how many records of each kind there are of the tenant, and of those that name it."""
        return await held_of(self._storage, tenant, holder(tenant))

    async def erase(self, tenant: TenantId) -> None:
        """Destroy every wrap of every generation, and forget without a trace that the tenant had any.

        Another process that remembers a plain key does so for `KEY_LIFETIME` at the most.
        """
        numbers = await self.numbers(tenant)
        await erase_keys(self._storage, tenant, holder(tenant))
        self._views.forget(tenant)
        for number in numbers:
            self._keys.forget((tenant, number))

    async def check(self) -> None:
        """Return when the vault and at least one key manager answer; raise Unavailable with the cause otherwise."""
        await self._storage.check()
        await self.wraps.check()

    async def close(self) -> None:
        """Forget every key and give up the vault's storage and key managers."""
        await asyncio.gather(self._keys.close(), self._views.close())
        await self.wraps.close()
        await self._storage.close()

    async def _look_up_active(self, tenant: TenantId) -> int:
        generation = active_generation(await self.generations.of(tenant))
        if generation is None and tenant == SYSTEM:
            await self.create(SYSTEM)
            generation = active_generation(await self.generations.of(SYSTEM))
        if generation is None:
            raise NotFound("the tenant has no active data key")
        return generation.number

    async def _open(self, tenant: TenantId, number: int) -> DataKey:
        generation = await self.generations.get(tenant, number)
        if generation is not None and generation.state is State.WITHDRAWN:
            raise Unavailable("the data key has been withdrawn, since it may have leaked")
        return await self._unwrapped(tenant, generation)

    async def _unwrapped(self, tenant: TenantId, generation: Generation | None) -> DataKey:
        if generation is None or generation.state is State.DESTROYED:
            raise NotFound("the data key does not exist or has been destroyed")
        context = wrap_context(tenant, generation.number, DATA_KEY)
        return DataKey(generation.number, await self.wraps.open(generation.wraps, context))
