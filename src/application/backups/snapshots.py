"""Daily snapshots: all records of the site, read from end to end while it goes on, and put down pack by pack.

The scan can stop after any pack and go on from there, in this process or another. When it is through, segments are
shipped: the second that follows was gathered after the scan had ended, whoever ships. With the segments up to that one
the snapshot is whole.
"""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Final

from msgspec.structs import replace

from application.backups.book import Entry
from application.backups.committing import Draft
from application.backups.gathering import contents_of
from application.backups.ground import Ground
from application.backups.names import OBJECTS
from application.backups.packs import ATTEMPT_SIZE, Packed, cost, indexed, packed
from application.backups.reading import keys_in
from application.backups.scans import Pack, Scanning, Scans, Taken
from application.backups.scope import LEFT_OUT, backed_up
from application.backups.shipping import Shipper
from application.backups.vault_copies import Overtaken
from application.maintenance.jobs import Due, Report, Turn
from domain.backups.manifests import Position, Scan
from domain.epochs import NOBODYS
from ports.errors import Conflict
from ports.sources import Random
from ports.storage import SCAN_LIMIT, Ref, Row

IN_FLIGHT: Final = 4
"""How many packs are on their way to the stores at a time."""

ABANDONED: Final = timedelta(days=2)
"""A scan that has taken that long is begun anew."""

_TRIES: Final = 3
_TAKEN: Final = "snapshots taken"
_PACKED: Final = "packs of a snapshot put into the stores"


class Snapshotting:
    """A job: takes a snapshot on each day, in UTC, and whenever an object is lost that nothing else makes up for."""

    name = "take-snapshots"

    def __init__(self, ground: Ground, shipper: Shipper, random: Random) -> None:
        self._ground = ground
        self.scans = Scans(ground.storage, ground.clock)
        self._shipper = shipper
        self._random = random

    async def plan(self) -> list[Due]:
        """Return when the next snapshot is due."""
        return [Due(at=await self._next(), what="take a snapshot")]

    async def run(self, turn: Turn) -> Report:
        """Begin a snapshot if one is due, and go on with the one under way."""
        if await self.scans.current() is None and await self._next() > self._ground.clock():
            return Report()
        return await self.take(turn)

    async def take(self, turn: Turn) -> Report:
        """Go on with the snapshot under way, or begin one now."""
        if self._ground.epoch() == NOBODYS:
            return Report()
        try:
            return await self._go_on(await self._under_way(), turn)
        except (Conflict, Overtaken):
            # Another process is at it.
            return Report()

    async def _next(self) -> datetime:
        taken = await self.scans.taken()
        if taken is None or any(_is_beyond(loss, taken.after) for loss in await self._ground.losses.all()):
            return self._ground.clock()
        return datetime.combine(taken.began.date() + timedelta(days=1), time(), UTC)

    async def _under_way(self) -> Scanning:
        scanning = await self.scans.current()
        if scanning is not None and self._ground.clock() - scanning.began > ABANDONED:
            await self.scans.forget(scanning)
            scanning = None
        if scanning is None:
            scanning = Scanning(
                id=self._random(ATTEMPT_SIZE).hex(), after=await self._newest(), began=self._ground.clock()
            )
            await self.scans.note(scanning, new=True)
        return scanning

    async def _go_on(self, scanning: Scanning, turn: Turn) -> Report:
        done: dict[str, int] = {}
        if scanning.ended is None:
            if not await self._scan(scanning, turn, done):
                return Report(done=done, unfinished=True)
            scanning = replace(scanning, ended=self._ground.clock(), newest=await self._newest())
            await self.scans.note(scanning)
        taken = await self._committed(scanning)
        if taken is None:
            until = await self._whole_with(scanning)
            if until is None:
                return Report(done=done, unfinished=True)
            taken = await self._commit(scanning, until)
            done[_TAKEN] = 1
        await self.scans.finish(scanning, Taken(taken.position, scanning.after, scanning.began))
        if scanning.after is not None:
            await self._ground.losses.forget(scanning.after)
        return Report(done=done)

    async def _scan(self, scanning: Scanning, turn: Turn, done: dict[str, int]) -> bool:
        """Put packs into the stores, several at a time, and note them in order; return whether all have been."""
        packs = await self.scans.packs(scanning)
        number, after = len(packs), packs[-1].last if packs else None
        under_way: deque[asyncio.Task[Pack]] = deque()
        try:
            while True:
                over = turn.is_over()
                rows, last = ([], None) if over else await self._read(after)
                if last is not None:
                    after = last
                    under_way.append(asyncio.create_task(self._put(rows, last)))
                if under_way and (last is None or len(under_way) == IN_FLIGHT):
                    pack = await under_way.popleft()
                    await self.scans.add(scanning, number, pack)
                    number += 1
                    done[_PACKED] = done.get(_PACKED, 0) + 1
                    turn.advance(pack.piece.records)
                if last is None and not under_way:
                    return not over
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _read(self, after: Ref | None) -> tuple[list[Row], Ref | None]:
        """Return about a pack of records and the last reference that was looked at; None at the end of the store."""
        rows: list[Row] = []
        sizes = self._ground.sizes
        last, size, limit = None, 0, sizes.page
        while size < sizes.pack:
            page = await self._ground.storage.everything(limit, after=last or after, without=LEFT_OUT)
            if page:
                last = page[-1].ref
            rows += backed_up(page)
            costs = sum([cost(row) for row in page])
            size += costs
            if len(page) < limit:
                break
            limit = max(sizes.page, min(SCAN_LIMIT, sizes.page_bytes * limit // costs))
        return rows, last

    async def _put(self, rows: list[Row], last: Ref) -> Pack:
        objects = await asyncio.to_thread(_objects, rows, self._random(ATTEMPT_SIZE))
        await self._ground.spreading.spread(OBJECTS, objects)
        pack, index = objects
        return Pack(pack.piece, index.piece, last)

    async def _committed(self, scanning: Scanning) -> Entry | None:
        """Return the manifest of this scan if it has been committed by whoever died after it."""
        async for entry in self._ground.book.after(scanning.newest):
            if entry.manifest.scan is not None and entry.manifest.scan.id == scanning.id:
                return entry
        return None

    async def _whole_with(self, scanning: Scanning) -> Position | None:
        """Return the segment that makes the snapshot whole, shipping for it where it is not there yet.

        The first segment after the scan may have been gathered before its end. Whoever shipped the second had seen the
        first.
        """
        for _ in range(_TRIES):
            segments = [
                entry.manifest
                async for entry in self._ground.book.after(scanning.newest)
                if not entry.manifest.is_snapshot
            ]
            for segment in segments[1:]:
                if segment.complete:
                    return segment.position
            await self._shipper.ship()
        return None

    async def _commit(self, scanning: Scanning, until: Position) -> Entry:
        packs = await self.scans.packs(scanning)
        indexes = tuple(pack.index for pack in packs)
        newest = await self._ground.book.newest()
        draft = Draft(
            contents=await keys_in(indexes, self._ground.stores),
            pieces=tuple(pack.piece for pack in packs),
            indexes=indexes,
            covered=None if newest is None else newest.manifest.covered,
            scan=Scan(
                id=scanning.id,
                after=scanning.after,
                until=until,
                began=scanning.began,
                ended=scanning.ended or self._ground.clock(),
            ),
        )
        for _ in range(_TRIES):
            with suppress(Overtaken):
                return await self._shipper.add(draft)
        raise Overtaken

    async def _newest(self) -> Position | None:
        newest = await self._ground.book.newest()
        return None if newest is None else newest.position


def _objects(rows: list[Row], attempt: bytes) -> tuple[Packed, Packed]:
    pack = packed(rows, attempt)
    return pack, indexed(contents_of(rows), [pack.piece])


def _is_beyond(loss: Position, after: Position | None) -> bool:
    return after is None or loss > after
