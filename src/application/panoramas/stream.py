"""The stream of a panorama: its changes, one record each, that are only ever created."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec.structs import replace

from application.panoramas.parts import Owner, Parts, Pieces
from application.sealing.commits import commit
from application.sealing.records import Held, Records, Write
from domain.ids import PanoramaId, TenantId
from domain.panoramas.facts import AnyFact, Change, Discarded
from ports.errors import Conflict
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping

CHANGE: Final = "change"
PART: Final = "part"

ENDLESS: Final = 999_999_999_998
"""Beyond every version: keys give them 12 digits."""

_FACTS: Final = msgspec.msgpack.Decoder(tuple[AnyFact, ...])


class StoredChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a change record holds: the change, without its facts where those are in parts of their own."""

    change: Change
    pieces: Pieces | None = None


class StreamInterrupted(Exception):
    """The changes after the version that one holds are folded away or not there in full: load the tree anew."""


class Stream:
    """Appends to and reads the streams of all panoramas."""

    def __init__(self, records: Records, parts: Parts) -> None:
        self._records = records
        self._parts = parts

    async def append(self, tenant: TenantId, panorama: PanoramaId, change: Change) -> Change | None:
        """Commit `change` as the version that it names; return what is stored there if it is one's own, or None.

        One's own is what carries the same change id. It need not be this very object: of two tries of one request
        the first to arrive is stored, and is the answer to both.
        """
        ref = change_ref(tenant, panorama, change.version)
        stored = await self._divided(ref, panorama, change)
        try:
            await self._records.put(Write(ref=ref, rev=1, value=stored))
        except Conflict:
            taken = await self.read(tenant, panorama, change.version)
            return taken if taken is not None and taken.id == change.id else None
        return change

    async def tail(self, tenant: TenantId, panorama: PanoramaId, after: int, limit: int) -> list[Change]:
        """Return up to `limit` changes that follow version `after` without a gap; a short list ends the stream.

        Raises StreamInterrupted where a version is missing or folded away.
        """
        stored = await self._scan(tenant, panorama, after, limit)
        for version, record in enumerate(stored, start=after + 1):
            if not record.body or version_of(record) != version:
                raise StreamInterrupted
        return await self._opened(panorama, stored) if stored else []

    async def read(self, tenant: TenantId, panorama: PanoramaId, version: int) -> Change | None:
        """Return one change, or None where there is none or it is folded away."""
        held = await self._records.get(change_ref(tenant, panorama, version), StoredChange)
        return None if held is None else await self._whole(panorama, held)

    async def back(self, tenant: TenantId, panorama: PanoramaId, before: int, limit: int) -> list[Change]:
        """Return up to `limit` changes older than version `before`, newest first, as far as they are not folded."""
        stored = await self._scan(tenant, panorama, before, limit, reverse=True)
        return await self._opened(panorama, [record for record in stored if record.body])

    async def forward(self, tenant: TenantId, panorama: PanoramaId, after: int, limit: int) -> list[Change]:
        """Return up to `limit` changes newer than version `after`, oldest first, as far as they are not folded."""
        while stored := await self._scan(tenant, panorama, after, limit):
            if changes := [record for record in stored if record.body]:
                return await self._opened(panorama, changes)
            after = version_of(stored[-1])
        return []

    async def is_over(self, tenant: TenantId, panorama: PanoramaId) -> bool:
        """Whether the newest change discarded the panorama, so that none can follow."""
        newest = await self.back(tenant, panorama, ENDLESS, 1)
        return any(isinstance(fact, Discarded) for change in newest for fact in change.facts)

    async def folded(self, tenant: TenantId, panorama: PanoramaId, newest: int) -> int:
        """Return the last version up to `newest` that is folded away, 0 where none is: there is no gap before it."""
        low, high = 0, newest + 1
        while high - low > 1:
            middle = (low + high) // 2
            if await self.is_folded(tenant, panorama, middle):
                low = middle
            else:
                high = middle
        return low

    async def is_folded(self, tenant: TenantId, panorama: PanoramaId, version: int) -> bool:
        """Whether there was a change of that version that is folded away."""
        record = await self._records.storage.get(change_ref(tenant, panorama, version))
        return record is not None and not record.body

    async def fold(
        self, tenant: TenantId, panorama: PanoramaId, through: int, *, after: int = 0, most: int | None = None
    ) -> int:
        """Leave a bodiless stub under each version up to `through`, oldest first; return how many became one.

        A version is never free again. Repeating it goes on where an earlier try stopped; what lies up to `after` is
        known to be folded. Stops when it has folded as many as `most`.
        """
        folded = 0
        while stored := await self._scan(tenant, panorama, after, SCAN_LIMIT):
            for record in stored:
                if version_of(record) > through or folded == most:
                    return folded
                if record.body:
                    await self._fold_one(panorama, record)
                    folded += 1
            after = version_of(stored[-1])
        return folded

    async def _fold_one(self, panorama: PanoramaId, record: Record) -> None:
        """Leave a stub, upon whichever revision of the record there is: it may be sealed anew meanwhile."""
        held = await self._records.open(record, StoredChange)
        stored: Record | None = record
        while stored is not None and stored.body:
            stub = replace(stored, rev=stored.rev + 1, body=b"", generation=0, shipping=Shipping.PENDING)
            try:
                await commit(self._records.storage, (stub,))
            except Conflict:
                stored = await self._records.storage.get(record.ref)
            else:
                break
        if held.value.pieces is not None:
            await self._parts.delete(_owner(record.ref, panorama, held.value.change.version))

    async def clear(self, tenant: TenantId, panorama: PanoramaId, through: int) -> None:
        """Take away what a fold that was cut short has left of the large changes that it folded, up to `through`."""
        await self._parts.delete_through(tenant, PART, panorama, through)

    async def _divided(self, ref: Ref, panorama: PanoramaId, change: Change) -> StoredChange:
        facts = msgspec.msgpack.encode(change.facts)
        if len(facts) <= self._parts.size:
            return StoredChange(change)
        pieces = await self._parts.write(_owner(ref, panorama, change.version), facts)
        return StoredChange(replace(change, facts=()), pieces)

    async def _scan(
        self, tenant: TenantId, panorama: PanoramaId, beyond: int, limit: int, *, reverse: bool = False
    ) -> list[Record]:
        return await self._records.storage.scan(
            tenant,
            CHANGE,
            prefix=f"{panorama}/",
            after=change_key(panorama, beyond),
            limit=limit,
            reverse=reverse,
        )

    async def _opened(self, panorama: PanoramaId, stored: Iterable[Record]) -> list[Change]:
        opened = await self._records.open_many(list(stored), StoredChange)
        return [await self._whole(panorama, held) for held in opened]

    async def _whole(self, panorama: PanoramaId, held: Held[StoredChange]) -> Change:
        change = held.value.change
        if held.value.pieces is None:
            return change
        content = await self._parts.read(_owner(held.ref, panorama, change.version), held.value.pieces)
        return replace(change, facts=_FACTS.decode(content))


def change_key(panorama: PanoramaId, version: int) -> str:
    """Return the key of a version; keys sort as versions do."""
    return f"{panorama}/{version:012d}"


def change_ref(tenant: TenantId, panorama: PanoramaId, version: int) -> Ref:
    """Return where the change that made `version` is stored."""
    return Ref(tenant, CHANGE, change_key(panorama, version))


def version_of(record: Record) -> int:
    """Return the version that a record of a stream stands for."""
    return int(record.ref.key.rpartition("/")[2])


def _owner(ref: Ref, panorama: PanoramaId, version: int) -> Owner:
    return Owner(TenantId(ref.tenant), PART, panorama, version)
