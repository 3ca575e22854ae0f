"""The key vault: each tenant's data keys, wrapped by every key manager, in a store of their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from application.keys.erasing import erase_keys, held_of
from application.keys.freshness import FreshMemory
from application.keys.recovery import RecoveryKey
from application.keys.wraps import Wraps
from application.sealing.commits import commit
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation, MissingWrap, State, missing_wraps, wrap_context
from domain.keys import active as active_generation
from ports.errors import Conflict, Corrupt, NotFound
from ports.key_checks import PLAIN_SIZE
from ports.keys import KeyManager
from ports.sources import Clock, Monotonic, Random
from ports.storage import ABSENT, SCAN_LIMIT, Record, Ref, Storage

KEY_LIFETIME: Final = 300.0
"""For how many seconds a plain data key stays in memory, at the most."""

VIEW_LIFETIME: Final = 60.0
"""For how many seconds a generation is believed to be the active one without looking again."""

REMEMBERED: Final = 10_000
"""Of how many generations the plain keys are in memory at once, at the most."""

HOLDER: Final = "key-holder"
"""The kind of the SYSTEM records that list the tenants which have keys."""


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
        self._storage = storage
        self._wraps = Wraps(managers, recovery)
        self._clock = clock
        self._random = random
        self._keys = FreshMemory[tuple[TenantId, int], DataKey](monotonic, lifetime=KEY_LIFETIME, bound=REMEMBERED)
        self._views = FreshMemory[TenantId, int](monotonic, lifetime=VIEW_LIFETIME, bound=REMEMBERED)

    async def create(self, tenant: TenantId) -> None:
        """Give the tenant its first data key; nothing happens where it has one, or another process is faster.

        Raises Unavailable, with nothing stored, where a key manager does not wrap.
        """
        if await self._generations(tenant):
            return
        number = 1
        wraps = await self._wraps.make(self._random(PLAIN_SIZE), wrap_context(tenant, number, DATA_KEY))
        generation = Generation(number, State.ACTIVE, self._clock(), wraps)
        await self._create_once(_holder(tenant), b"")
        await self._create_once(_ref(tenant, number), msgspec.msgpack.encode(generation))

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

    async def key(self, tenant: TenantId, generation: int) -> DataKey:
        """Return the key of that generation.

        Raises NotFound where there is none or it has been destroyed, Corrupt where every key manager refuses its
        wrap, Unavailable where one that might open it is out or not configured.
        """
        return await self._keys.get((tenant, generation), lambda: self._open(tenant, generation))

    async def missing_wraps(self) -> list[MissingWrap]:
        """Return where a key manager, or the recovery key, could not open a generation that is not destroyed."""
        return [
            finding
            async for tenant in self._holders()
            for finding in missing_wraps(tenant, await self._generations(tenant), self._wraps.names)
        ]

    async def numbers(self, tenant: TenantId) -> tuple[int, ...]:
        """Return the numbers of the tenant's generations, oldest first, damaged ones included."""
        return tuple(int(record.ref.key) for record in await self._storage.scan(tenant, DATA_KEY))

    async def holdings(self, tenant: TenantId) -> dict[str, int]:
        """Return how many records of each kind there are of the tenant, and of those that name it."""
        return await held_of(self._storage, tenant, _holder(tenant))

    async def erase(self, tenant: TenantId) -> None:
        """Destroy every wrap of every generation, and forget without a trace that the tenant had any.

        Another process that remembers a plain key does so for `KEY_LIFETIME` at the most.
        """
        numbers = await self.numbers(tenant)
        await erase_keys(self._storage, tenant, _holder(tenant))
        self._views.forget(tenant)
        for number in numbers:
            self._keys.forget((tenant, number))

    async def check(self) -> None:
        """Return when the vault and at least one key manager answer; raise Unavailable with the cause otherwise."""
        await self._storage.check()
        await self._wraps.check()

    async def close(self) -> None:
        """Forget every key and give up the vault's storage and key managers."""
        await asyncio.gather(self._keys.close(), self._views.close())
        await self._wraps.close()
        await self._storage.close()

    async def _look_up_active(self, tenant: TenantId) -> int:
        generation = active_generation(await self._generations(tenant))
        if generation is None and tenant == SYSTEM:
            await self.create(SYSTEM)
            generation = active_generation(await self._generations(SYSTEM))
        if generation is None:
            raise NotFound("the tenant has no active data key")
        return generation.number

    async def _open(self, tenant: TenantId, number: int) -> DataKey:
        record = await self._storage.get(_ref(tenant, number))
        generation = None if record is None else _decode(record)
        if generation is None or generation.state is State.DESTROYED:
            raise NotFound("the data key does not exist or has been destroyed")
        return DataKey(number, await self._wraps.open(generation.wraps, wrap_context(tenant, number, DATA_KEY)))

    async def _generations(self, tenant: TenantId) -> list[Generation]:
        return [_decode(record) for record in await self._storage.scan(tenant, DATA_KEY)]

    async def _holders(self) -> AsyncIterator[TenantId]:
        after = None
        while True:
            page = await self._storage.scan(SYSTEM, HOLDER, after=after)
            for record in page:
                yield TenantId(record.ref.key)
            if len(page) < SCAN_LIMIT:
                return
            after = page[-1].ref.key

    async def _create_once(self, ref: Ref, body: bytes) -> None:
        try:
            await commit(self._storage, [Record(ref, ABSENT + 1, body, self._clock())])
        except Conflict:
            return


_decoder: Final = msgspec.msgpack.Decoder(Generation)


def _ref(tenant: TenantId, generation: int) -> Ref:
    return Ref(tenant, DATA_KEY, f"{generation:06d}")


def _holder(tenant: TenantId) -> Ref:
    return Ref(SYSTEM, HOLDER, tenant)


def _decode(record: Record) -> Generation:
    try:
        return _decoder.decode(record.body or b"")
    except msgspec.DecodeError as exc:
        raise Corrupt("a vault record does not decode") from exc
