"""Which records the next segment holds: what waits longest, and whatever else that is not whole without.

A page of what waits is no point in time: of two records that were written one after the other it may hold the second
alone. So what a record of a panorama stands on is looked for where it must be by then, and goes with it: a restore of
any segment finds no change without its parts, and no fold of history without the snapshot that covers it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import msgspec

from application.backups.sizes import SIZES, Sizes
from application.panoramas.snapshots import PART as SNAPSHOT_PART
from application.panoramas.snapshots import SNAPSHOT
from application.panoramas.stream import CHANGE, PART, version_of
from domain.backups.manifests import Contents
from domain.backups.streams import Streams, runs_of
from domain.ids import PanoramaId, TenantId
from ports.sources import Clock
from ports.storage import Record, Ref, Row, Shipping, Storage

AT_ONCE: Final = 8
"""How many streams are looked into at a time."""

_PAGE: Final = 16
"""Parts are a mebibyte each."""

_BEYOND: Final = "~"
"""Follows whatever a key may go on with."""

_OF_PANORAMAS: Final = frozenset({CHANGE, PART, SNAPSHOT, SNAPSHOT_PART})


_Versions: TypeAlias = dict[TenantId, dict[PanoramaId, list[int]]]


class Gathered(msgspec.Struct, frozen=True):
    """What is to be shipped next."""

    records: tuple[Record, ...]
    began: datetime
    complete: bool
    """Whether that is everything that had been acknowledged when it began."""


class _Place(NamedTuple):
    tenant: str
    panorama: str


class Gatherer:
    """Gathers again and again for one process, and remembers how far streams are shipped."""

    def __init__(self, storage: Storage, clock: Clock, sizes: Sizes = SIZES) -> None:
        self._sizes = sizes
        self._storage = storage
        self._clock = clock
        self._shipped: dict[_Place, int] = {}

    async def gather(self) -> Gathered:
        """Return what waits, each record once and with all that it stands on."""
        began = self._clock()
        page = await self._storage.unshipped(self._sizes.unshipped)
        limit = asyncio.Semaphore(AT_ONCE)

        async def look(place: _Place, records: list[Record]) -> list[Record]:
            async with limit:
                return await self._companions(place, records)

        companions = await asyncio.gather(*(look(*item) for item in _by_panorama(page).items()))
        chosen = {record.ref: record for records in companions for record in records}
        chosen |= {record.ref: record for record in page}
        return Gathered(tuple(chosen.values()), began, complete=_is_last(page, self._sizes))

    def shipped(self, rows: Iterable[Row]) -> None:
        """Remember how far the streams of these records are shipped."""
        for row in rows:
            if row.kind == CHANGE:
                panorama, version = _stands_for(row.key)
                place = _Place(row.tenant, panorama)
                self._shipped[place] = max(self._shipped.pop(place, 0), version)
        while len(self._shipped) > self._sizes.remembered_streams:
            del self._shipped[next(iter(self._shipped))]

    async def _companions(self, place: _Place, records: list[Record]) -> list[Record]:
        """Return what records of one panorama stand on. What is re-sealed stands on what has been shipped."""
        pending = [record for record in records if record.shipping is Shipping.PENDING]
        found: list[Record] = []
        changes = [record for record in pending if record.ref.kind == CHANGE]
        if changes:
            before = await self._before(place, changes)
            lowest = min(version_of(record) for record in (*before, *changes))
            found += before + await self._parts(place, PART, lowest)
        if any(_takes_away(record) for record in pending):
            found += await self._covering(place)
            found += await self._folded(record.ref for record in pending if record.body is None)
        for record in (*pending, *found):
            if record.ref.kind == SNAPSHOT and record.body is not None:
                found += await self._parts(place, SNAPSHOT_PART, version_of(record))
        return found

    async def _before(self, place: _Place, changes: list[Record]) -> list[Record]:
        """Return the changes that wait before these and were not seen with them."""
        versions = {version_of(record) for record in changes}
        found: list[Record] = []
        for version in sorted(versions):
            if version > 1 and version - 1 not in versions and version - 1 > self._shipped.get(place, 0):
                earlier = await self._run_before(place, version)
                versions.update(version_of(record) for record in earlier)
                found += earlier
        return found

    async def _run_before(self, place: _Place, version: int) -> list[Record]:
        """Return the waiting changes before a version, from the newest back to the first that does not wait."""
        found: list[Record] = []
        after = f"{place.panorama}/{version:012d}"
        while page := await self._storage.scan(
            place.tenant, CHANGE, prefix=f"{place.panorama}/", after=after, limit=_PAGE, reverse=True
        ):
            for record in page:
                if record.shipping is not Shipping.PENDING:
                    return found
                found.append(record)
            after = page[-1].ref.key
        return found

    async def _parts(self, place: _Place, kind: str, version: int) -> list[Record]:
        """Return the waiting parts of this version and those beyond."""
        after = f"{place.panorama}/{version - 1:012d}/{_BEYOND}"
        return await self._waiting(place, kind, after)

    async def _covering(self, place: _Place) -> list[Record]:
        """Return the waiting snapshots of the tree: history is folded only when one covers it."""
        return await self._waiting(place, SNAPSHOT, None)

    async def _waiting(self, place: _Place, kind: str, after: str | None) -> list[Record]:
        found: list[Record] = []
        while page := await self._storage.scan(
            place.tenant, kind, prefix=f"{place.panorama}/", after=after, limit=_PAGE
        ):
            found += [record for record in page if record.shipping is Shipping.PENDING]
            after = page[-1].ref.key
        return found

    async def _folded(self, gone: Iterable[Ref]) -> list[Record]:
        """Return the waiting stubs of changes whose parts have been taken away."""
        wanted = {Ref(ref.tenant, CHANGE, "/".join(ref.key.split("/")[:2])) for ref in gone if ref.kind == PART}
        stubs = [await self._storage.get(ref) for ref in sorted(wanted)]
        return [stub for stub in stubs if stub is not None and stub.shipping is Shipping.PENDING]


def contents_of(rows: Iterable[Row]) -> Contents:
    """Return what the records are of."""
    keys: dict[TenantId, set[int]] = defaultdict(set)
    new: _Versions = defaultdict(lambda: defaultdict(list))
    again: _Versions = defaultdict(lambda: defaultdict(list))
    for tenant, kind, key, _, body, _, generation, _, shipping in rows:
        if generation:
            keys[TenantId(tenant)].add(generation)
        if kind == CHANGE:
            panorama, version = _stands_for(key)
            # A change that is written once more has been re-sealed, or folded to a stub.
            is_again = shipping == Shipping.RESEALED or not body
            (again if is_again else new)[TenantId(tenant)][panorama].append(version)
    return Contents(
        {tenant: tuple(sorted(generations)) for tenant, generations in keys.items()}, _streams(new), _streams(again)
    )


def oldest_of(records: Iterable[Record]) -> datetime | None:
    """Return when the oldest of the records was written whose content no backup has yet."""
    return min((record.updated for record in records if record.shipping is Shipping.PENDING), default=None)


def _takes_away(record: Record) -> bool:
    """Whether a record says that something which others stood on is gone: a stub, or a tombstone."""
    return not record.body


def _is_last(page: list[Record], sizes: Sizes) -> bool:
    """A short page is the last one, unless it is short because its bodies are large."""
    return len(page) < sizes.unshipped and sum(len(record.body or b"") for record in page) < sizes.short_page


def _by_panorama(records: Iterable[Record]) -> dict[_Place, list[Record]]:
    places: dict[_Place, list[Record]] = defaultdict(list)
    for record in records:
        if record.ref.kind in _OF_PANORAMAS:
            places[_place(record.ref)].append(record)
    return places


def _streams(versions: _Versions) -> Streams:
    return {
        tenant: {panorama: runs_of(numbers) for panorama, numbers in panoramas.items()}
        for tenant, panoramas in versions.items()
    }


def _place(ref: Ref) -> _Place:
    return _Place(ref.tenant, ref.key.partition("/")[0])


def _stands_for(key: str) -> tuple[PanoramaId, int]:
    """Return the panorama and the version that a change's key is of."""
    panorama, _, version = key.rpartition("/")
    return PanoramaId(panorama), int(version)
