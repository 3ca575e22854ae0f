"""What the vault stores: the generations of every tenant's data key, each changed by compare-and-swap alone."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from application.sealing.commits import commit
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation
from ports.errors import Conflict, Corrupt
from ports.sources import Clock
from ports.storage import ABSENT, SCAN_LIMIT, Record, Ref, Storage

HOLDER: Final = "key-holder"
"""The kind of the SYSTEM records that list the tenants which have keys."""

_TRIES: Final = 10


class Generations:
    """Reads and changes generations. Raises what `commit` raises, and Corrupt for a record that does not decode."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def of(self, tenant: TenantId) -> list[Generation]:
        """Return all generations of a tenant, destroyed ones included, oldest first."""
        return [_decode(record) for record in await self._storage.scan(tenant, DATA_KEY)]

    async def get(self, tenant: TenantId, number: int) -> Generation | None:
        """Return one generation, or None where there is none."""
        record = await self._storage.get(_ref(tenant, number))
        return None if record is None else _decode(record)

    async def holders(self) -> AsyncIterator[TenantId]:
        """Yield every tenant that may have keys, the service itself included."""
        after = None
        while True:
            page = await self._storage.scan(SYSTEM, HOLDER, after=after)
            for record in page:
                yield TenantId(record.ref.key)
            if len(page) < SCAN_LIMIT:
                return
            after = page[-1].ref.key

    async def enter(self, tenant: TenantId) -> None:
        """List a tenant among the holders; nothing happens where it is listed."""
        await self._create(holder(tenant), b"")

    async def add(self, tenant: TenantId, generation: Generation) -> None:
        """Store a new generation; nothing happens where there is one of that number."""
        await self._create(_ref(tenant, generation.number), msgspec.msgpack.encode(generation))

    async def change(
        self, tenant: TenantId, number: int, step: Callable[[Generation], Generation]
    ) -> Generation | None:
        """Replace a generation by what `step` makes of it and return that; None where there is none.

        `step` is called again where somebody else was faster. A step that changes nothing writes nothing.
        """
        ref = _ref(tenant, number)
        for _ in range(_TRIES):
            record = await self._storage.get(ref)
            if record is None:
                return None
            before = _decode(record)
            after = step(before)
            if after == before:
                return after
            try:
                await self._write(ref, record.rev + 1, msgspec.msgpack.encode(after))
            except Conflict:
                continue
            return after
        raise Conflict(ref)

    async def leave_no_trace(self) -> None:
        """Have the store forget for good what it has overwritten, as it does when a tenant is erased."""
        await self._storage.erase()

    async def _create(self, ref: Ref, body: bytes) -> None:
        try:
            await self._write(ref, ABSENT + 1, body)
        except Conflict:
            return

    async def _write(self, ref: Ref, rev: int, body: bytes) -> None:
        await commit(self._storage, [Record(ref, rev, body, self._clock())])


def holder(tenant: TenantId) -> Ref:
    """Return where a tenant is listed."""
    return Ref(SYSTEM, HOLDER, tenant)


_decoder: Final = msgspec.msgpack.Decoder(Generation)


def _ref(tenant: TenantId, number: int) -> Ref:
    return Ref(tenant, DATA_KEY, f"{number:06d}")


def _decode(record: Record) -> Generation:
    try:
        return _decoder.decode(record.body or b"")
    except msgspec.DecodeError as exc:
        raise Corrupt("a vault record does not decode") from exc
