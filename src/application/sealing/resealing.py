"""Sealing anew, under a newer data key, what is sealed under older ones."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

from application.keys.vault import KeyVault
from application.sealing import cobblestone
from application.sealing.bodies import Bodies
from application.sealing.cobblestone import InputKey
from application.sealing.commits import commit
from application.sealing.courtesy import Courtesy
from domain.ids import TenantId
from ports.errors import Conflict, Corrupt, NotFound
from ports.sources import Random
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping, Storage

BATCH: Final = 400
"""How many records are sealed in one go, if they are not large and nobody else is at work."""

_FEW: Final = 50
"""How many are while others are at work."""

_INLINE: Final = 32
"""How many small records are sealed before others have their turn on the event loop."""

_INLINE_FEW: Final = 8
"""How many are while others are at work."""

_SMALL: Final = 32 * 1024
"""So few records of more bytes than this are sealed in a thread."""

_Keys: TypeAlias = Mapping[int, InputKey]
"""Keys by their generations."""


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

    def __init__(self, storage: Storage, vault: KeyVault, random: Random, courtesy: Courtesy) -> None:
        self._storage = storage
        self._vault = vault
        self._random = random
        self._courtesy = courtesy
        self._bodies = Bodies()

    async def some(self, tenant: TenantId, generation: int, passed_over: AbstractSet[Ref] = frozenset()) -> Resealed:
        """Seal a batch of what is under older generations under this one, but for what is to be passed over.

        Raises Unavailable where the storage, or a key that is not in memory, is out of reach. Repeating it goes on.
        """
        await self._courtesy.rest()
        may_store = self._vault.writing()
        size = BATCH if self._courtesy.is_alone else _FEW
        limit = min(SCAN_LIMIT, size + len(passed_over))
        found = await self._storage.sealed_below(tenant, generation, limit)
        due = [record for record in found if record.ref not in passed_over]
        if not due:
            return Resealed(0, frozenset(), was_last=True)
        target = InputKey((await self._vault.key(tenant, generation)).secret)
        keys = await self._keys(tenant, due)
        sealed = await self._sealed(due, keys, target, generation)
        refused = {record.ref for record in due} - {record.ref for record in sealed}
        return Resealed(await self._store(sealed, may_store), frozenset(refused), was_last=False)

    async def _keys(self, tenant: TenantId, records: Sequence[Record]) -> _Keys:
        keys: dict[int, InputKey] = {}
        for generation in {record.generation for record in records}:
            with suppress(NotFound):
                keys[generation] = InputKey((await self._vault.key_to_replace(tenant, generation)).secret)
        return keys

    async def _sealed(self, records: Sequence[Record], keys: _Keys, target: InputKey, generation: int) -> list[Record]:
        """Return the next revision of each record that opens. Others have their turn on the event loop in between."""
        sealed: list[Record] = []
        at_once = _INLINE if self._courtesy.is_alone else _INLINE_FEW
        for start in range(0, len(records), at_once):
            some = records[start : start + at_once]
            if sum(len(record.body or b"") for record in some) > _SMALL:
                sealed += await asyncio.to_thread(self._next, some, keys, target, generation)
            else:
                sealed += self._next(some, keys, target, generation)
            await self._courtesy.pause()
        return sealed

    def _next(self, records: Sequence[Record], keys: _Keys, target: InputKey, generation: int) -> list[Record]:
        reseal = self._bodies.reseal
        sealed: list[Record] = []
        salts = self._random(cobblestone.SALT_SIZE * len(records))
        for start, record in zip(range(0, len(salts), cobblestone.SALT_SIZE), records, strict=True):
            key = keys.get(record.generation)
            if key is None:
                continue
            salt = salts[start : start + cobblestone.SALT_SIZE]
            try:
                body = reseal(key, target, record.ref, record.rev, record.body or b"", salt=salt)
            except Corrupt:
                continue
            shipping = ships_again(record.shipping)
            sealed.append(Record(record.ref, record.rev + 1, body, record.updated, generation, record.due, shipping))
        return sealed

    async def _store(self, records: Sequence[Record], may_store: Callable[[], bool]) -> int:
        """Store each record whose revision nobody else has taken; return how many."""
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
