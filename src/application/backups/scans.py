"""What is noted of a snapshot while it is taken, so that any process can go on where another has stopped."""

from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from application.sealing.commits import commit, remove
from domain.backups.manifests import Piece, Position
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

SCAN: Final = Ref(SYSTEM, "backup-scan", "1")
"""The record of the one scan that is under way."""

TAKEN: Final = Ref(SYSTEM, "backup-snapshot", "1")
"""The record of the last snapshot that was taken."""

PACK: Final = "backup-pack"
"""The kind of the SYSTEM records that name a pack each which such a scan has put into the stores."""

T = TypeVar("T", "Scanning", "Pack", "Taken")


class Scanning(msgspec.Struct, frozen=True, omit_defaults=True):
    """A scan that has begun."""

    id: str
    after: Position | None
    """The newest manifest when it began."""

    began: datetime
    ended: datetime | None = None
    newest: Position | None = None
    """The newest manifest when it had ended."""


class Pack(msgspec.Struct, frozen=True):
    """Some records of a scan, and what they are of."""

    piece: Piece
    index: Piece
    last: Ref
    """The next pack begins beyond."""


class Taken(msgspec.Struct, frozen=True):
    """The last snapshot that was taken."""

    position: Position
    after: Position | None
    began: datetime


class Scans:
    """Keeps the notes; raises what the storage raises."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def current(self) -> Scanning | None:
        """Return the scan that is under way."""
        record = await self._storage.get(SCAN)
        return None if record is None else _decoded(record, Scanning)

    async def note(self, scanning: Scanning, *, new: bool = False) -> None:
        """Begin a scan, or note how far the one under way is; raises Conflict where another process was faster."""
        record = await self._storage.get(SCAN)
        if (record is None) != new:
            raise Conflict(SCAN)
        rev = ABSENT if record is None else record.rev
        await self._commit(SCAN, rev + 1, scanning)

    async def packs(self, scanning: Scanning) -> list[Pack]:
        """Return the packs of a scan, in order."""
        return [_decoded(record, Pack) for record in await self._pack_records(scanning.id)]

    async def add(self, scanning: Scanning, number: int, pack: Pack) -> None:
        """Note the pack of that number, counted from 0; raises Conflict where another process has one."""
        await self._commit(Ref(SYSTEM, PACK, f"{scanning.id}/{number:06d}"), ABSENT + 1, pack)

    async def taken(self) -> Taken | None:
        """Return the last snapshot that was taken."""
        record = await self._storage.get(TAKEN)
        return None if record is None else _decoded(record, Taken)

    async def finish(self, scanning: Scanning, taken: Taken) -> None:
        """Note that the snapshot has been taken, and take the notes about the scan away."""
        before = await self._storage.get(TAKEN)
        await self._commit(TAKEN, (ABSENT if before is None else before.rev) + 1, taken)
        await self.forget(scanning)

    async def forget(self, scanning: Scanning) -> None:
        """Take the notes about a scan away, that it is under way last."""
        for record in await self._pack_records(scanning.id):
            await self._remove(record)
        record_of_it = await self._storage.get(SCAN)
        if record_of_it is not None and _decoded(record_of_it, Scanning).id == scanning.id:
            await self._remove(record_of_it)

    async def _remove(self, record: Record) -> None:
        with suppress(Conflict):
            await remove(self._storage, record.ref, record.rev)

    async def _pack_records(self, scan: str) -> list[Record]:
        records: list[Record] = []
        while page := await self._storage.scan(
            SYSTEM, PACK, prefix=f"{scan}/", after=records[-1].ref.key if records else None
        ):
            records += page
        return records

    async def _commit(self, ref: Ref, rev: int, document: Scanning | Pack | Taken) -> None:
        body = msgspec.json.encode(document)
        await commit(self._storage, [Record(ref, rev, body, self._clock(), shipping=Shipping.NEVER)])


def _decoded(record: Record, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(record.body or b"", type=type_)
    except msgspec.DecodeError as exc:
        raise Corrupt("a note about a snapshot does not decode") from exc
