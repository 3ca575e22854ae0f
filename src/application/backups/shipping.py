"""Continuous shipping: a cycle every few seconds, in which whatever has changed goes to every store.

Objects go to the stores first, then the manifest that names them is committed in the site's own book, then its records
are marked, and then the stores are given the manifest. A process that dies in between leaves objects that nobody
names, or a manifest whose records are marked, and which the stores are given, by whoever comes next. Of two processes
that ship at once one takes the position, and the other gives its cycle up.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final, NoReturn

import msgspec

from application.backups.book import Entry
from application.backups.committing import Committing, Draft
from application.backups.delivery import Delivery
from application.backups.gathering import Gathered, Gatherer, contents_of, oldest_of
from application.backups.ground import Ground
from application.backups.names import OBJECTS, named
from application.backups.packs import ATTEMPT_SIZE, Packed, cost, packed, unpacked
from application.backups.stores import found
from application.backups.vault_copies import Overtaken
from application.maintenance.states import Failure
from application.maintenance.turns import attempted
from application.sealing.commits import commit
from domain.epochs import NOBODYS
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt, NotFound
from ports.rows import rows_of
from ports.sources import Monotonic, Random, Sleep
from ports.storage import ABSENT, SCAN_LIMIT, Record, Ref, Row

PERIOD: Final = timedelta(seconds=15)
"""How long it is, at the most, from the beginning of one cycle to the beginning of the next."""

JUST_NOW: Final = timedelta(seconds=10)
"""A segment that young is somebody's who ships already."""

HEARTBEAT: Final = Ref(SYSTEM, "backup-heartbeat", "1")
"""A record that changes in every cycle, so that silence means that nothing is shipped."""


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle came to."""

    segments: int = 0
    records: int = 0
    size: int = 0
    """In bytes."""

    behind: dict[str, str] = {}
    """The stores that could not be given everything, each with the code of its error."""

    failure: Failure | None = None
    """What ended the cycle; what was done before is done."""


class Shipper:
    """Ships for one process, one cycle at a time."""

    def __init__(self, ground: Ground, committing: Committing, delivery: Delivery, random: Random) -> None:
        self._ground = ground
        self._storage = ground.storage
        self._book = ground.book
        self._committing = committing
        self._delivery = delivery
        self._random = random
        self._gatherer = Gatherer(ground.storage, ground.clock, ground.sizes)
        self._lock = asyncio.Lock()

    async def ship(self, *, at_once: bool = True) -> Shipped:
        """Ship what waits, all of it, and give every store what it lacks.

        Not `at_once`: leave it to another process that has shipped a moment ago. A site that is not the one that writes
        ships nothing. Raises what the storage and the vault raise, and Unavailable where no store takes anything.
        """
        async with self._lock:
            if self._ground.epoch() == NOBODYS:
                return Shipped()
            newest = await self._settled()
            if not at_once and newest is not None and self._is_fresh(newest):
                return Shipped()
            await self._beat()
            return await self._drain(newest)

    async def add(self, draft: Draft) -> Entry:
        """Add a manifest that is no segment after the newest one, and give it to the stores that keep up.

        Raises Overtaken where another process adds one at the same moment, and as `ship` does.
        """
        async with self._lock:
            entry = await self._committing.commit(await self._settled(), draft)
            await self._delivery.deliver(self._ground.spreading.fast)
            return entry

    async def _drain(self, newest: Entry | None) -> Shipped:
        entries: list[Entry] = []
        behind: dict[str, str] = {}
        asked: set[str] = set()
        with suppress(Overtaken):
            while True:
                gathered = await self._gatherer.gather()
                if not gathered.records:
                    break
                newest = await self._segment(newest, gathered)
                entries.append(newest)
                fast = self._ground.spreading.fast
                behind |= await self._delivery.deliver(fast)
                asked |= {store.name for store in fast}
                if gathered.complete:
                    break
        behind |= await self._delivery.deliver([each for each in self._ground.stores if each.name not in asked])
        return Shipped(
            segments=len(entries),
            records=sum(entry.manifest.records for entry in entries),
            size=sum(entry.manifest.size for entry in entries),
            behind=behind,
        )

    async def _segment(self, newest: Entry | None, gathered: Gathered) -> Entry:
        before = None if newest is None else newest.manifest.covered
        rows = rows_of(gathered.records)
        covered = max(filter(None, (before, gathered.began if gathered.complete else None)), default=None)
        draft = Draft(
            contents=contents_of(rows),
            objects=await asyncio.to_thread(_objects, rows, self._random(ATTEMPT_SIZE), self._ground.sizes.pack),
            complete=gathered.complete,
            covered=covered,
            oldest=oldest_of(gathered.records),
        )
        entry = await self._committing.commit(newest, draft)
        await self._mark(rows)
        await self._book.settle(entry)
        return entry

    async def _settled(self) -> Entry | None:
        """Return the newest manifest, having finished what whoever added it may have left undone."""
        newest = await self._book.newest()
        if newest is None or newest.settled:
            return newest
        try:
            for piece in newest.manifest.pieces:
                content = await found(self._ground.stores, named(OBJECTS, piece), piece)
                for rows in unpacked(content):
                    await self._mark(rows)
        except (NotFound, Corrupt):
            # Its records wait still, and are shipped once more; what was deleted meanwhile needs a snapshot.
            await self._ground.losses.note(newest.position)
        await self._book.settle(newest)
        return await self._book.newest()

    async def _mark(self, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), SCAN_LIMIT):
            some = rows[start : start + SCAN_LIMIT]
            await self._storage.mark_shipped([(row.ref, row.rev) for row in some])
        self._gatherer.shipped(rows)

    async def _beat(self) -> None:
        """Somebody else's beat at the same moment is as good."""
        before = await self._storage.get(HEARTBEAT)
        rev = ABSENT if before is None else before.rev
        with suppress(Conflict):
            await commit(self._storage, [Record(HEARTBEAT, rev + 1, b"", self._ground.clock())])

    def _is_fresh(self, newest: Entry) -> bool:
        age = self._ground.clock() - newest.manifest.created
        return not newest.manifest.is_snapshot and timedelta(0) <= age < JUST_NOW


async def ship_for_ever(
    shipper: Shipper, monotonic: Monotonic, sleep: Sleep, told: Callable[[Shipped], None] = lambda _: None
) -> NoReturn:
    """Run a cycle every period until the task is cancelled; one that fails is followed by another like any other."""
    while True:
        began = monotonic()
        shipped, failure = await attempted(lambda: shipper.ship(at_once=False))
        told(shipped or Shipped(failure=failure))
        await sleep(max(0.0, PERIOD.total_seconds() - (monotonic() - began)))


def _objects(rows: Sequence[Row], attempt: bytes, pack: int) -> tuple[Packed, ...]:
    """Divide the records into objects of about the size of a pack."""
    objects: list[Packed] = []
    start, size = 0, 0
    for position, row in enumerate(rows):
        size += cost(row)
        if size >= pack or position == len(rows) - 1:
            objects.append(packed(rows[start : position + 1], attempt))
            start, size = position + 1, 0
    return tuple(objects)
