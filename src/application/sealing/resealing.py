"""Sealing anew, under a newer data key, what is sealed under older ones."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from msgspec.structs import replace

from application.keys.vault import DataKey, KeyVault
from application.sealing import cobblestone
from application.sealing.bodies import Bodies
from application.sealing.commits import commit
from domain.ids import TenantId
from ports.errors import Conflict, Corrupt, NotFound
from ports.sources import Random
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping, Storage

BATCH: Final = 100
"""How many records are sealed anew at once."""

_LANES: Final = 4
"""How many writes of a batch are under way at once."""

_INLINE: Final = 16
"""How many small records are sealed before others have their turn on the event loop."""

_SMALL: Final = 32 * 1024
"""Bodies of more bytes are sealed in a thread."""


class Resealed(NamedTuple):
    """What came of one batch."""

    sealed: int
    refused: frozenset[Ref]
    """Those that do not open, so that nobody can seal them anew."""

    was_last: bool
    """Whether nothing is left under an older key but what was refused or passed over."""


class Resealing:
    """Replaces records by compare-and-swap: same content, same `updated` and `due`, one revision higher.

    Whoever changes a record at the same time is right, and it is looked at again if it is still under an older key.
    """

    def __init__(self, storage: Storage, vault: KeyVault, random: Random) -> None:
        self._storage = storage
        self._vault = vault
        self._random = random
        self._bodies = Bodies()

    async def some(self, tenant: TenantId, generation: int, passed_over: AbstractSet[Ref] = frozenset()) -> Resealed:
        """Seal a batch of what is under older generations under this one, but for what is to be passed over.

        Raises Unavailable where the storage, or a key that is not in memory, is out of reach. Repeating it goes on.
        """
        may_store = self._vault.writing()
        limit = min(SCAN_LIMIT, BATCH + len(passed_over))
        found = await self._storage.sealed_below(tenant, generation, limit)
        due = [record for record in found if record.ref not in passed_over]
        if not due:
            return Resealed(0, frozenset(), was_last=True)
        target, keys = await self._vault.key(tenant, generation), await self._keys(tenant, due)
        sealed: list[Record] = []
        for number, record in enumerate(due, start=1):
            key = keys.get(record.generation)
            if key is not None and (anew := await self._sealed(record, key, target)) is not None:
                sealed.append(anew)
            if not number % _INLINE:
                await asyncio.sleep(0)
        stored = await self._store(sealed, may_store)
        refused = {record.ref for record in due} - {record.ref for record in sealed}
        return Resealed(stored, frozenset(refused), was_last=False)

    async def _keys(self, tenant: TenantId, records: Sequence[Record]) -> Mapping[int, DataKey]:
        keys: dict[int, DataKey] = {}
        for generation in {record.generation for record in records}:
            try:
                keys[generation] = await self._vault.key_to_replace(tenant, generation)
            except NotFound:
                continue
        return keys

    async def _sealed(self, record: Record, key: DataKey, target: DataKey) -> Record | None:
        body = record.body or b""
        salt = self._random(cobblestone.SALT_SIZE)

        def work() -> bytes:
            return self._bodies.reseal(key.secret, target.secret, record.ref, record.rev, body, salt=salt)

        try:
            anew = work() if len(body) <= _SMALL else await asyncio.to_thread(work)
        except Corrupt:
            return None
        shipping = ships_again(record.shipping)
        return replace(record, rev=record.rev + 1, body=anew, generation=target.generation, shipping=shipping)

    async def _store(self, records: Sequence[Record], may_store: Callable[[], bool]) -> int:
        """Store each record whose revision nobody else has taken; return how many. All lanes have ended then."""
        lanes = [records[lane::_LANES] for lane in range(_LANES)]
        counts = await asyncio.gather(
            *(self._store_in_order(lane, may_store) for lane in lanes), return_exceptions=True
        )
        stored = 0
        for count in counts:
            if isinstance(count, BaseException):
                raise count
            stored += count
        return stored

    async def _store_in_order(self, records: Sequence[Record], may_store: Callable[[], bool]) -> int:
        stored = len(records)
        while records:
            try:
                await commit(self._storage, records, may_store=may_store)
            except Conflict as conflict:
                position = next(at for at, record in enumerate(records) if record.ref == conflict.about)
                records = records[position + 1 :]
                stored -= 1
            else:
                break
        return stored


def ships_again(shipping: Shipping) -> Shipping:
    """A new revision that says nothing new ships again, behind what is new; what was never shipped is as it was."""
    return Shipping.RESEALED if shipping is Shipping.DONE else shipping
