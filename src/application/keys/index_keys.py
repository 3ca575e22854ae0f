"""The records of a tenant's index keys, as jobs change them. No backup holds them: see `blind_index`."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from application.keys.blind_index import INDEX_KEY, IndexSecret, index_key_ref, index_key_write
from application.sealing.records import Held, Records
from domain.ids import TenantId
from domain.index_keys import END
from ports.errors import Conflict
from ports.key_checks import PLAIN_SIZE
from ports.sources import Clock, Random
from ports.storage import ABSENT

_TRIES: Final = 10


class IndexKeys:
    """Each change is one compare-and-swap that may be repeated.

    Raises what `Records` raises.
    """

    def __init__(self, records: Records, clock: Clock, random: Random) -> None:
        self._records = records
        self._clock = clock
        self._random = random

    async def of(self, tenant: TenantId) -> list[Held[IndexSecret]]:
        """Return the tenant's index keys, oldest first."""
        return await self._records.scan(tenant, INDEX_KEY, IndexSecret)

    async def announce(self, tenant: TenantId, listed: Sequence[IndexSecret], under: int) -> int:
        """Make the key that follows those that the tenant has, unless there is one; return its number.

        `under` is the newest generation of the data key.
        """
        number = max(key.number for key in listed) + 1
        key = IndexSecret(number, self._clock(), under=under, secret=self._random(PLAIN_SIZE))
        with suppress(Conflict):
            await self._records.put(index_key_write(tenant, ABSENT + 1, key))
        return number

    async def put_in_use(self, tenant: TenantId, number: int) -> None:
        """Have new entries made under a key; once put in use it is."""
        now = self._clock()
        await self._change(tenant, number, lambda key: key if key.used is not None else replace(key, used=now))

    async def note_walked(self, tenant: TenantId, number: int, walked: str) -> None:
        """Note up to which panorama all entries have been made under a key; END where they are whole."""
        whole = walked == END
        await self._change(
            tenant, number, lambda key: replace(key, walked=max(key.walked, walked), whole=key.whole or whole)
        )

    async def note_whole(self, tenant: TenantId, number: int) -> None:
        """Note that no entry is missing under a key."""
        await self._change(tenant, number, lambda key: replace(key, whole=True))

    async def note_compared(self, tenant: TenantId, number: int) -> None:
        """Note that the entries under a key have just been compared with the trees."""
        now = self._clock()
        await self._change(tenant, number, lambda key: replace(key, compared=now))

    async def destroy(self, held: Held[IndexSecret]) -> None:
        """Take a key away under which there is no entry any more."""
        await self._records.discard(held.ref, held.rev)

    async def _change(self, tenant: TenantId, number: int, step: Callable[[IndexSecret], IndexSecret]) -> None:
        """Replace a key by what `step` makes of it. Who always comes too late leaves it to the next turn."""
        ref = index_key_ref(tenant, number)
        for _ in range(_TRIES):
            held = await self._records.get(ref, IndexSecret)
            if held is None or (after := step(held.value)) == held.value:
                return
            with suppress(Conflict):
                await self._records.put(index_key_write(tenant, held.rev + 1, after))
                return
