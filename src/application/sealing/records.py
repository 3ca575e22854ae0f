"""Domain objects on one side, sealed records on the other."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from application.keys.vault import DataKey, KeyVault
from application.sealing import cobblestone
from application.sealing.bodies import Bodies
from application.sealing.commits import commit, remove
from domain.ids import TenantId
from ports.errors import Conflict, Corrupt
from ports.sources import Clock, Random
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping, Storage
from ports.storage_checks import truncated

T = TypeVar("T")

_TRIES: Final = 10

INLINE_LIMIT: Final = 256 * 1024
"""More bytes than this are sealed or opened in a thread, so that the event loop goes on meanwhile."""

BODY_COST: Final = 2 * 1024
"""What each body costs beside its bytes, in bytes that take as long."""


class Held(msgspec.Struct, Generic[T], frozen=True):
    """One revision of a record, opened."""

    ref: Ref
    rev: int
    value: T
    updated: datetime
    due: datetime | None
    shipping: Shipping
    generation: int
    """The data key generation that it is sealed under."""

    sealed: int
    """The size of its sealed body in bytes."""


class Write(msgspec.Struct, frozen=True):
    """A record that is to be stored."""

    ref: Ref
    rev: int
    """The revision that it becomes: 1 creates it."""

    value: object
    due: datetime | None = None
    shipping: Shipping = Shipping.PENDING


class Records:
    """The record store as the repositories see it; each record is sealed under its own tenant's data key.

    Every call raises Unavailable where the storage, or a data key that is not in memory, is out of reach; NotFound
    where the tenant's data key does not exist or has been destroyed.
    """

    def __init__(self, storage: Storage, vault: KeyVault, clock: Clock, random: Random) -> None:
        self.storage = storage
        self._vault = vault
        self._clock = clock
        self._random = random
        self._bodies = Bodies()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}

    async def get(self, ref: Ref, type_: type[T]) -> Held[T] | None:
        """Return the newest revision, None where nothing, a tombstone or a stub is stored; raises Corrupt."""
        record = await self.storage.get(ref)
        return await self.open(record, type_) if record is not None and record.body else None

    async def put(self, write: Write) -> None:
        """Store one record; the outcome is known when the call returns.

        Raises Conflict when another revision is stored, which may also be the one that somebody wrote upon this
        one; Unavailable where the outcome could not be learnt; InvalidArgument for content that is too large.
        """
        await self.put_many((write,))

    async def put_many(self, writes: Sequence[Write]) -> None:
        """Store records in order, each as `put` does, and stop at the first Conflict: those after it are not tried."""
        may_store = self._vault.writing()
        await commit(self.storage, await self._seal(writes), self._is_resealed, may_store)

    async def open(self, record: Record, type_: type[T]) -> Held[T]:
        """Return what the record holds; raises Corrupt unless it was sealed as exactly this revision of it."""
        return (await self.open_many((record,), type_))[0]

    async def open_many(self, records: Sequence[Record], type_: type[T]) -> list[Held[T]]:
        """Return what each record holds, in order; raises Corrupt as `open` does."""
        keys = await self._keys(records)
        if _cost(record.body or b"" for record in records) > INLINE_LIMIT:
            return await asyncio.to_thread(self._open_all, records, keys, type_)
        return self._open_all(records, keys, type_)

    async def scan(
        self,
        tenant: str,
        kind: str,
        type_: type[T],
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = SCAN_LIMIT,
        reverse: bool = False,
    ) -> list[Held[T]]:
        """Return what the storage's `scan` finds, without the stubs, so that a short page need not be the last one."""
        page = await self.storage.scan(tenant, kind, prefix=prefix, after=after, limit=limit, reverse=reverse)
        return await self.open_many([record for record in page if record.body], type_)

    async def delete(self, ref: Ref, rev: int) -> None:
        """Delete revision `rev`; raises Conflict when another is stored. The outcome is known as with `put`."""
        await remove(self.storage, ref, rev)

    async def discard(self, ref: Ref, rev: int) -> None:
        """Delete revision `rev`, or whichever has followed it: for what nobody changes but by sealing it anew."""
        for _ in range(_TRIES):
            try:
                return await self.delete(ref, rev)
            except Conflict:
                found = await self.storage.get(ref)
            if found is None:
                return None
            rev = found.rev
        raise Conflict(ref)

    async def _seal(self, writes: Sequence[Write]) -> list[Record]:
        """Encode at once, while no value can change; only what is then bytes may wait for a key or a thread."""
        contents = [self._encoder.encode(write.value) for write in writes]
        keys = {tenant: await self._active(tenant) for tenant in {write.ref.tenant for write in writes}}
        if _cost(contents) > INLINE_LIMIT:
            return await asyncio.to_thread(self._seal_all, writes, contents, keys)
        return self._seal_all(writes, contents, keys)

    async def _is_resealed(self, written: Record, found: Record) -> bool:
        """Whether a record was only sealed anew since it was written."""
        if not found.body or found.updated != truncated(written.updated):
            return False
        keys = await self._keys((written, found))
        return self._content(written, keys) == self._content(found, keys)

    async def _active(self, tenant: str) -> DataKey:
        return self._vault.cached(TenantId(tenant), None) or await self._vault.active(TenantId(tenant))

    def _seal_all(
        self, writes: Sequence[Write], contents: Sequence[bytes], keys: Mapping[str, DataKey]
    ) -> list[Record]:
        updated = self._clock()
        return [
            self._sealed(write, content, keys[write.ref.tenant], updated)
            for write, content in zip(writes, contents, strict=True)
        ]

    def _sealed(self, write: Write, content: bytes, key: DataKey, updated: datetime) -> Record:
        salt = self._random(cobblestone.SALT_SIZE)
        body = self._bodies.seal(key.secret, write.ref, write.rev, content, salt=salt)
        return Record(write.ref, write.rev, body, updated, key.generation, write.due, write.shipping)

    async def _keys(self, records: Sequence[Record]) -> Mapping[tuple[str, int], DataKey]:
        keys: dict[tuple[str, int], DataKey] = {}
        for record in records:
            name = (record.ref.tenant, record.generation)
            if name not in keys:
                tenant = TenantId(record.ref.tenant)
                keys[name] = self._vault.cached(tenant, record.generation) or await self._vault.key(
                    tenant, record.generation
                )
        return keys

    def _open_all(
        self, records: Sequence[Record], keys: Mapping[tuple[str, int], DataKey], type_: type[T]
    ) -> list[Held[T]]:
        decoder = self._decoder(type_)
        return [self._open(record, self._content(record, keys), decoder) for record in records]

    def _content(self, record: Record, keys: Mapping[tuple[str, int], DataKey]) -> bytes:
        secret = keys[record.ref.tenant, record.generation].secret
        return self._bodies.unseal(secret, record.ref, record.rev, record.body or b"")

    def _open(self, record: Record, content: bytes, decoder: msgspec.msgpack.Decoder[T]) -> Held[T]:
        try:
            value = decoder.decode(content)
        except msgspec.DecodeError as exc:
            raise Corrupt("a record does not decode") from exc
        sealed = len(record.body or b"")
        return Held(
            record.ref, record.rev, value, record.updated, record.due, record.shipping, record.generation, sealed
        )

    def _decoder(self, type_: type[T]) -> msgspec.msgpack.Decoder[T]:
        decoder = self._decoders.get(type_)
        if decoder is None:
            decoder = self._decoders[type_] = msgspec.msgpack.Decoder(type_)
        return decoder


def _cost(bodies: Iterable[bytes]) -> int:
    return sum(len(body) + BODY_COST for body in bodies)
